//! Adds a missing `model` to an answer: SDKs require it, and some servers omit it or leave it
//! empty.

use bytes::Bytes;
use serde_json::Value;

use crate::dialects::json::RawObject;
use crate::dialects::needle::needle;
use crate::dialects::sse::{self, FrameContent};

needle!(MODEL = b"\"model\"");

/// The answer or chunk with a `model`; `None` where it has one, or is not an answer.
pub fn named(data: &[u8], model: impl FnOnce() -> String) -> Option<Vec<u8>> {
    if names_a_model(data) {
        return None;
    }
    let object = RawObject::parse(data).ok()?;
    object.get("choices")?;
    let model = Value::from(model()).to_string();
    let mut named = Vec::with_capacity(data.len() + model.len() + 16);
    named.extend_from_slice(b"{\"model\":");
    named.extend_from_slice(model.as_bytes());
    for (name, value) in object.members.iter().filter(|(name, _)| name != "model") {
        named.push(b',');
        named.extend_from_slice(Value::from(name.as_ref()).to_string().as_bytes());
        named.push(b':');
        named.extend_from_slice(value.get().as_bytes());
    }
    named.push(b'}');
    Some(named)
}

/// [`named`] for the frame of a stream; without a name it stays unchanged.
pub(super) fn named_frame(frame: &[u8], model: &str) -> Option<Bytes> {
    if model.is_empty() || names_a_model(frame) {
        return None;
    }
    let FrameContent::Data(data) = sse::read(frame) else { return None };
    let named = named(&data, || model.to_owned())?;
    // Data of several lines is joined into one. A JSON string holds no line break.
    let on_one_line = named.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte });
    Some(b"data: ".iter().copied().chain(on_one_line).chain(*b"\n\n").collect())
}

/// A search of the bytes only, because it runs for each chunk of each stream.
fn names_a_model(data: &[u8]) -> bool {
    MODEL
        .values(data)
        .flatten()
        .any(|value| value.starts_with(b"\"") && !value.starts_with(b"\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(data: &str) -> Option<String> {
        let named = named(data.as_bytes(), || String::from("m \"1\""));
        named.map(|named| String::from_utf8(named).unwrap())
    }

    #[test]
    fn an_answer_without_a_model_gets_one_and_keeps_its_bytes() {
        let expected = r#"{"model":"m \"1\"","choices":[{"n": 1.50}],"x":"\u00e9"}"#;
        for data in [
            r#"{"choices":[{"n": 1.50}],"x":"\u00e9"}"#,
            r#"{"model":"","choices":[{"n": 1.50}],"x":"\u00e9"}"#,
            r#"{"choices":[{"n": 1.50}],"model" : null,"x":"\u00e9"}"#,
            r#"{"choices":[{"n": 1.50}],"model":7,"x":"\u00e9"}"#,
        ] {
            assert_eq!(with(data).as_deref(), Some(expected), "{data}");
        }
    }

    #[test]
    fn what_names_a_model_or_is_no_answer_is_left_alone() {
        for data in [
            r#"{"model":"a","choices":[]}"#,
            r#"{"choices":[],"model" : "a"}"#,
            r#"{"error":{"code":1}}"#,
            "[1]",
            "{",
        ] {
            assert_eq!(with(data), None, "{data}");
        }
        let quoted = r#"{"choices":[{"delta":{"content":"\"model\":\"x\""}}]}"#;
        assert!(with(quoted).is_some());
    }
}
