//! Decodes a whole answer.

use serde_json::json;

use super::wire::{Ids, Line};
use crate::dialects::errors::NoAnswer;
use crate::domain::chat::{AssistantMessage, Block, ChatAnswer, Choice, Thinking, ToolCall};

/// # Errors
/// When the body is no answer.
pub fn decode(body: &[u8]) -> Result<ChatAnswer, NoAnswer> {
    let mut line: Line = serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    if let Some(error) = line.error(body) {
        return Err(NoAnswer::Error(error));
    }
    let Some(said) = line.take_message() else {
        return Err(NoAnswer::without(body, "message"));
    };
    let mut ids = Ids::of(body);
    let mut blocks = Vec::new();
    if let Some(text) = said.thinking.filter(|text| !text.is_empty()) {
        blocks.push(Block::Thinking(Thinking::Text { text, signature: None }));
    }
    blocks.extend(said.content.filter(|text| !text.is_empty()).map(Block::text));
    for call in said.tool_calls.into_iter().flatten() {
        let (id, arguments) = (ids.give(&call), call.function.arguments());
        let name = call.function.name;
        blocks.push(Block::ToolCall(ToolCall { id, name, arguments, signature: None }));
    }
    let message = AssistantMessage { blocks };
    let finish_reason = line.is_done().then(|| line.finish_reason(message.has_tool_calls()));
    let usage = line.usage();
    let logprobs = line.take_logprobs().map(|logprobs| json!({"content": logprobs}));
    Ok(ChatAnswer {
        id: ids.answer(),
        created: None,
        model: line.model.unwrap_or_default(),
        choices: vec![Choice { message, finish_reason, logprobs }],
        usage,
    })
}

fn malformed(body: &[u8], error: &serde_json::Error) -> NoAnswer {
    NoAnswer::malformed(body, "chat answer", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::errors::UpstreamError;
    use crate::domain::chat::{FinishReason, GaveUp};
    use crate::domain::usage::Usage;

    #[test]
    fn every_field_is_read() {
        let body = include_str!("../../../../tests/fixtures/ollama/answer.json");
        let answer = decode(body.trim_end().as_bytes()).unwrap();
        let expected = include_str!("../../../../tests/fixtures/ollama/answer.txt");
        assert_eq!(format!("{answer:#?}\n"), expected);
    }

    #[test]
    fn what_ended_it_and_what_it_took() {
        let usage = |prompt, completion| {
            Some(Usage { prompt, completion, total: prompt + completion, ..Usage::default() })
        };
        let gave_up = |reason: &str| {
            Some(FinishReason::GaveUp(GaveUp { reason: reason.into(), message: None }))
        };
        for (end, reason, expected) in [
            (
                r#""done":true,"done_reason":"stop","eval_count":3"#,
                Some(FinishReason::Stop),
                usage(0, 3),
            ),
            (
                r#""done":true,"done_reason":"length","prompt_eval_count":2,"eval_count":3"#,
                Some(FinishReason::Length),
                usage(2, 3),
            ),
            (r#""done":true"#, Some(FinishReason::Stop), None),
            (r#""done":true,"done_reason":"load""#, gave_up("load"), None),
            (
                r#""done":true,"done_reason":"new","prompt_eval_count":2"#,
                gave_up("new"),
                usage(2, 0),
            ),
            (r#""done":false"#, None, None),
        ] {
            let body = format!(r#"{{"model":"m","message":{{"content":"hi"}},{end}}}"#);
            let answer = decode(body.as_bytes()).unwrap();
            assert_eq!(
                (answer.choices[0].finish_reason.clone(), answer.usage),
                (reason, expected),
                "{end}"
            );
        }
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        for (body, expected) in [
            ("", "answered with an empty body"),
            ("<html>", "answered HTML instead of JSON; is `base_url` right?"),
            (r#"{"message":{"#, "answered JSON that breaks off in the middle"),
            (r#"{"status":"pulling"}"#, "answered JSON without `message`"),
        ] {
            assert_eq!(
                decode(body.as_bytes()),
                Err(NoAnswer::Malformed(expected.into())),
                "{body}"
            );
        }
        let error = UpstreamError { message: "no room".into(), code: None };
        assert_eq!(decode(br#"{"error":"no room"}"#), Err(NoAnswer::Error(error)));
    }

    #[test]
    fn calls_of_two_answers_have_different_ids() {
        let id = |time: &str| {
            let body = format!(
                r#"{{"created_at":"{time}","message":{{"tool_calls":[{{"function":{{"name":"f"}}}}]}},"done":true}}"#
            );
            decode(body.as_bytes()).unwrap().choices[0]
                .message
                .tool_calls()
                .next()
                .unwrap()
                .id
                .clone()
        };
        assert_eq!(id("a"), id("a"));
        assert_ne!(id("a"), id("b"));
    }
}
