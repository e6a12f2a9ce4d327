//! A conversation that went on at another provider carries that provider's thinking in its
//! messages. OpenAI knows none of those fields.

use serde_json::Value;
use serde_json::value::RawValue;

use super::body::ChatBody;
use crate::dialects::json::{Kind, RawObject};

const THINKING: [&str; 4] =
    ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"];

/// Of a tool call: Google's signature, and where it stood among what was said.
const OF_CALLS: [&str; 2] = ["extra_content", "after"];

/// The messages without thinking, where there is any; everything else keeps its bytes.
pub(super) fn without_thinking(body: &ChatBody) -> Option<String> {
    let place = body.place_of("messages")?;
    let text = body.text_at(&place);
    let finds = |name: &str| memchr::memmem::find(text, name.as_bytes()).is_some();
    let marks = ["\"reasoning", "\"thinking_blocks", "\"extra_content", "\"after\""];
    if !marks.iter().any(|name| finds(name)) {
        return None;
    }
    let messages: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    let messages: Vec<String> = messages.into_iter().map(message).collect();
    Some(format!("[{}]", messages.join(",")))
}

fn message(raw: &RawValue) -> String {
    let Ok(object) = RawObject::parse(raw.get().as_bytes()) else { return raw.get().to_owned() };
    let kept = object.members.iter().filter(|(name, _)| !THINKING.contains(&name.as_ref()));
    let kept = kept.map(|(name, value)| match name.as_ref() {
        "tool_calls" => (name.as_ref(), calls(value)),
        name => (name, value.get().to_owned()),
    });
    // An answer that was cut while thinking said nothing, but a message must say something.
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
    use bytes::Bytes;

    fn stripped(messages: &str) -> Option<String> {
        let body = format!(r#"{{"model":"m","messages":{messages}}}"#);
        without_thinking(&ChatBody::parse(Bytes::from(body)).unwrap())
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
