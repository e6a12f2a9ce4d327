//! OpenAI's Responses API.

pub mod upstream;
