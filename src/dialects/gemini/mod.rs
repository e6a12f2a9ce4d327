//! Gemini's generateContent API.

pub mod client;
pub mod upstream;
