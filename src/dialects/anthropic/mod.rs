//! Anthropic's Messages API.

pub mod upstream;
