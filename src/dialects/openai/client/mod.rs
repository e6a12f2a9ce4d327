//! The client half of OpenAI's chat completions, also for models behind another API. [`request`]
//! decodes a body into a [`ChatRequest`](crate::domain::chat::ChatRequest); [`answer`] and
//! [`chunks`] encode the model's answer, whole and streamed.
//!
//! OpenAI's format has no member for thinking. It is written as `reasoning_content` and
//! `reasoning`, and, where it must come back verbatim, as `thinking_blocks`; it is read from these
//! and from `reasoning_details`. A block that is not Anthropic's names its vendor in `format`, with
//! OpenRouter's values, because only that vendor can read it. The signature of a tool call travels
//! as `extra_content.google.thought_signature`. Chat has no order among text, thinking and calls:
//! where a turn is not in the order thinking, text, calls, the blocks and calls carry their
//! position in `after` (`order.rs`).
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
mod reasoning;
pub mod request;
mod speech;
pub mod stream;
mod thinking;
mod tools;
mod wire;
