//! The output items of an answer, as far as chat has counterparts.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::search;
use crate::domain::chat::Media;
use crate::domain::search::{Citation, Search};

#[derive(Debug, PartialEq)]
pub(super) enum Item {
    Message(Vec<Content>),
    Call(Call),
    Reasoning(Reasoning),
    Image(Media),
    Search(Search),
    /// The API's own tools, and types that are not known yet.
    Other,
}

#[derive(Debug, PartialEq)]
pub(super) struct Call {
    /// `call_id`, or else the item's own id.
    pub id: Option<String>,
    pub name: String,
    /// As the model wrote them; usually the text of a JSON object.
    pub arguments: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Reasoning {
    pub id: Option<String>,
    pub summary: Vec<String>,
    pub content: Vec<String>,
    pub encrypted: Option<String>,
}

/// Other types keep their index, because parts are identified by it.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    Text { text: String, logprobs: Vec<Value>, citations: Vec<Citation> },
    Refusal(String),
    Summary(String),
    Reasoning(String),
    Other,
}

#[derive(Deserialize)]
pub(super) struct Tag {
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow, default)]
    content: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct WireCall {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    call_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct WireReasoning<'a> {
    #[serde(default)]
    id: Option<String>,
    #[serde(borrow, default)]
    summary: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    content: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    encrypted_content: Option<String>,
}

#[derive(Deserialize)]
struct WireImage {
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    output_format: Option<String>,
}

#[derive(Deserialize)]
struct WireContent {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    logprobs: Option<Vec<Value>>,
    #[serde(default)]
    annotations: Option<Value>,
}

impl Item {
    pub(super) fn read(raw: &RawValue) -> serde_json::Result<Self> {
        let tag: Tag = serde_json::from_str(raw.get())?;
        Ok(match tag.kind.as_deref() {
            Some("message") => {
                let message: WireMessage<'_> = serde_json::from_str(raw.get())?;
                Self::Message(contents(message.content)?)
            }
            Some("function_call") => {
                let call: WireCall = serde_json::from_str(raw.get())?;
                let id = call.call_id.filter(|id| !id.is_empty());
                Self::Call(Call {
                    id: id.or(call.id).filter(|id| !id.is_empty()),
                    name: call.name.unwrap_or_default(),
                    arguments: call.arguments.unwrap_or_default(),
                })
            }
            Some("reasoning") => {
                let reasoning: WireReasoning<'_> = serde_json::from_str(raw.get())?;
                Self::Reasoning(Reasoning {
                    id: reasoning.id.filter(|id| !id.is_empty()),
                    summary: texts(reasoning.summary)?,
                    content: texts(reasoning.content)?,
                    encrypted: reasoning.encrypted_content.filter(|sealed| !sealed.is_empty()),
                })
            }
            Some("image_generation_call") => {
                let image: WireImage = serde_json::from_str(raw.get())?;
                let format = image.output_format.as_deref().unwrap_or("png");
                let media_type = format!("image/{format}");
                match image.result.filter(|data| !data.is_empty()) {
                    Some(data) => Self::Image(Media::Inline { media_type, data }),
                    None => Self::Other,
                }
            }
            Some("web_search_call") => search::search(raw).map_or(Self::Other, Self::Search),
            _ => Self::Other,
        })
    }
}

impl Content {
    pub(super) fn read(raw: &RawValue) -> serde_json::Result<Self> {
        let tag: Tag = serde_json::from_str(raw.get())?;
        let content = || serde_json::from_str::<WireContent>(raw.get());
        Ok(match tag.kind.as_deref() {
            Some("output_text") => {
                let WireContent { text, logprobs, annotations, .. } = content()?;
                let (text, logprobs) = (text.unwrap_or_default(), logprobs.unwrap_or_default());
                Self::Text { text, logprobs, citations: search::citations(annotations) }
            }
            Some("refusal") => Self::Refusal(content()?.refusal.unwrap_or_default()),
            Some("summary_text") => Self::Summary(content()?.text.unwrap_or_default()),
            Some("reasoning_text") => Self::Reasoning(content()?.text.unwrap_or_default()),
            _ => Self::Other,
        })
    }
}

/// The id of a call without one, by its index among the calls of the answer.
pub(super) fn call_id(id: Option<String>, index: u64) -> String {
    id.unwrap_or_else(|| format!("call_{index}"))
}

fn contents(parts: Option<Vec<&RawValue>>) -> serde_json::Result<Vec<Content>> {
    parts.unwrap_or_default().into_iter().map(Content::read).collect()
}

/// The reasoning texts by index.
fn texts(parts: Option<Vec<&RawValue>>) -> serde_json::Result<Vec<String>> {
    let text = |content| match content {
        Content::Summary(text) | Content::Reasoning(text) | Content::Text { text, .. } => text,
        Content::Refusal(_) | Content::Other => String::new(),
    };
    Ok(contents(parts)?.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Item {
        Item::read(serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn an_image_is_taken_where_it_carries_data() {
        let webp = r#"{"type":"image_generation_call","id":"ig_1","status":"completed","result":"AAAA","output_format":"webp"}"#;
        let source = Media::Inline { media_type: "image/webp".into(), data: "AAAA".into() };
        assert_eq!(read(webp), Item::Image(source));
        assert_eq!(read(r#"{"type":"image_generation_call","result":null}"#), Item::Other);
    }

    #[test]
    fn an_unknown_item_may_hold_anything_under_known_names() {
        let unknown = r#"{"type":"later","content":7,"summary":{},"arguments":[],"result":{}}"#;
        assert_eq!(read(unknown), Item::Other);
        assert_eq!(read(r#"{"content":7}"#), Item::Other);
        let message = r#"{"type":"message","content":[{"type":"later","text":{}},{"type":"refusal","refusal":"No."}]}"#;
        assert_eq!(
            read(message),
            Item::Message(vec![Content::Other, Content::Refusal("No.".into())])
        );
    }

    #[test]
    fn a_call_always_gets_an_id() {
        for (json, expected) in [
            (r#"{"type":"function_call","id":"fc_1","call_id":"c"}"#, "c"),
            (r#"{"type":"function_call","id":"fc_1","call_id":""}"#, "fc_1"),
            (r#"{"type":"function_call"}"#, "call_3"),
        ] {
            let Item::Call(call) = read(json) else { panic!("a call") };
            assert_eq!(call_id(call.id, 3), expected);
        }
    }
}
