//! OpenAI's chat completions, spoken by clients ([`client`]) and by most providers ([`upstream`]).
//! Between the two the bytes are edited, never re-modelled: [`body`] finds the few places that
//! matter.
//!
//! Source: OpenAI API reference, "Chat" and "Streaming".

pub mod body;
pub mod client;
pub mod limits;
pub mod stops;
pub mod upstream;
