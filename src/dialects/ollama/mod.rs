//! Ollama's chat API.

pub mod upstream;
