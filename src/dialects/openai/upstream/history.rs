//! The thinking in earlier messages, which may come from another provider. OpenAI has no such
//! fields; DeepSeek and Kimi require theirs in each assistant message once a tool was called.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialects::json::body::JsonBody;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::needle::{Needle, needle};

needle!(REASONING_FIELDS = b"\"reasoning");
needle!(THINKING_BLOCKS = b"\"thinking_blocks");
needle!(EXTRA_CONTENT = b"\"extra_content");
needle!(AFTER = b"\"after\"");
needle!(TOOL_CALLS = b"\"tool_calls\"");

/// Without any of these, no message has thinking.
static MARKS: [&Needle; 4] = [&REASONING_FIELDS, &THINKING_BLOCKS, &EXTRA_CONTENT, &AFTER];

const THINKING: [&str; 4] =
    ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"];

/// Members of a tool call: Google's signature, and the call's position in its turn.
const OF_CALLS: [&str; 2] = ["extra_content", "after"];

/// The messages without thinking; `None` where there is none. Everything else keeps its bytes.
pub(in crate::dialects) fn without_thinking(body: &JsonBody) -> Option<String> {
    let place = body.place_of("messages")?;
    let text = body.text_at(&place);
    if !MARKS.iter().any(|mark| mark.is_in(text)) {
        return None;
    }
    let messages: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    let stripped = |raw: &RawValue| message(raw.get(), &THINKING);
    let messages: Vec<String> = messages.into_iter().map(stripped).collect();
    Some(format!("[{}]", messages.join(",")))
}

/// The messages with `reasoning_content` where the model wants it back, and no other thinking: for
/// a chat that the router itself made of another API's request, with members that only it reads.
pub(in crate::dialects) fn with_reasoning_alone(body: &JsonBody) -> Option<String> {
    let text = body.text_at(&body.place_of("messages")?);
    if !TOOL_CALLS.is_in(text) {
        return without_thinking(body);
    }
    let messages: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    let given = |raw: &RawValue| {
        let given = reasoned(raw);
        message(given.as_deref().unwrap_or(raw.get()), OTHER_THINKING)
    };
    let messages: Vec<String> = messages.into_iter().map(given).collect();
    Some(format!("[{}]", messages.join(",")))
}

const REASONING: &str = "reasoning_content";

/// All but that.
const OTHER_THINKING: &[&str] = &["reasoning", "reasoning_details", "thinking_blocks"];

/// The messages of a conversation with tool calls, each assistant message with its
/// `reasoning_content`: the text under whatever name the client kept it, else empty. `None` where
/// nothing changes.
pub(super) fn with_reasoning(body: &JsonBody) -> Option<String> {
    let place = body.place_of("messages")?;
    let text = body.text_at(&place);
    if !TOOL_CALLS.is_in(text) {
        return None;
    }
    let messages: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    let given: Vec<Cow<'_, str>> = messages
        .into_iter()
        .map(|raw| reasoned(raw).map_or(Cow::Borrowed(raw.get()), Cow::Owned))
        .collect();
    let is_changed = given.iter().any(|message| matches!(message, Cow::Owned(_)));
    is_changed.then(|| format!("[{}]", given.join(",")))
}

/// The message, if a member had to be added.
fn reasoned(raw: &RawValue) -> Option<String> {
    let object = RawObject::parse(raw.get().as_bytes()).ok()?;
    let role: Cow<'_, str> = serde_json::from_str(object.get("role")?.get()).ok()?;
    let known = object.get(REASONING).filter(|value| Kind::of(value) == Kind::String);
    if role != "assistant" || known.is_some_and(says_something) {
        return None;
    }
    let reasoning = object.get("reasoning").filter(|value| says_something(value));
    let text = match reasoning {
        Some(text) => text.get().to_owned(),
        None => Value::from(thought(&object)).to_string(),
    };
    if known.is_some_and(|known| known.get() == text) {
        return None;
    }
    let kept = object.members.iter().filter(|(name, _)| name != REASONING);
    let kept = kept.map(|(name, value)| (name.as_ref(), value.get().to_owned()));
    Some(written(kept.chain([(REASONING, text)])))
}

fn says_something(value: &RawValue) -> bool {
    Kind::of(value) == Kind::String && value.get() != r#""""#
}

/// The text of OpenRouter's or of Anthropic's list.
fn thought(message: &RawObject<'_>) -> String {
    #[derive(Deserialize)]
    struct Block {
        text: Option<String>,
        summary: Option<String>,
        thinking: Option<String>,
    }
    let text = |name: &str| {
        let blocks: Vec<Block> = serde_json::from_str(message.get(name)?.get()).ok()?;
        let texts = blocks.into_iter().filter_map(|block| {
            let text = block.text.or(block.summary);
            text.or(block.thinking)
        });
        Some(texts.collect::<String>()).filter(|text| !text.is_empty())
    };
    text("reasoning_details").or_else(|| text("thinking_blocks")).unwrap_or_default()
}

/// `thinking`: the members that go.
fn message(raw: &str, thinking: &[&str]) -> String {
    let Ok(object) = RawObject::parse(raw.as_bytes()) else { return raw.to_owned() };
    let kept = object.members.iter().filter(|(name, _)| !thinking.contains(&name.as_ref()));
    let kept = kept.map(|(name, value)| match name.as_ref() {
        "tool_calls" => (name.as_ref(), calls(value)),
        name => (name, value.get().to_owned()),
    });
    // An answer that was cut while thinking has no content, but a message must have some.
    let is_mute = object.get("content").is_none() && object.get("tool_calls").is_none();
    let nothing = is_mute.then(|| ("content", String::from(r#""""#)));
    written(kept.chain(nothing))
}

fn calls(raw: &RawValue) -> String {
    let Ok(calls) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
        return raw.get().to_owned();
    };
    let call = |raw: &RawValue| {
        if Kind::of(raw) != Kind::Object {
            return raw.get().to_owned();
        }
        let Ok(object) = RawObject::parse(raw.get().as_bytes()) else {
            return raw.get().to_owned();
        };
        let kept = object.members.iter().filter(|(name, _)| !OF_CALLS.contains(&name.as_ref()));
        written(kept.map(|(name, value)| (name.as_ref(), value.get().to_owned())))
    };
    let calls: Vec<String> = calls.into_iter().map(call).collect();
    format!("[{}]", calls.join(","))
}

fn written<'a>(members: impl Iterator<Item = (&'a str, String)>) -> String {
    let members: Vec<String> =
        members.map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::body;
    use bytes::Bytes;

    fn stripped(messages: &str) -> Option<String> {
        let body = format!(r#"{{"model":"m","messages":{messages}}}"#);
        without_thinking(&body::parse(Bytes::from(body)).unwrap())
    }

    #[test]
    fn thinking_and_signatures_go_and_the_rest_keeps_its_bytes() {
        let messages = r#"[{"role":"user","content":"a \"reasoning\" \u00e9","x":1.50},{"role":"assistant","content":null,"reasoning_content":"r","reasoning":"r","thinking_blocks":[{"type":"thinking"}],"reasoning_details":[],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{ }"},"after":{"content":1},"extra_content":{"google":{}}}]},{"role":"tool","tool_call_id":"c","content":"r"}]"#;
        assert_eq!(
            stripped(messages).as_deref(),
            Some(
                r#"[{"role":"user","content":"a \"reasoning\" \u00e9","x":1.50},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{ }"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]"#
            )
        );
    }

    #[test]
    fn a_message_of_nothing_but_thinking_says_nothing() {
        let messages = r#"[{"role":"user","content":"a"},{"role":"assistant","reasoning":"r"}]"#;
        let expected = r#"[{"role":"user","content":"a"},{"role":"assistant","content":""}]"#;
        assert_eq!(stripped(messages).as_deref(), Some(expected));
    }

    fn reasoned_messages(messages: &str) -> Option<String> {
        let body = format!(r#"{{"model":"m","messages":{messages}}}"#);
        with_reasoning(&body::parse(Bytes::from(body)).unwrap())
    }

    /// An assistant message with a call and these members.
    fn called(members: &str) -> String {
        format!(
            r#"[{{"role":"user","content":"\u00e9"}},{{"role":"assistant","tool_calls":[]{members}}}]"#
        )
    }

    #[test]
    fn reasoning_is_given_back_under_one_name_whatever_it_was_kept_under() {
        for (members, expected) in [
            ("", r#""""#),
            (r#","reasoning_content":null"#, r#""""#),
            (r#","reasoning":"R \u00e9""#, r#""R \u00e9""#),
            (
                r#","reasoning":"","reasoning_details":[{"type":"reasoning.text","text":"a"},{"summary":"b"},{"data":"x"}]"#,
                r#""ab""#,
            ),
            (r#","thinking_blocks":[{"type":"thinking","thinking":"T"}]"#, r#""T""#),
            (r#","reasoning_content":"","reasoning":"R""#, r#""R""#),
        ] {
            let sent = reasoned_messages(&called(members)).unwrap();
            assert!(sent.starts_with(r#"[{"role":"user","content":"\u00e9"},"#), "{sent}");
            assert!(sent.ends_with(&format!(r#","reasoning_content":{expected}}}]"#)), "{sent}");
            assert_eq!(sent.matches("reasoning_content").count(), 1, "{sent}");
        }
    }

    #[test]
    fn of_a_chat_that_was_made_here_only_the_reasoning_is_left() {
        let alone = |messages: &str| {
            let body = format!(r#"{{"model":"m","messages":{messages}}}"#);
            with_reasoning_alone(&body::parse(Bytes::from(body)).unwrap())
        };
        let messages = r#"[{"role":"user","content":"a"},{"role":"assistant","content":null,"thinking_blocks":[{"type":"thinking","thinking":"T","sealed_by":"p/m"}],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{}}}]},{"role":"tool","tool_call_id":"c","content":"r"}]"#;
        let expected = r#"[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}],"reasoning_content":"T"},{"role":"tool","tool_call_id":"c","content":"r"}]"#;
        assert_eq!(alone(messages).as_deref(), Some(expected));
        let without_calls = r#"[{"role":"user","content":"a"},{"role":"assistant","content":"b","thinking_blocks":[{"thinking":"T"}]}]"#;
        let expected = r#"[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]"#;
        assert_eq!(alone(without_calls).as_deref(), Some(expected));
    }

    #[test]
    fn reasoning_that_is_there_or_not_wanted_changes_nothing() {
        for members in [r#","reasoning_content":"R""#, r#","reasoning_content":"""#] {
            assert_eq!(reasoned_messages(&called(members)), None, "{members}");
        }
        let without_calls = r#"[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]"#;
        assert_eq!(reasoned_messages(without_calls), None);
    }

    #[test]
    fn a_call_without_thinking_loses_its_place_too() {
        let messages = r#"[{"role":"assistant","content":"a","tool_calls":[{"id":"c","after":{"content":0}}]}]"#;
        let expected = r#"[{"role":"assistant","content":"a","tool_calls":[{"id":"c"}]}]"#;
        assert_eq!(stripped(messages).as_deref(), Some(expected));
    }

    #[test]
    fn messages_without_thinking_are_not_touched() {
        assert_eq!(stripped(r#"[{"role":"user","content":"hi"}]"#), None);
    }
}
