//! The last user text of a chat body, cut out of the raw bytes and unescaped.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::json::Kind;
use crate::dialects::json::body::JsonBody;
use crate::dialects::token_estimate::Estimate;
use crate::domain::facts::LastUserText;

/// Bytes read from either end of a text: the question is usually there.
const WINDOW: usize = 8 * 1024;

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct TextPart<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

/// The text of the last user message, even where tools ran since; without one, of the last message.
pub fn read(body: &JsonBody) -> LastUserText {
    let messages = body.value_of("messages").unwrap_or_default();
    let messages: Vec<Message<'_>> = serde_json::from_slice(messages).unwrap_or_default();
    let is_user = |message: &&Message<'_>| message.role == "user";
    let user_messages = messages.iter().filter(is_user).count();
    let last = messages.iter().rfind(is_user).or(messages.last());
    let pieces = last.and_then(|message| message.content).map(pieces).unwrap_or_default();
    let tokens = pieces.iter().map(|piece| Estimate::of_json(piece.as_bytes()));
    let tokens = tokens.fold(Estimate::default(), |sum, piece| sum + piece).likely();
    LastUserText { text: excerpt(&pieces), tokens, user_messages }
}

/// The raw texts, without their quotes.
fn pieces(content: &RawValue) -> Vec<&str> {
    match Kind::of(content) {
        Kind::String => quoted(content).into_iter().collect(),
        Kind::Array => {
            let parts: Vec<&RawValue> = serde_json::from_str(content.get()).unwrap_or_default();
            parts.into_iter().filter_map(text_of).collect()
        }
        Kind::Object | Kind::Number | Kind::Bool | Kind::Null => Vec::new(),
    }
}

fn text_of(part: &RawValue) -> Option<&str> {
    quoted(serde_json::from_str::<TextPart<'_>>(part.get()).ok()?.text?)
}

fn quoted(json: &RawValue) -> Option<&str> {
    json.get().strip_prefix('"')?.strip_suffix('"')
}

fn excerpt(pieces: &[&str]) -> String {
    let total: usize = pieces.iter().map(|piece| piece.len() + 1).sum();
    let mut text = String::with_capacity(total.min(2 * WINDOW + 1));
    if total <= 2 * WINDOW {
        pieces.iter().for_each(|piece| append(&mut text, piece));
        return text;
    }
    let mut left = WINDOW;
    for piece in pieces {
        let head = piece.get(..piece.floor_char_boundary(left)).unwrap_or_default();
        append(&mut text, head);
        left -= head.len();
    }
    let mut left = WINDOW;
    let mut tails = Vec::new();
    for piece in pieces.iter().rev() {
        let start = piece.ceil_char_boundary(piece.len().saturating_sub(left));
        let tail = piece.get(start..).unwrap_or_default();
        tails.push(tail);
        left -= tail.len();
    }
    tails.iter().rev().for_each(|tail| append(&mut text, tail));
    text
}

/// Adds an unescaped line. The cut may have split an escape: a few wrong characters there do not
/// matter.
fn append(text: &mut String, json: &str) {
    if json.is_empty() {
        return;
    }
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        text.push_str(plain);
        let mut chars = escape.chars();
        chars.next();
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => {}
            Some('u') => {
                let digits = chars.as_str().get(..4).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                text.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
                chars = chars.as_str().get(digits.len()..).unwrap_or_default().chars();
            }
            Some(other) => text.push(other),
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text.push('\n');
    text.make_ascii_lowercase();
}

#[cfg(test)]
mod tests {
    use super::super::body;
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn last(messages: &Value) -> LastUserText {
        let body = json!({"messages": messages}).to_string();
        read(&body::parse(Bytes::from(body)).unwrap())
    }

    #[test]
    fn the_last_text_of_the_user_is_read() {
        let found = last(&json!([
            {"role": "user", "content": "first"},
            {"role": "user", "content": [
                {"type": "text", "text": "Look:\n\"this\""},
                {"type": "image_url", "image_url": {"url": "https://a"}},
                {"type": "text", "text": "or this"},
            ]},
            {"role": "assistant", "tool_calls": []},
            {"role": "tool", "content": "result"},
        ]));
        assert_eq!((found.text.as_str(), found.user_messages), ("look:\n\"this\"\nor this\n", 2));
        assert_eq!(last(&json!([{"role": "system", "content": "s"}])).text, "s\n");
        assert_eq!(last(&json!([{"role": "user", "content": null}])).text, "");
    }

    #[test]
    fn escapes_are_resolved() {
        let body = r#"{"messages":[{"role":"user","content":"\u8bc1\u660e A\\B\/ \ud83d\ude00"}]}"#;
        let found = read(&body::parse(Bytes::from(body)).unwrap());
        assert_eq!(found.text, "证明 a\\b/ \u{fffd}\u{fffd}\n");
    }

    #[test]
    fn the_middle_of_a_long_text_is_left_out() {
        let found = last(&json!([{"role": "user", "content": [
            {"type": "text", "text": format!("begin {}", "中".repeat(WINDOW))},
            {"type": "text", "text": format!("{} end", "b".repeat(WINDOW / 2))},
        ]}]));
        assert!(found.text.starts_with("begin 中") && found.text.ends_with("b end\n"));
        assert!(found.text.len() <= 2 * WINDOW + 4, "{}", found.text.len());
        assert!(found.tokens > WINDOW as u64);
    }

    proptest! {
        #[test]
        fn any_text_is_read(texts in proptest::collection::vec(".*", 0..4), times in 1..400_usize) {
            let part = |text: &String| json!({"type": "text", "text": text.repeat(times)});
            let parts: Vec<Value> = texts.iter().map(part).collect();
            let found = last(&json!([{"role": "user", "content": parts}]));
            prop_assert!(found.text.len() <= 2 * WINDOW + 2 * texts.len() + 1);
        }
    }
}
