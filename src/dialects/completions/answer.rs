//! A whole answer: of this API as it came, or made of a chat's.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::dialects::errors::NoAnswer;
use crate::dialects::forwarded;
use crate::dialects::summary::Summary;

/// The facts for the record.
///
/// # Errors
/// When the body is no answer, or reports an error.
pub fn answer(body: &[u8]) -> Result<Summary, NoAnswer> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        choices: Vec<Choice<'a>>,
    }
    #[derive(Deserialize)]
    struct Choice<'a> {
        #[serde(borrow, default)]
        finish_reason: Option<Cow<'a, str>>,
    }
    let summary = forwarded::answer(body)?;
    let answer: Answer<'_> = serde_json::from_slice(body)
        .map_err(|error| NoAnswer::malformed(body, "text completion", &error))?;
    let Some(first) = answer.choices.into_iter().next() else {
        return Err(NoAnswer::empty(body, "choices"));
    };
    let finish_reason = first.finish_reason.map(Cow::into_owned);
    Ok(Summary { finish_reason, ..summary }.of_size(body))
}

/// What is read of a chat's answer, or of a chunk of its stream.
#[derive(Deserialize)]
pub(super) struct ChatAnswer<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(default)]
    created: Option<i64>,
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    choices: Option<Vec<ChatChoice<'a>>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ChatChoice<'a> {
    #[serde(default)]
    index: u64,
    #[serde(borrow, default, alias = "delta")]
    message: Option<ChatMessage<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ChatMessage<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
pub(super) struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Choice<'a> {
    text: &'a str,
    index: u64,
    logprobs: Option<()>,
    finish_reason: Option<&'a str>,
}

impl ChatAnswer<'_> {
    pub(super) fn completion(&self) -> Completion<'_> {
        let choices = self.choices.iter().flatten().map(|choice| {
            let content = choice.message.as_ref().and_then(|message| message.content.as_deref());
            Choice {
                text: content.unwrap_or_default(),
                index: choice.index,
                logprobs: None,
                finish_reason: choice.finish_reason.as_deref(),
            }
        });
        Completion {
            id: self.id.as_deref().unwrap_or_default(),
            object: "text_completion",
            created: self.created.unwrap_or_default(),
            model: self.model.as_deref().unwrap_or_default(),
            choices: choices.collect(),
            usage: self.usage.filter(|usage| usage.get() != "null"),
        }
    }

    /// Whether a chunk has something that this API has a place for.
    pub(super) fn says_something(&self) -> bool {
        let is_empty = |choice: &ChatChoice<'_>| {
            let message = choice.message.as_ref();
            let content = message.and_then(|message| message.content.as_deref());
            choice.finish_reason.is_none() && content.unwrap_or_default().is_empty()
        };
        let choices = self.choices.as_deref().unwrap_or_default();
        let has_usage = self.usage.is_some_and(|usage| usage.get() != "null");
        choices.iter().any(|choice| !is_empty(choice)) || (choices.is_empty() && has_usage)
    }
}

/// The answer of a chat as one of this API.
pub fn of_chat(body: &Bytes) -> Bytes {
    let Ok(chat) = serde_json::from_slice::<ChatAnswer<'_>>(body) else { return body.clone() };
    serde_json::to_vec(&chat.completion()).map_or_else(|_| body.clone(), Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_chats_answer_becomes_one_of_this_api() {
        let chat = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 5, "model": "m",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "upon \"a\""}, "finish_reason": "stop"},
                {"index": 1, "message": {"role": "assistant", "content": null}, "finish_reason": "length"},
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "x": 1.5},
        });
        let completion = of_chat(&Bytes::from(chat.to_string()));
        let completion: Value = serde_json::from_slice(&completion).unwrap();
        assert_eq!(
            completion,
            json!({
                "id": "chatcmpl-1", "object": "text_completion", "created": 5, "model": "m",
                "choices": [
                    {"text": "upon \"a\"", "index": 0, "logprobs": null, "finish_reason": "stop"},
                    {"text": "", "index": 1, "logprobs": null, "finish_reason": "length"},
                ],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "x": 1.5},
            })
        );
    }

    #[test]
    fn an_answer_of_this_api_is_read_for_the_record() {
        let body = br#"{"id":"c","choices":[{"text":"a","index":0,"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}"#;
        let summary = answer(body).unwrap();
        let usage = summary.usage.unwrap();
        assert_eq!((usage.prompt, usage.completion), (5, 7));
        assert_eq!(summary.finish_reason.as_deref(), Some("length"));
        for none in [r#"{"choices":[]}"#, r#"{"id":"c"}"#, "no json"] {
            assert!(matches!(answer(none.as_bytes()), Err(NoAnswer::Malformed(_))), "{none}");
        }
        let error = answer(br#"{"error":{"message":"no"}}"#);
        assert!(matches!(error, Err(NoAnswer::Error(error)) if error.message == "no"));
    }
}
