//! Ollama's API: chats, and prompts of their own.

pub mod client;
pub mod upstream;
