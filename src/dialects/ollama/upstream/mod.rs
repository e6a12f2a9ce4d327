//! Ollama's own API, `/api/chat`: a JSON object, or one on each line of a stream.
//!
//! Its OpenAI layer has no `options`, so the context length could not be set there, and a prompt
//! that is too long is truncated silently.
//!
//! Source: ollama/ollama, `docs/api.md` ("Generate a chat completion") and `api/types.go`.

pub mod answer;
pub mod encode;
pub mod error;
mod messages;
mod options;
pub mod stream;
mod think;
mod tools;
mod wire;
