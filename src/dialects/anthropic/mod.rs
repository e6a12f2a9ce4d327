//! Anthropic's Messages API.

pub mod client;
pub mod upstream;
