//! Gemini's `generateContent` and `streamGenerateContent?alt=sse`. [`encode`] writes a request,
//! [`answer`] reads a whole answer, [`stream`] a streamed one, [`error`] the errors.
//!
//! The key goes into the header `x-goog-api-key`, never into a URL, because URLs end up in logs.
//!
//! Source: Gemini API reference, "Generating content", "Function calling", "Thought signatures"
//! and "Structured output" (v1beta).

pub mod answer;
mod conversation;
pub mod encode;
pub mod error;
mod finish;
mod generation;
mod grounding;
mod ids;
mod logprobs;
mod media;
pub mod path;
mod piece;
mod reasoning;
mod request;
mod results;
pub mod schema;

pub mod stream;
mod tools;
mod wire;

pub use encode::encode;
pub use path::{path, path_of};

#[cfg(test)]
mod fixtures;
