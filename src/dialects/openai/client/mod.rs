//! Clients speak OpenAI's chat completions, also to models behind another API. Here a client's
//! body becomes a [`ChatRequest`](crate::domain::chat::ChatRequest) ([`request`]), and what such
//! a model says becomes what the client expects: a whole answer ([`answer`]) or chunks
//! ([`chunks`]).
//!
//! Thinking has no place in OpenAI's format. It goes out as `reasoning_content` and `reasoning`,
//! and with what must come back verbatim as `thinking_blocks`; it is taken back in these and in
//! `reasoning_details`. A block that is not Anthropic's says whose it is in `format`, in
//! OpenRouter's words, for nobody else can read it. A signature of a tool call travels as
//! `extra_content.google.thought_signature`. Chat has no order among text, thinking and calls: where
//! a turn goes another way than thinking, text, calls, blocks and calls say it in `after`
//! (`order.rs`).
//!
//! Source: OpenAI API reference, "Chat" and "Streaming"; for the extensions the documents of
//! LiteLLM ("Reasoning content"), OpenRouter ("Reasoning tokens") and Google ("OpenAI
//! compatibility", "Thought signatures").

pub mod answer;
pub mod chunks;
mod fields;
mod media;
mod messages;
pub mod names;
mod order;
mod parts;
pub mod places;
pub mod request;
mod speech;
pub mod stream;
mod thinking;
mod tools;
mod wire;
mod wish;
