//! OpenAI's Responses API, spoken by OpenAI and xAI: [`encode`] writes a request, [`answer`] and
//! [`stream`] read what comes back. Bodies with an error status are those of
//! [`crate::dialects::openai::upstream::error`].
//!
//! Clients speak chat. What chat cannot say, the API's own tools and its stored conversations, is
//! neither asked for nor sent: each request holds the whole conversation, the model's encrypted
//! reasoning included.
//!
//! Source: OpenAI API reference, "Responses" and "Streaming events"; guides "Migrate to
//! Responses", "Reasoning models", "Function calling"; xAI documentation, "Responses API".

pub mod answer;
mod calls;
mod content;
pub mod encode;
mod finish;
#[cfg(test)]
mod fixtures;
mod input;
mod item;
mod logprobs;
mod parameters;
mod reasoning;
pub mod stream;
mod tools;
mod usage;
mod wire;
