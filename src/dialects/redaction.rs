//! Takes out of bodies what is not to be recorded: out of their strings as they are meant, whatever
//! their escapes, also where a text comes in the many pieces of a stream; and out of the bytes as
//! they are.

use std::collections::HashMap;

use super::json::strings::{Place, places};
use crate::domain::redaction::Redaction;

/// `None` where nothing matches.
pub fn body(body: &[u8], redaction: &Redaction) -> Option<Vec<u8>> {
    let by_strings = strings(body, redaction);
    let whole = redaction.redact(by_strings.as_deref().unwrap_or(body));
    whole.or(by_strings)
}

/// Out of the strings of JSON alone, so that it stays JSON. `None` where nothing matches.
pub fn strings(text: &[u8], redaction: &Redaction) -> Option<Vec<u8>> {
    let places = places(text);
    let mut by_key: HashMap<u64, Vec<Place>> = HashMap::new();
    for place in &places {
        by_key.entry(place.key).or_default().push(*place);
    }
    let written = |place: &Place| text.get(place.from..place.to).unwrap_or_default();
    let mut edits: Vec<(Place, Vec<u8>)> = Vec::new();
    for pieces in by_key.values() {
        // What every event says again, like its id, is no text in pieces.
        let is_repeated = pieces.windows(2).all(|two| match two {
            [one, next] => written(one) == written(next),
            _ => true,
        });
        let at_once = if is_repeated { 1 } else { pieces.len() };
        for pieces in pieces.chunks(at_once) {
            let mut texts: Vec<Text> =
                pieces.iter().map(|piece| Text::of(written(piece))).collect();
            let before: Vec<Vec<u8>> = texts.iter().map(|text| text.meant.clone()).collect();
            let mut parts = before.clone();
            if !redaction.redact_parts(&mut parts) {
                continue;
            }
            for ((piece, text), (part, before)) in
                pieces.iter().zip(&mut texts).zip(parts.into_iter().zip(before))
            {
                if part != before {
                    text.meant = part;
                    edits.push((*piece, text.written()));
                }
            }
        }
    }
    if edits.is_empty() {
        return None;
    }
    edits.sort_unstable_by_key(|(place, _)| place.from);
    let mut redacted = Vec::with_capacity(text.len());
    let mut at = 0;
    for (place, edit) in edits {
        redacted.extend_from_slice(text.get(at..place.from).unwrap_or_default());
        redacted.extend_from_slice(&edit);
        at = place.to;
    }
    redacted.extend_from_slice(text.get(at..).unwrap_or_default());
    Some(redacted)
}

/// A string, and what it means.
struct Text {
    meant: Vec<u8>,
    has_escapes: bool,
}

impl Text {
    /// One that was cut in the middle of an escape, or is none, means what it says.
    fn of(written: &[u8]) -> Self {
        let quoted = [b"\"", written, b"\""].concat();
        let meant: Option<String> = match memchr::memchr(b'\\', written) {
            None => None,
            Some(_) => serde_json::from_slice(&quoted).ok(),
        };
        match meant {
            Some(meant) => Self { meant: meant.into_bytes(), has_escapes: true },
            None => Self { meant: written.to_vec(), has_escapes: false },
        }
    }

    fn written(&self) -> Vec<u8> {
        if !self.has_escapes {
            return self.meant.clone();
        }
        let text = String::from_utf8_lossy(&self.meant);
        let quoted = serde_json::to_vec(&text).unwrap_or_default();
        let inside = 1..quoted.len().saturating_sub(1);
        quoted.get(inside).map(<[u8]>::to_vec).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(pattern: &str) -> Redaction {
        let mut redaction = Redaction::default();
        redaction.add(pattern).unwrap();
        redaction
    }

    fn redacted(text: &str, pattern: &str) -> String {
        let found = body(text.as_bytes(), &of(pattern));
        found.map_or_else(|| text.to_owned(), |found| String::from_utf8(found).unwrap())
    }

    #[test]
    fn matches_are_taken_out_of_strings_and_of_what_is_no_json() {
        let mail = r"\w+@\w+\.com";
        for (text, expected) in [
            (r#"{"a":"to me@example.com!"}"#, r#"{"a":"to [redacted]!"}"#),
            (r#"{"a":"to me\u0040example.com\n\"x\""}"#, r#"{"a":"to [redacted]\n\"x\""}"#),
            ("plain me@example.com text", "plain [redacted] text"),
            (r#"{"a":"cut me@example.com \u00"#, r#"{"a":"cut [redacted] \u00"#),
            (r#"{"me@example.com":1}"#, r#"{"[redacted]":1}"#),
            (r#"{"a":"nothing"}"#, r#"{"a":"nothing"}"#),
        ] {
            assert_eq!(redacted(text, mail), expected);
        }
        assert_eq!(redacted(r#"{"pin": 1234}"#, r#""pin": \d+"#), "{[redacted]}");
        assert_eq!(strings(br#"{"pin": 1234}"#, &of(r#""pin": \d+"#)), None, "stays JSON");
    }

    #[test]
    fn a_text_in_the_pieces_of_a_stream_is_searched_as_one() {
        let event = |index: u8, text: &str| {
            format!(
                "data: {{\"id\":\"c-1\",\"choices\":[{{\"index\":{index},\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
            )
        };
        let stream =
            [event(0, "write to me"), event(1, "@no"), event(0, "@exam"), event(0, "ple.com now")];
        let stream = format!("{}data: [DONE]\n\n", stream.concat());
        let expected =
            [event(0, "write to [redacted]"), event(1, "@no"), event(0, ""), event(0, " now")];
        let expected = format!("{}data: [DONE]\n\n", expected.concat());
        assert_eq!(redacted(&stream, r"\w+@\w+\.com"), expected);
        // Ids that every event repeats are none.
        assert_eq!(redacted(&stream, "c-1c-1"), stream);
    }

    proptest! {
        #[test]
        fn whatever_a_body_is_nothing_that_matches_is_left(
            bytes in prop::collection::vec(prop::sample::select(b"{}[]\",:\\u0041 ab\nindexdata:S".to_vec()), 0..80),
            at in 0usize..80,
        ) {
            let mut bytes = bytes;
            bytes.splice(at.min(bytes.len())..at.min(bytes.len()), b"SECRET".iter().copied());
            let redaction = of("SECRET");
            let found = body(&bytes, &redaction).unwrap();
            prop_assert!(!found.windows(6).any(|window| window == b"SECRET"));
        }

        #[test]
        fn json_stays_json(text in "[a-z\"\\\\ \u{e9}SECRT]{0,40}", other in ".*") {
            let value = serde_json::json!({"a": [text, {"b": other}], "index": 3});
            let redaction = of("S+E?");
            if let Some(found) = strings(value.to_string().as_bytes(), &redaction) {
                let read: serde_json::Value = serde_json::from_slice(&found).unwrap();
                let expected = redaction.redact_text(&text).unwrap_or(text);
                prop_assert_eq!(read["a"][0].as_str().unwrap(), expected);
            }
        }
    }
}
