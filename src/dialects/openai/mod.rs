//! OpenAI's chat completions, spoken by clients ([`client`]) and by most providers ([`upstream`]).
//! Between the two the bytes are edited, never re-modelled. [`body`] checks a request, [`facts`]
//! reads the inputs of routing and limits, [`last_text`] and [`conversation`] those that only some
//! calls need; [`message`] writes those of other APIs.
//!
//! Source: OpenAI API reference, "Chat" and "Streaming".

pub mod body;
pub mod client;
pub mod conversation;
pub mod facts;
pub mod last_text;
pub mod limits;
pub mod message;
pub mod needs;
pub mod preferences;
pub mod stops;
pub mod upstream;
