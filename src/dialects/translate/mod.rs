//! From the client's dialect to the upstream's ([`request`]) and back ([`answer`]).

pub mod answer;
pub mod request;
