//! Corrects the indexes of streamed tool calls. SDKs join the fragments of a call by its `index`,
//! so each call gets its own, counted from 0, where the upstream's differ. A chunk with correct
//! indexes keeps its bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::call_order::{CallOrder, Fragment};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::needle::needle;
use crate::dialects::sse::{self, FrameContent};

needle!(TOOL_CALLS = b"\"tool_calls\"");

/// The calls of each choice in one stream.
#[derive(Debug, Default)]
pub(super) struct Indexes {
    choices: BTreeMap<u64, CallOrder>,
}

#[derive(Deserialize)]
struct WireChunk<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    tool_calls: Option<Vec<&'a RawValue>>,
}

impl Indexes {
    /// The frame with correct indexes; `None` where they are correct already, it has no call, or it
    /// cannot be parsed.
    pub(super) fn mended(&mut self, frame: &[u8]) -> Option<Bytes> {
        if !TOOL_CALLS.is_in(frame) {
            return None;
        }
        let FrameContent::Data(data) = sse::read(frame) else { return None };
        let chunk: WireChunk<'_> = serde_json::from_slice(&data).ok()?;
        let mut edits = Vec::new();
        for choice in chunk.choices {
            let order = self.choices.entry(choice.index.unwrap_or(0)).or_default();
            let calls = choice.delta.and_then(|delta| delta.tool_calls).unwrap_or_default();
            for raw in calls {
                edits.extend(edit(order, raw, &data));
            }
        }
        if edits.is_empty() {
            return None;
        }
        Some(match data {
            Cow::Borrowed(data) => {
                spliced(frame, edits, data.as_ptr().addr() - frame.as_ptr().addr())
            }
            Cow::Owned(data) => {
                let on_one_line: Vec<u8> = spliced(&data, edits, 0)
                    .iter()
                    .map(|byte| if *byte == b'\n' { b' ' } else { *byte })
                    .collect();
                [b"data: ", &on_one_line[..], b"\n\n"].concat().into()
            }
        })
    }
}

/// The edits of `data`: the range and the text of each index that is wrong or missing.
fn edit(order: &mut CallOrder, raw: &RawValue, data: &[u8]) -> Option<(Range<usize>, String)> {
    let call = RawObject::parse(raw.get().as_bytes()).ok()?;
    let written = call.get("index");
    let index = written.and_then(|index| index.get().parse().ok());
    let id = call.get("id").and_then(text);
    let function = call.get("function");
    let function = function.and_then(|raw| RawObject::parse(raw.get().as_bytes()).ok());
    let said = |name: &str| function.as_ref().and_then(|function| function.get(name));
    let name = said("name").and_then(text);
    let arguments = said("arguments").map(|raw| text(raw).unwrap_or(Cow::Borrowed(raw.get())));
    let place = order.place_of(&Fragment {
        index,
        id: id.as_deref().filter(|id| !id.is_empty()),
        name: name.as_deref().filter(|name| !name.is_empty()),
        arguments: arguments.as_deref().unwrap_or_default(),
    });
    if index.is_some_and(|index| usize::try_from(index) == Ok(place)) {
        return None;
    }
    let start = |value: &RawValue| value.get().as_ptr().addr() - data.as_ptr().addr();
    Some(match written {
        Some(written) => {
            let at = start(written);
            (at..at + written.get().len(), place.to_string())
        }
        None => {
            let at = start(raw) + 1;
            let comma = if raw.get().get(1..)?.trim_start().starts_with('}') { "" } else { "," };
            (at..at, format!("\"index\":{place}{comma}"))
        }
    })
}

fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    (Kind::of(raw) == Kind::String).then(|| serde_json::from_str(raw.get()).ok()).flatten()
}

/// The text with these edits, whose positions count from `offset`.
fn spliced(text: &[u8], edits: Vec<(Range<usize>, String)>, offset: usize) -> Bytes {
    let mut out = Vec::with_capacity(text.len() + 16 * edits.len());
    let mut from = 0;
    for (place, new) in edits {
        out.extend_from_slice(text.get(from..offset + place.start).unwrap_or_default());
        out.extend_from_slice(new.as_bytes());
        from = offset + place.end;
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(frame: &str) -> Option<String> {
        let frame = Indexes::default().mended(frame.as_bytes())?;
        Some(String::from_utf8(frame.to_vec()).unwrap())
    }

    #[test]
    fn an_index_is_put_in_or_replaced_and_the_rest_keeps_its_bytes() {
        for (calls, expected) in [
            (r#"{"id":"a"},{"id":"b"}"#, r#"{"index":0,"id":"a"},{"index":1,"id":"b"}"#),
            (r#"{ "index" : null }"#, r#"{ "index" : 0 }"#),
            (r#"{"id":"\u0061","index":5}"#, r#"{"id":"\u0061","index":0}"#),
            (r#"{"index":"1","id":"a"}"#, r#"{"index":0,"id":"a"}"#),
            (r"{}", r#"{"index":0}"#),
        ] {
            let frame = |calls: &str| {
                format!(
                    "id: 7\r\ndata: {{\"x\":1.50,\"choices\":[{{\"delta\":{{\"tool_calls\":[{calls}]}}}}]}}\r\n\r\n"
                )
            };
            assert_eq!(mended(&frame(calls)), Some(frame(expected)), "{calls}");
        }
    }

    #[test]
    fn data_of_two_lines_becomes_one() {
        let frame =
            "data: {\"choices\":[{\"delta\":\ndata: {\"tool_calls\":[{\"id\":\"a\"}]}}]}\n\n";
        let expected =
            "data: {\"choices\":[{\"delta\": {\"tool_calls\":[{\"index\":0,\"id\":\"a\"}]}}]}\n\n";
        assert_eq!(mended(frame).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_right_or_cannot_be_read_is_left_alone() {
        for data in [
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a"},{"index":1,"id":"b"}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[5]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":null}}]}"#,
            r#"{"choices":[{"delta":{"content":"\"tool_calls\""}}]}"#,
            r#"{"choices":"tool_calls""#,
        ] {
            assert_eq!(mended(&format!("data: {data}\n\n")), None, "{data}");
        }
    }

    #[test]
    fn choices_are_counted_apart() {
        let mut indexes = Indexes::default();
        let frame = |choice: u64, index: u64| {
            format!(
                "data: {{\"choices\":[{{\"index\":{choice},\"delta\":{{\"tool_calls\":[{{\"index\":{index},\"id\":\"{choice}\"}}]}}}}]}}\n\n"
            )
        };
        assert_eq!(indexes.mended(frame(0, 0).as_bytes()), None);
        assert_eq!(indexes.mended(frame(1, 0).as_bytes()), None);
    }
}
