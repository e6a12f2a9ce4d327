//! Decodes a whole answer.

use super::calls::Calls;
use super::document::{Document, finish_reason};
use crate::config::payload_mapping::{PayloadMapping, ResponsePointers};
use crate::dialects::errors::NoAnswer;
use crate::dialects::openai::upstream::choice::failure_of;
use crate::dialects::openai::upstream::error::instead_of_answer;
use crate::domain::chat::{AssistantMessage, Block, ChatAnswer, Choice, Delta, Thinking, ToolCall};

/// # Errors
/// When the body is an error, or neither text nor tool calls are found in it.
pub fn decode(body: &[u8], mapping: &PayloadMapping) -> Result<ChatAnswer, NoAnswer> {
    let document =
        Document::parse(body, &mapping.response).map_err(|error| malformed(body, &error))?;
    if let Some(error) = document.error() {
        return Err(NoAnswer::Error(error));
    }
    let text = document.answer_text();
    let tool_calls = tool_calls(body, &document)?;
    if text.is_none() && tool_calls.is_empty() {
        let error = instead_of_answer(body).map(NoAnswer::Error);
        return Err(error.unwrap_or_else(|| NoAnswer::Malformed(no_text(&mapping.response))));
    }
    let has_content = text.as_ref().is_some_and(|text| !text.is_empty()) || !tool_calls.is_empty();
    if let Some(failed) = document.finish_word().and_then(|word| failure_of(word, has_content)) {
        return Err(failed.into());
    }
    let reason = finish_reason(document.finish_word(), !tool_calls.is_empty());
    let thought = |text: &str| Thinking::Text { text: text.to_owned(), signature: None };
    let mut blocks = Vec::new();
    blocks.extend(document.reasoning().map(thought).map(Block::Thinking));
    blocks.extend(text.filter(|text| !text.is_empty()).map(Block::text));
    blocks.extend(tool_calls.into_iter().map(Block::ToolCall));
    let message = AssistantMessage { blocks };
    Ok(ChatAnswer {
        id: document.id(),
        created: None,
        model: document.model(),
        choices: vec![Choice { message, finish_reason: Some(reason), logprobs: None }],
        usage: document.usage(),
    })
}

fn tool_calls(body: &[u8], document: &Document<'_>) -> Result<Vec<ToolCall>, NoAnswer> {
    let mut calls = Calls::of(body);
    let mut deltas = Vec::new();
    for fragment in document.calls() {
        calls.take(fragment, &mut deltas);
    }
    if calls.lacks_a_name() {
        return Err(NoAnswer::Malformed(String::from("answered with a tool call without a name")));
    }
    let mut whole: Vec<ToolCall> = Vec::new();
    for delta in deltas {
        if let Delta::ToolCallBegin { id, name, .. } = delta {
            whole.push(ToolCall { id, name, arguments: String::new(), signature: None });
        } else if let Delta::ToolCallArguments { index, fragment, .. } = delta
            && let Some(call) = usize::try_from(index).ok().and_then(|at| whole.get_mut(at))
        {
            call.arguments.push_str(&fragment);
        }
    }
    for call in &mut whole {
        if call.arguments.trim_ascii().is_empty() {
            call.arguments = String::from("{}");
        }
    }
    Ok(whole)
}

fn no_text(places: &ResponsePointers) -> String {
    match &places.text {
        None => String::from(
            "answered JSON without text in any of the usual places: set `settings.response.text` to the JSON pointer of the text, such as `/data/reply`",
        ),
        Some(place) => format!(
            "answered JSON without text at `{place}`: set `settings.response.text` to the JSON pointer of the text"
        ),
    }
}

fn malformed(body: &[u8], error: &serde_json::Error) -> NoAnswer {
    NoAnswer::Malformed(match body.trim_ascii_start().first() {
        None => String::from("answered with an empty body"),
        Some(b'<') => String::from("answered HTML instead of JSON; is `base_url` right?"),
        Some(_) if error.is_eof() => String::from("answered JSON that breaks off in the middle"),
        Some(_) => format!("answered what is no JSON ({error})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::errors::UpstreamError;
    use crate::domain::chat::{FinishReason, GaveUp};
    use serde_json::json;

    fn with(response: serde_json::Value) -> PayloadMapping {
        serde_json::from_value(json!({"response": response})).unwrap()
    }

    fn text(body: &str, mapping: &PayloadMapping) -> Result<String, NoAnswer> {
        let message = decode(body.as_bytes(), mapping)?.choices.remove(0).message;
        Ok(message.text())
    }

    #[test]
    fn answers_are_read() {
        for (body, expected) in [
            (
                include_str!("../../../../tests/fixtures/plain/router_answer.json"),
                include_str!("../../../../tests/fixtures/plain/router_answer.txt"),
            ),
            (
                include_str!("../../../../tests/fixtures/plain/openai_answer.json"),
                include_str!("../../../../tests/fixtures/plain/openai_answer.txt"),
            ),
        ] {
            let answer = decode(body.as_bytes(), &PayloadMapping::default()).unwrap();
            assert_eq!(format!("{answer:#?}\n"), expected);
        }
    }

    #[test]
    fn text_is_found_where_services_put_it() {
        for body in [
            r#"{"output_text":"hi","text":"no"}"#,
            r#"{"text":"hi","content":"no"}"#,
            r#"{"content":[{"type":"text","text":"h"},{"type":"image"},{"type":"text","text":"i"}]}"#,
            r#"{"text":null,"response":"hi"}"#,
            r#"{"generated_text":"hi"}"#,
            r#"{"answer":"hi"}"#,
            r#"{"result":"hi"}"#,
            r#"{"result":{"status":1},"output":"hi"}"#,
            r#"{"completion":"hi"}"#,
            r#"{"message":{"content":"hi"}}"#,
            r#"{"choices":[{"message":{"content":"hi"}}]}"#,
            r#"{"choices":[{"text":"hi"}]}"#,
            r#"[{"generated_text":"hi"}]"#,
            r#""hi""#,
        ] {
            assert_eq!(text(body, &PayloadMapping::default()), Ok("hi".into()), "{body}");
        }
        let own = with(json!({"text": "/data/0/re~1ply"}));
        assert_eq!(text(r#"{"text":"no","data":[{"re/ply":"hi"}]}"#, &own), Ok("hi".into()));
        assert_eq!(text(r#"{"text":""}"#, &PayloadMapping::default()), Ok(String::new()));
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        let own = with(json!({"text": "/reply", "error": "/status/problem"}));
        let nowhere = "answered JSON without text in any of the usual places: set `settings.response.text` to the JSON pointer of the text, such as `/data/reply`";
        let not_there = "answered JSON without text at `/reply`: set `settings.response.text` to the JSON pointer of the text";
        for (body, mapping, expected) in [
            ("", &PayloadMapping::default(), "answered with an empty body"),
            ("<html>", &own, "answered HTML instead of JSON; is `base_url` right?"),
            (r#"{"text":"#, &own, "answered JSON that breaks off in the middle"),
            ("hi", &own, "answered what is no JSON (expected value at line 1 column 1)"),
            (r#"{"reply":"hi"}"#, &PayloadMapping::default(), nowhere),
            (r#"{"text":"hi"}"#, &own, not_there),
            (r#"{"reply":{"text":"hi"}}"#, &own, not_there),
            ("5", &PayloadMapping::default(), nowhere),
            (
                r#"{"tool_calls":[{"function":{"arguments":"{}"}}]}"#,
                &own,
                "answered with a tool call without a name",
            ),
        ] {
            let expected = Err(NoAnswer::Malformed(expected.into()));
            assert_eq!(decode(body.as_bytes(), mapping), expected, "{body}");
        }
        for (body, message, code) in [
            (r#"{"error":"no room","reply":"x"}"#, "no room", None),
            (r#"{"error":{"message":"no room","code":7}}"#, "no room", Some("7")),
            (r#"{"error":{"detail":"no room","code":"busy"}}"#, "no room", Some("busy")),
            (r#"{"error":true,"why":"?"}"#, r#"{"error":true,"why":"?"}"#, None),
            (r#"{"reply":"x","status":{"problem":"no room"}}"#, "no room", None),
        ] {
            let error = UpstreamError { message: message.into(), code: code.map(str::to_owned) };
            assert_eq!(decode(body.as_bytes(), &own), Err(NoAnswer::Error(error)), "{body}");
        }
        for empty in ["null", "false", "0", "\"\"", "{}", "[]"] {
            let body = format!(r#"{{"reply":"hi","error":{empty}}}"#);
            assert_eq!(text(&body, &own), Ok("hi".into()), "{body}");
        }
    }

    #[test]
    fn the_finish_reason_is_mapped_to_openais() {
        let call = r#","tool_calls":[{"function":{"name":"f"}}]"#;
        for (end, expected) in [
            (String::new(), FinishReason::Stop),
            (r#","finish_reason":"length""#.into(), FinishReason::Length),
            (r#","finish_reason":null,"stop_reason":"MAX_TOKENS""#.into(), FinishReason::Length),
            (r#","stop_reason":"tool_use""#.into(), FinishReason::ToolCalls),
            (
                r#","choices":[{"finish_reason":"content_filter"}]"#.into(),
                FinishReason::ContentFilter,
            ),
            (r#","finish_reason":"eos_token""#.into(), FinishReason::Stop),
            (r#","finish_reason":"length","why":"stop""#.into(), FinishReason::Stop),
            (call.into(), FinishReason::ToolCalls),
            (format!(r#"{call},"finish_reason":"stop""#), FinishReason::ToolCalls),
        ] {
            let body = format!(r#"{{"text":"hi"{end}}}"#);
            let answer = decode(body.as_bytes(), &with(json!({"finish_reason": "/why"}))).unwrap();
            assert_eq!(answer.choices[0].finish_reason, Some(expected), "{body}");
        }
        let ended = |text: &str, word: &str| {
            let body = format!(r#"{{"text":"{text}","finish_reason":"{word}"}}"#);
            decode(body.as_bytes(), &PayloadMapping::default()).map(|_| ())
        };
        let why = GaveUp { reason: "of_tomorrow".into(), message: None };
        assert_eq!(ended("", "of_tomorrow"), Err(NoAnswer::GaveUp(why)));
        assert_eq!(ended("hi", "of_tomorrow"), Ok(()));
        for text in ["", "hi"] {
            assert!(matches!(ended(text, "error"), Err(NoAnswer::Error(_))), "{text}");
        }
    }
}
