//! What whole answers and streams have in common.

use serde_json::{Value, json};

use crate::domain::chat::{FinishReason, Maker, Media};

/// Whose signatures clients of this API hold as they are.
pub(super) const OWN: Maker = Maker::Anthropic;

/// An id as Anthropic's SDKs know it.
pub(super) fn message_id(id: &str) -> String {
    if id.starts_with("msg_") {
        return id.to_owned();
    }
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    format!("msg_{}", id.chars().filter(is_plain).take(128).collect::<String>())
}

pub(super) fn stop_reason(reason: Option<&FinishReason>, has_calls: bool) -> &'static str {
    match reason {
        Some(FinishReason::Length) => "max_tokens",
        Some(FinishReason::ContentFilter) => "refusal",
        _ if has_calls => "tool_use",
        _ => "end_turn",
    }
}

/// What the model made beside text: the format has no block for it.
pub(super) fn media_text(source: &Media) -> String {
    match source {
        Media::Url(url) => format!("![image]({url})"),
        Media::Inline { media_type, .. } => {
            format!("[the model made a file of type {media_type}, which this API cannot carry]")
        }
        Media::FileId(id) => format!("[the model made the file {id}]"),
    }
}

pub(super) fn thinking(text: &str, signature: &str) -> Value {
    json!({"type": "thinking", "thinking": text, "signature": signature})
}

/// The arguments of a call, which are checked to be an object.
pub(super) fn input(arguments: &str) -> Value {
    serde_json::from_str(arguments).unwrap_or_else(|_| json!({}))
}
