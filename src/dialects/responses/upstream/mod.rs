//! OpenAI's Responses API, served by OpenAI and xAI: [`encode`] writes a request, [`answer`] and
//! [`stream`] read the reply. Bodies with an error status are those of
//! [`crate::dialects::openai::upstream::error`].
//!
//! Clients use chat. Features without a counterpart in chat (the API's own tools, stored
//! conversations) are neither requested nor sent: each request holds the whole conversation,
//! including the model's encrypted reasoning.
//!
//! Source: OpenAI API reference, "Responses" and "Streaming events"; guides "Migrate to
//! Responses", "Reasoning models", "Function calling"; xAI documentation, "Responses API".

pub mod answer;
mod calls;
mod content;
pub mod encode;
pub(in crate::dialects::responses) mod finish;
#[cfg(test)]
mod fixtures;
mod input;
mod item;
mod logprobs;
mod parameters;
mod reasoning;
mod search;
pub mod stream;
mod tools;
pub(in crate::dialects::responses) mod usage;
mod wire;
