//! What whole answers and streams have in common.

use serde_json::{Value, json};

use crate::dialects::envelope::{Envelope, Holds, maker_name};
use crate::domain::chat::{FinishReason, Maker, Media, Seal};

/// What an answer in this format needs beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerOptions {
    /// `provider/model`, by the upstream's name of the model, for envelopes.
    pub served_by: String,
    /// The estimate of the prompt, where the upstream tells no usage.
    pub prompt_tokens: u64,
}

impl AnswerOptions {
    fn envelope(&self, holds: Holds) -> Envelope {
        let (maker, id, data) = (None, None, String::new());
        Envelope { sealed_by: self.served_by.clone(), holds, maker, id, data }
    }

    fn sealed(&self, seal: &Seal, id: Option<&str>) -> String {
        let envelope = Envelope {
            maker: maker_name(seal.maker).map(str::to_owned),
            id: id.map(str::to_owned),
            data: seal.data.clone(),
            ..self.envelope(Holds::Seal)
        };
        envelope.write()
    }

    /// The signature of thinking. Without one clients drop the block.
    pub(super) fn signature(&self, signature: Option<&Seal>) -> String {
        match signature {
            None => self.envelope(Holds::Nothing).write(),
            Some(Seal { maker: Maker::Anthropic, data }) => data.clone(),
            Some(seal) => self.sealed(seal, None),
        }
    }

    /// The data of encrypted thinking.
    pub(super) fn opaque(&self, id: Option<&str>, sealed: &Seal) -> String {
        match sealed.maker {
            Maker::Anthropic => sealed.data.clone(),
            _ => self.sealed(sealed, id),
        }
    }

    /// The signature of the call that follows, as that of an empty block of thinking.
    pub(super) fn call_signature(&self, data: &str) -> String {
        let data = data.to_owned();
        Envelope { data, ..self.envelope(Holds::CallSignature) }.write()
    }
}

/// An id as Anthropic's SDKs know it.
pub(super) fn message_id(id: &str) -> String {
    if id.starts_with("msg_") {
        return id.to_owned();
    }
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    format!("msg_{}", id.chars().filter(is_plain).take(128).collect::<String>())
}

/// The id of a call, as the format allows it.
pub(super) fn call_id(id: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    id.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect()
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
