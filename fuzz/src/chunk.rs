//! A chunk as a client of OpenAI's reads it.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
pub struct Chunk {
    pub id: String,
    pub object: String,
    pub model: String,
    pub choices: Vec<Choice>,
    #[serde(default, deserialize_with = "present")]
    pub usage: Option<Option<Usage>>,
}

#[derive(Deserialize)]
pub struct Choice {
    pub index: u64,
    pub delta: Delta,
    pub finish_reason: Option<String>,
}

#[derive(Deserialize)]
pub struct Delta {
    pub role: Option<String>,
    pub reasoning_content: Option<String>,
    pub reasoning: Option<String>,
    #[serde(default)]
    pub thinking_blocks: Vec<ThinkingBlock>,
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
}

#[derive(Deserialize)]
pub struct ThinkingBlock {
    pub index: u64,
}

#[derive(Deserialize)]
pub struct ToolCall {
    pub index: u64,
    pub id: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub function: Function,
}

#[derive(Deserialize)]
pub struct Function {
    pub name: Option<String>,
    pub arguments: String,
}

#[derive(Debug, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub total_tokens: u64,
}

/// Tells `null` apart from a field that is not there.
fn present<'de, D: Deserializer<'de>>(usage: D) -> Result<Option<Option<Usage>>, D::Error> {
    Option::deserialize(usage).map(Some)
}
