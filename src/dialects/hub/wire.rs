//! What whole answers and chunks have in common.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::chat::Thinking;
use crate::domain::usage::Usage;

#[derive(Serialize)]
pub(super) struct WireUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

impl From<Usage> for WireUsage {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt,
            completion_tokens: usage.completion,
            total_tokens: usage.total,
            prompt_tokens_details: PromptDetails {
                cached_tokens: usage.cached,
                cache_write_tokens: usage.cache_write,
            },
            completion_tokens_details: CompletionDetails { reasoning_tokens: usage.reasoning },
        }
    }
}

/// A tool call, or the part of one.
#[derive(Serialize)]
pub(super) struct WireCall<'a> {
    /// Only in chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    pub function: WireFunction<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_content: Option<Value>,
}

#[derive(Serialize)]
pub(super) struct WireFunction<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    pub arguments: &'a str,
}

/// Where Google's OpenAI layer puts the signature of a call.
pub(super) fn extra_content(signature: Option<&str>) -> Option<Value> {
    signature.map(|signature| json!({"google": {"thought_signature": signature}}))
}

/// An element of `thinking_blocks`. OpenAI's Python SDK joins lists of chunks by `index` and
/// fails without.
pub(super) fn thinking_block(index: usize, thinking: &Thinking) -> Value {
    match thinking {
        Thinking::Text { text, signature: Some(signature) } => {
            json!({"index": index, "type": "thinking", "thinking": text, "signature": signature})
        }
        Thinking::Text { text, signature: None } => {
            json!({"index": index, "type": "thinking", "thinking": text})
        }
        Thinking::Opaque { data } => {
            json!({"index": index, "type": "redacted_thinking", "data": data})
        }
    }
}

/// JSON of our own types: writing it into memory cannot fail.
pub(super) fn write(value: &impl Serialize, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
