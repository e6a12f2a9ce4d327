//! From the client's dialect to the upstream's ([`request`]) and back: whole ([`answer`]) or as a
//! stream ([`stream`]).

pub mod answer;
pub mod delta_observer;
pub mod request;
pub mod stream;
