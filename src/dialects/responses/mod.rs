//! OpenAI's Responses API.

pub mod client;
pub mod upstream;
