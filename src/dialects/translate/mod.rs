//! Translates requests from the client's dialect to the upstream's ([`request`]), and answers back:
//! whole ([`answer`]) or streamed ([`stream`]).

pub mod answer;
pub mod delta_observer;
pub mod request;
pub mod stream;
