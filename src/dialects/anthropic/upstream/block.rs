//! A content block of an answer, whole or as the start of a streamed one.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::search;
use crate::dialects::json::Kind;
use crate::domain::search::Citation;

#[derive(Debug)]
pub(super) enum Block<'a> {
    Text {
        text: String,
        citations: Vec<Citation>,
    },
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
    /// A search of the web begins.
    SearchUse {
        id: String,
        input: Option<&'a RawValue>,
    },
    SearchResult {
        id: String,
        content: Option<&'a RawValue>,
    },
    /// A type without a counterpart in chat, such as a use of another of the API's own tools.
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
    #[serde(borrow, default)]
    citations: Option<&'a RawValue>,
}

/// Of the API's own tools, whose blocks differ.
#[derive(Deserialize)]
struct OfServer<'a> {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    #[serde(default)]
    tool_use_id: String,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

impl<'a> Block<'a> {
    /// One that is written in another way says nothing.
    fn of_server(kind: &str, raw: &'a RawValue) -> Self {
        let Ok(block) = serde_json::from_str::<OfServer<'a>>(raw.get()) else { return Self::Other };
        match kind {
            "web_search_tool_result" => {
                Self::SearchResult { id: block.tool_use_id, content: block.content }
            }
            _ if search::is_search(&block.name) => {
                Self::SearchUse { id: block.id, input: block.input }
            }
            _ => Self::Other,
        }
    }

    pub(super) fn read(raw: &'a RawValue) -> serde_json::Result<Self> {
        let tag: Tag = serde_json::from_str(raw.get())?;
        let kind = tag.kind.as_deref().unwrap_or_default();
        match kind {
            "server_tool_use" | "web_search_tool_result" => return Ok(Self::of_server(kind, raw)),
            "text" | "thinking" | "redacted_thinking" | "tool_use" => {}
            _ => return Ok(Self::Other),
        }
        let fields: Fields<'a> = serde_json::from_str(raw.get())?;
        Ok(match kind {
            "text" => Self::Text {
                text: fields.text.unwrap_or_default(),
                citations: search::citations(fields.citations),
            },
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
