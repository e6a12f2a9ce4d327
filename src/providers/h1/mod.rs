//! HTTP/1.1 towards upstreams: one call at a time on a connection, whose bytes reach the caller as
//! they were read. What a relay needs and a general client does not give: whether a connection was
//! new, a body that is cut short told from one that is complete, and no copy or task for a chunk.
//!
//! Reading order: [`head`] and [`body`] (what the bytes mean, pure), [`connection`] (a socket with
//! what was read of it), [`answer`] (a body as it comes), [`idle`] (the connections that wait for
//! the next call), [`dial`] (new ones).
//!
//! Source: RFC 9112.

mod answer;
mod body;
mod connection;
mod dial;
mod head;
mod idle;
mod io;

pub use answer::{Answer, Leased};
pub use connection::{Connection, HttpError, is_disconnect};
pub use dial::{Destination, DialError, Dialer};
pub use head::Head;
pub use idle::IdleConnections;
