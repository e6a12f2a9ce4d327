//! A content block of an answer, whole or as the start of a streamed one.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::json::Kind;

#[derive(Debug)]
pub(super) enum Block<'a> {
    Text(String),
    Thinking {
        text: String,
        signature: String,
    },
    Opaque {
        data: String,
    },
    ToolUse {
        id: String,
        name: String,
        input: Option<&'a RawValue>,
    },
    /// A type without a counterpart in chat, such as a use of the API's own tools.
    Other,
}

/// The `type` of an event, a block or a delta. It is read first; only known types are read further.
#[derive(Debug, Deserialize)]
pub(super) struct Tag {
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

impl<'a> Block<'a> {
    pub(super) fn read(raw: &'a RawValue) -> serde_json::Result<Self> {
        let tag: Tag = serde_json::from_str(raw.get())?;
        let kind = tag.kind.as_deref().unwrap_or_default();
        if !matches!(kind, "text" | "thinking" | "redacted_thinking" | "tool_use") {
            return Ok(Self::Other);
        }
        let fields: Fields<'a> = serde_json::from_str(raw.get())?;
        Ok(match kind {
            "text" => Self::Text(fields.text.unwrap_or_default()),
            "thinking" => Self::Thinking {
                text: fields.thinking.unwrap_or_default(),
                signature: fields.signature.unwrap_or_default(),
            },
            "redacted_thinking" => Self::Opaque { data: fields.data.unwrap_or_default() },
            _ => Self::ToolUse {
                id: fields.id.unwrap_or_default(),
                name: fields.name.unwrap_or_default(),
                input: fields.input,
            },
        })
    }
}

/// The id of a call; generated from its index when the API sent none.
pub(super) fn call_id(id: String, index: u64) -> String {
    if id.is_empty() { format!("call_{index}") } else { id }
}

/// The arguments of a call as spelled; `{}` when there are none. `None` when they are not an
/// object.
pub(super) fn arguments(input: Option<&RawValue>) -> Option<String> {
    let Some(input) = input else { return Some(String::from("{}")) };
    (Kind::of(input) == Kind::Object).then(|| input.get().to_owned())
}
