//! Anthropic's Messages API, version 2023-06-01: [`encode`] writes a request; [`answer`],
//! [`stream`] and [`error`] read the reply.
//!
//! The API refuses fields that it does not know, roles out of order and tool calls without
//! results, so a request is written anew, never edited.
//!
//! Source: Anthropic API reference, "Messages", "Streaming Messages", "Errors"; guides "Thinking",
//! "Tool use", "Mid-conversation system messages", "Structured outputs".

pub mod answer;
mod block;
mod calls;
mod content;
mod conversation;
mod definitions;
pub mod encode;
pub mod error;
mod finish;
#[cfg(test)]
mod fixtures;
mod markers;
mod parameters;
mod schema;
mod schema_top;
mod schema_words;
mod search;
pub mod stream;
mod thinking;
mod tools;
mod usage;
mod wire;
