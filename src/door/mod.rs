//! The way in over TLS: the certificate and its renewal, the handshake, HTTP/2. It knows no route; the
//! application behind it is any service.

mod certificate;
mod connection;
mod der;
mod drain;
mod exchange;
mod http2;
mod pair;
mod plain;
mod service;
mod settings;

pub use certificate::{Certificate, OnLook, Outcome, Status};
pub use drain::Drain;
pub use exchange::StreamCut;
pub use pair::BadPair;
pub use service::service;
pub use settings::{Door, Times};
