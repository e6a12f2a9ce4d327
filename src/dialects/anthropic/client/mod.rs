//! The client half of Anthropic's Messages. [`request`] checks a body; to an upstream that speaks
//! Messages the client's own bytes go, edited by [`own_api`], and for any other they are converted
//! into a chat body, as the router's own format is. [`answer`] and [`stream`] encode an answer, whole and streamed.
//!
//! Thinking that is not Anthropic's carries what its upstream wants back in
//! [`crate::dialects::envelope`], as its signature.
//!
//! Source: Anthropic API reference, "Messages", "Streaming messages" and "Errors".

pub mod answer;
mod blocks;
mod content;
mod conversation;
mod documents;
mod facts;
mod findings;
mod messages;
pub mod origins;
pub mod own_api;
mod parameters;
pub mod request;
mod sealed;
mod search;
mod sources;
pub mod stream;
mod tools;
mod turn;
pub mod usage;
mod wire;
