//! The JSON shared by whole answers and chunks.

use serde::Serialize;
use serde_json::{Value, json};

use super::order::After;
use crate::domain::chat::{FinishReason, Maker, Media, Thinking};
use crate::domain::search::Citation;
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

/// The page on which a piece of the text rests.
pub(super) fn annotation(citation: &Citation) -> Value {
    let Citation { url, title, start, end, .. } = citation;
    json!({"type": "url_citation", "url_citation": {
        "url": url, "title": title.as_deref().unwrap_or_default(),
        "start_index": start, "end_index": end,
    }})
}

/// A tool call, or a fragment of one.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
}

#[derive(Serialize)]
pub(super) struct WireFunction<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    pub arguments: &'a str,
}

/// The reason why a model gave up, in OpenRouter's format: the `error` of a choice, whose code is
/// also its `native_finish_reason`.
#[derive(Serialize)]
pub(super) struct WireEnd<'a> {
    pub code: &'a str,
    message: String,
}

impl<'a> WireEnd<'a> {
    pub(super) fn of(reason: Option<&'a FinishReason>) -> Option<Self> {
        let Some(FinishReason::GaveUp(why)) = reason else { return None };
        let message = why.message.clone().unwrap_or_else(|| why.to_string());
        Some(Self { code: &why.reason, message })
    }
}

/// The signature of a call, in the member that Google's OpenAI layer uses.
pub(super) fn extra_content(signature: Option<&str>) -> Option<Value> {
    signature.map(|signature| json!({"google": {"thought_signature": signature}}))
}

/// OpenRouter's values for the vendor that sealed a piece of reasoning.
const MAKERS: [(&str, Maker); 4] = [
    ("google-gemini-v1", Maker::Google),
    ("openai-responses-v1", Maker::OpenAi),
    ("xai-responses-v1", Maker::Xai),
    ("unknown", Maker::Unknown),
];

/// An element of `thinking_blocks`. OpenAI's Python SDK joins lists of chunks by `index` and
/// fails without.
pub(super) fn thinking_block(index: usize, thinking: &Thinking, after: After) -> Value {
    let mut block = sealed_block(index, thinking);
    if let Some(members) = block.as_object_mut().filter(|_| !after.is_start()) {
        members.insert(String::from("after"), json!(after));
    }
    block
}

fn sealed_block(index: usize, thinking: &Thinking) -> Value {
    match thinking {
        Thinking::Text { text, signature: Some(signature) } => {
            let block = json!({
                "index": index, "type": "thinking", "thinking": text, "signature": signature.data,
            });
            with_maker(block, signature.maker)
        }
        Thinking::Text { text, signature: None } => {
            json!({"index": index, "type": "thinking", "thinking": text})
        }
        Thinking::Opaque { id, sealed } => {
            let mut block =
                json!({"index": index, "type": "redacted_thinking", "data": sealed.data});
            if let (Some(id), Some(members)) = (id, block.as_object_mut()) {
                members.insert(String::from("id"), Value::from(id.as_str()));
            }
            with_maker(block, sealed.maker)
        }
    }
}

/// The blocks are Anthropic's format, so any other maker is named.
fn with_maker(mut block: Value, maker: Maker) -> Value {
    let format = MAKERS.iter().find(|(_, known)| *known == maker).map(|(format, _)| *format);
    if let (Some(format), Some(members)) = (format, block.as_object_mut()) {
        members.insert(String::from("format"), Value::from(format));
    }
    block
}

/// The maker that a block names; Anthropic where it names none.
pub(super) fn maker(format: Option<&str>) -> Maker {
    match format {
        None | Some("anthropic-claude-v1") => Maker::Anthropic,
        Some(format) => {
            let known = MAKERS.iter().find(|(known, _)| *known == format);
            known.map_or(Maker::Unknown, |(_, maker)| *maker)
        }
    }
}

/// An image in the format of OpenRouter and LiteLLM; a file id is readable only by its provider.
pub(super) fn image(source: &Media) -> Option<Value> {
    let url = match source {
        Media::Url(url) => url.clone(),
        Media::Inline { media_type, data } => format!("data:{media_type};base64,{data}"),
        Media::FileId(_) => return None,
    };
    Some(json!({"type": "image_url", "image_url": {"url": url}}))
}

/// Writing JSON of our own types into memory cannot fail.
pub(super) fn write(value: &impl Serialize, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
