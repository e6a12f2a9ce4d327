//! Decodes the messages of a request.

use std::collections::HashSet;

use serde_json::Value;

use super::fields::{Fields, bad};
use super::order::{After, Members};
use super::parts::{self, Element};
use super::{thinking, tools};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::BadRequest;
use crate::domain::chat::{AssistantMessage, Message, Part, PartContent};

/// The messages, and the kinds of members that were dropped.
pub(super) fn messages(body: &mut Fields) -> Result<(Vec<Message>, Vec<String>), BadRequest> {
    let mut called = HashSet::new();
    let mut passed_over = Dropped::default();
    let mut messages = Vec::new();
    for mut fields in body.objects("messages")? {
        passed_over.record_if(holds_lost_marker(&fields), "cache_control");
        messages.push(message(&mut fields, &mut called)?);
        let rest = fields.into_rest();
        let unread = rest.iter().filter(|(_, value)| says_something(value));
        unread.for_each(|(name, _)| passed_over.record(&format!("messages[].{name}")));
    }
    Ok((messages, passed_over.into_names()))
}

/// Whether a cache marker is on something other than a content part: a call, a thinking block, a
/// refusal. No dialect carries such a marker.
fn holds_lost_marker(message: &Fields) -> bool {
    let holds = |value: &Value| value.get("cache_control").is_some_and(|marker| !marker.is_null());
    let elements = |name| message.peek(name).and_then(Value::as_array).into_iter().flatten();
    let calls =
        elements("tool_calls").any(|call| holds(call) || call.get("function").is_some_and(holds));
    let thinking = ["thinking_blocks", "reasoning_details"].into_iter().flat_map(elements);
    let is_part = |element: &&Value| {
        let kind = element.get("type").and_then(Value::as_str).unwrap_or_default();
        !matches!(kind, "refusal" | "thinking" | "redacted_thinking")
    };
    let others = elements("content").filter(|element| !is_part(element));
    calls || thinking.chain(others).any(holds)
}

/// SDKs send back earlier answers with their empty fields.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// `called`: the ids of all calls before this message.
fn message(fields: &mut Fields, called: &mut HashSet<String>) -> Result<Message, BadRequest> {
    let role = fields.required_string("role")?;
    match role.as_str() {
        "system" | "developer" => Ok(Message::System { content: said(fields)? }),
        "user" => Ok(Message::User { content: said(fields)? }),
        "assistant" => {
            let message = assistant(fields)?;
            called.extend(message.tool_calls().map(|call| call.id.clone()));
            Ok(Message::Assistant(message))
        }
        "tool" => tool_result(fields, called),
        unknown => {
            let complaint =
                format!("is `{unknown}`; known are system, developer, user, assistant and tool");
            Err(bad(&fields.place_of("role"), &complaint))
        }
    }
}

/// Content that must be present, if only as an empty string.
fn said(fields: &mut Fields) -> Result<Vec<Part>, BadRequest> {
    parts::content(fields)?.ok_or_else(|| bad(&fields.place_of("content"), "is missing"))
}

fn assistant(fields: &mut Fields) -> Result<AssistantMessage, BadRequest> {
    if fields.holds("function_call") {
        return Err(bad(&fields.place_of("function_call"), "cannot be carried to this model"));
    }
    let mut members = Members {
        parts: Vec::new(),
        refusal: fields.string("refusal")?,
        thinking: thinking::take(fields)?,
        calls: tools::calls(fields)?,
    };
    let elements = parts::elements(fields)?;
    let is_silent = elements.is_none() && members == Members::default();
    if is_silent && let Some(text) = heard(fields) {
        members.parts.push(Part::from(PartContent::Text(text)));
    } else if is_silent {
        return Err(bad(&fields.place_of("content"), "is missing, and there are no `tool_calls`"));
    }
    let has_thinking = !members.thinking.is_empty();
    let mut place = After::default();
    for (element, _) in elements.into_iter().flatten() {
        match element {
            Element::Part(part) => {
                place.advance(part.text().unwrap_or_default());
                members.parts.push(part);
            }
            Element::Refusal(text) => members.refusal.get_or_insert_default().push_str(&text),
            // Next to `thinking_blocks` it is a duplicate.
            Element::Thinking(_) if has_thinking => {}
            Element::Thinking(block) => {
                let thought = thinking::block_of(block)?;
                members.thinking.extend(thought.map(|thought| (thought, Some(place))));
            }
        }
    }
    Ok(members.into_message())
}

/// The transcript of an answer that was only sound: no provider accepts the sound itself back, but
/// the turn must not be missing.
fn heard(message: &Fields) -> Option<String> {
    let audio = message.peek("audio")?.as_object()?;
    let transcript = audio.get("transcript").and_then(Value::as_str);
    let transcript = transcript.filter(|transcript| !transcript.trim().is_empty());
    Some(transcript.unwrap_or("(audio)").to_owned())
}

fn tool_result(fields: &mut Fields, called: &HashSet<String>) -> Result<Message, BadRequest> {
    let call_id = fields.required_string("tool_call_id")?;
    if !called.contains(&call_id) {
        let complaint = "names a call that no assistant message before it made";
        return Err(bad(&fields.place_of("tool_call_id"), complaint));
    }
    let is_error = fields.bool("is_error")?.unwrap_or(false);
    // Some clients send `null` for a tool result without output.
    let content = parts::content(fields)?.unwrap_or_default();
    Ok(Message::Tool { call_id, content, is_error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The error about the second message, and its path.
    fn refusal(message: &Value) -> String {
        let body = json!({"messages": [{"role": "user", "content": "hi"}, message]});
        let mut body = Fields::new(body, String::new()).unwrap();
        let bad = messages(&mut body).unwrap_err();
        format!("{} [{}]", bad.message, bad.param.unwrap_or_default())
    }

    fn with_call(call: &Value) -> Value {
        json!({"role": "assistant", "tool_calls": [call]})
    }

    #[test]
    fn bad_messages_are_refused_with_their_place() {
        let part =
            |part: Value| json!({"role": "user", "content": [{"type": "text", "text": "a"}, part]});
        for (message, expected) in [
            (
                json!({"role": "king", "content": "a"}),
                "`messages[1].role` is `king`; known are system, developer, user, assistant and tool [messages[1].role]",
            ),
            (json!({"role": "user"}), "`messages[1].content` is missing [messages[1].content]"),
            (
                json!({"role": "user", "content": 5}),
                "`messages[1].content` must be a string or a list of parts, not a number [messages[1].content]",
            ),
            (
                json!({"role": "user", "content": ["a"]}),
                "`messages[1].content[0]` must be an object, not a string [messages[1].content[0]]",
            ),
            (
                json!({"role": "assistant"}),
                "`messages[1].content` is missing, and there are no `tool_calls` [messages[1].content]",
            ),
            (
                json!({"role": "assistant", "content": "a", "function_call": {"name": "f"}}),
                "`messages[1].function_call` cannot be carried to this model [messages[1].function_call]",
            ),
            (
                part(json!({"text": "a"})),
                "`messages[1].content[1].type` is missing [messages[1].content[1].type]",
            ),
            (
                part(json!({"type": "text"})),
                "`messages[1].content[1].text` is missing [messages[1].content[1].text]",
            ),
            (
                part(json!({"type": "hologram"})),
                "`messages[1].content[1].type` is `hologram`; known are text, image_url, input_audio, audio_url, video_url and file [messages[1].content[1].type]",
            ),
            (
                part(json!({"type": "refusal", "refusal": "a"})),
                "`messages[1].content[1].type` belongs into a message of the assistant [messages[1].content[1].type]",
            ),
            (
                part(json!({"type": "image_url"})),
                "`messages[1].content[1].image_url` is missing [messages[1].content[1].image_url]",
            ),
            (
                part(json!({"type": "image_url", "image_url": {"url": "ftp://a"}})),
                "`messages[1].content[1].image_url` must be an http(s) URL or a data URL with base64 [messages[1].content[1].image_url]",
            ),
            (
                part(json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,?"}})),
                "`messages[1].content[1].image_url` is no base64: character 0 of the data is none of it [messages[1].content[1].image_url]",
            ),
            (
                part(json!({"type": "input_audio", "input_audio": {"data": "AAAA"}})),
                "`messages[1].content[1].input_audio.format` is missing [messages[1].content[1].input_audio.format]",
            ),
            (
                part(json!({"type": "file", "file": {"filename": "a"}})),
                "`messages[1].content[1].file` needs `file_data` or `file_id` [messages[1].content[1].file]",
            ),
            (
                json!({"role": "tool", "content": "a"}),
                "`messages[1].tool_call_id` is missing [messages[1].tool_call_id]",
            ),
            (
                json!({"role": "tool", "tool_call_id": "x", "content": "a"}),
                "`messages[1].tool_call_id` names a call that no assistant message before it made [messages[1].tool_call_id]",
            ),
        ] {
            assert_eq!(refusal(&message), expected, "{message}");
        }
    }

    #[test]
    fn bad_calls_are_refused_with_their_place() {
        let call = |call: Value| with_call(&call);
        let function = json!({"name": "f", "arguments": "{}"});
        for (message, expected) in [
            (
                call(json!({"function": function})),
                "`messages[1].tool_calls[0].id` is missing [messages[1].tool_calls[0].id]",
            ),
            (
                call(json!({"id": "", "function": function})),
                "`messages[1].tool_calls[0].id` is empty [messages[1].tool_calls[0].id]",
            ),
            (
                call(json!({"id": "a", "type": "custom"})),
                "`messages[1].tool_calls[0].type` is `custom`; only `function` can be translated [messages[1].tool_calls[0].type]",
            ),
            (
                json!({"role": "assistant", "tool_calls": [{"id": "a", "function": function}, {"id": "a", "function": function}]}),
                "`messages[1].tool_calls[1].id` stands twice in this message [messages[1].tool_calls[1].id]",
            ),
        ] {
            assert_eq!(refusal(&message), expected, "{message}");
        }
    }

    #[test]
    fn arguments_that_cannot_be_read_are_none_and_others_keep_their_spelling() {
        for (arguments, expected) in [
            (json!("{ \"a\": 1.50 }"), "{ \"a\": 1.50 }"),
            (json!({"a": 1}), "{\"a\":1}"),
            (json!("{\"a\":\"\\ud800\"}"), "{\"a\":\"\\ufffd\"}"),
            (json!("{\"a\":"), "{}"),
            (json!("[1]"), "{}"),
            (json!("null"), "{}"),
            (json!("\"{}\""), "{}"),
            (json!("{} {}"), "{}"),
            (json!("nonsense"), "{}"),
            (json!(" "), "{}"),
            (json!(null), "{}"),
            (json!(5), "{}"),
            (json!([{}]), "{}"),
        ] {
            let call = json!({"id": "a", "function": {"name": "f", "arguments": arguments}});
            let body = json!({"messages": [with_call(&call)]});
            let mut body = Fields::new(body, String::new()).unwrap();
            let (messages, _) = messages(&mut body).unwrap();
            let [Message::Assistant(message)] = messages.as_slice() else { panic!("one message") };
            assert_eq!(message.tool_calls().next().unwrap().arguments, expected, "{arguments}");
        }
    }
}
