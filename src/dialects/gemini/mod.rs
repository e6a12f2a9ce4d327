//! Gemini's generateContent API.

pub mod upstream;
