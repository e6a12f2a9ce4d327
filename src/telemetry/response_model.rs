//! The model that an upstream says it is, out of the kept part of its answer.

use std::cell::RefCell;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

/// Of a whole answer, or of the first event of a stream. `None` where it says none.
pub fn response_model(body: &[u8]) -> Option<String> {
    let body = body.trim_ascii_start();
    if body.starts_with(b"{") {
        return in_object(body);
    }
    let lines = body.split(|byte| *byte == b'\n').take(64);
    let mut events = lines.filter_map(|line| line.strip_prefix(b"data:"));
    in_object(events.next()?)
}

/// What was read of an object that is cut off counts too.
fn in_object(text: &[u8]) -> Option<String> {
    let found = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let _ = reader.deserialize_map(Model(&found));
    found.into_inner()
}

struct Model<'a>(&'a RefCell<Option<String>>);

impl<'de> Visitor<'de> for Model<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key != "model" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            *self.0.borrow_mut() = map.next_value_seed(Text)?;
            break;
        }
        Ok(())
    }
}

/// A string; anything else is none.
struct Text;

impl<'de> serde::de::DeserializeSeed<'de> for Text {
    type Value = Option<String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        let value = <serde_json::Value as serde::Deserialize>::deserialize(value)?;
        Ok(value.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_found_in_whole_answers_streams_and_what_is_left_of_them() {
        for (body, expected) in [
            (r#"{"id":"x","model":"gpt-1","choices":[]}"#, Some("gpt-1")),
            (r#"{"choices":[{"model":"no"}],"model":"gpt-1","usa"#, Some("gpt-1")),
            (r#"{"choices":[{"content":"\"model\":\"no\""#, None),
            (r#"{"model":7}"#, None),
            (r#"{"model":""}"#, None),
            (
                ": comment\n\ndata: {\"model\":\"gpt-2\"}\n\ndata: {\"model\":\"no\"}\n",
                Some("gpt-2"),
            ),
            ("data: [DONE]\n", None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(response_model(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
