//! One choice of an answer or of a chunk: its content, and whether it reports a failure.
//!
//! Source: OpenAI's reference for `finish_reason`; OpenRouter's (`error`), DeepSeek's
//! (`insufficient_system_resource`) and GLM's (`network_error`); vLLM's and SGLang's `abort`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{error_in, shorten};
use super::usage::{self, WireUsage};
use crate::dialects::errors::UpstreamError;
use crate::dialects::json::RawObject;
use crate::domain::chat::GaveUp;

/// The members that are read. Texts stay raw, because a chunk may end within an escaped character,
/// which does not decode as text.
#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub finish_reason: Option<String>,
    #[serde(borrow, default)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub delta: Option<&'a RawValue>,
    /// Of a text that is continued.
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    /// Older Kimi models report usage here.
    #[serde(default, deserialize_with = "usage::any")]
    pub usage: Option<WireUsage>,
}

/// The failure that a choice reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialects) enum Failed {
    /// The provider failed, whatever came before.
    Error(UpstreamError),
    /// The model gave up without content.
    GaveUp(GaveUp),
}

/// Finish reasons of a failed provider, not of a model.
const FAILED: &[&str] = &[
    "error",
    "abort",
    "aborted",
    "cancelled",
    "insufficient_system_resource",
    "internal_error",
    "network_error",
];

/// Finish reasons that an answer without content may have.
const ENDS: &[&str] = &[
    "stop",
    "length",
    "tool_calls",
    "function_call",
    "content_filter",
    // The same in the values of other providers.
    "complete",
    "end_turn",
    "eos",
    "eos_token",
    "max_tokens",
    "model_context_window_exceeded",
    "model_length",
    "repetition_truncation",
    "sensitive",
    "stop_sequence",
    "tool_use",
];

/// Members of a whole message that are not its answer.
const NO_ANSWER: &[&str] = &["role", "reasoning", "reasoning_content", "reasoning_details"];

impl Choice<'_> {
    /// Whether it has content for a reader. The role is none; thinking counts only in a stream,
    /// where it cannot be taken back any more.
    pub(super) fn has_content(&self) -> bool {
        self.delta.is_some_and(|delta| says_something(delta, &["role"]))
            || self.message.is_some_and(|message| says_something(message, NO_ANSWER))
            || self.continues()
    }

    /// Whether it has a piece of a text that is continued.
    pub(super) fn continues(&self) -> bool {
        self.text.is_some_and(|text| !matches!(text.get(), "null" | "\"\""))
    }

    /// `has_content`: whether this choice or an earlier one had content.
    pub(super) fn failure(&self, has_content: bool) -> Option<Failed> {
        if let Some(error) = self.error.and_then(error_in) {
            return Some(Failed::Error(error));
        }
        failure_of(self.finish_reason.as_deref()?, has_content)
    }
}

/// The error for a finish reason that reports a failure.
pub(in crate::dialects) fn failure_of(word: &str, has_content: bool) -> Option<Failed> {
    let is_one_of = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is_one_of(FAILED) {
        let reason = shorten(word);
        let message = format!("the answer ended with `finish_reason` `{reason}`");
        return Some(Failed::Error(UpstreamError { message, code: Some(reason) }));
    }
    let is_end = has_content || is_one_of(ENDS);
    (!is_end).then(|| Failed::GaveUp(GaveUp { reason: shorten(word), message: None }))
}

/// A value that is not an object counts as content: the router does not judge it.
fn says_something(message: &RawValue, beside: &[&str]) -> bool {
    RawObject::parse(message.get().as_bytes()).map_or(true, |message| {
        message.members.iter().any(|(name, value)| {
            !beside.contains(&name.as_ref())
                && !matches!(value.get(), "null" | "\"\"" | "[]" | "{}")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(json: &str) -> Choice<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_role_and_empty_members_are_no_content() {
        for (json, expected) in [
            (r#"{"delta":{"role":"assistant","content":""}}"#, false),
            (r#"{"delta":{"role":"assistant","content":null,"tool_calls":[],"audio":{}}}"#, false),
            (r#"{"delta":{}}"#, false),
            (r#"{"delta":null}"#, false),
            (r#"{"message":{"role":"assistant","content":""}}"#, false),
            (r#"{"delta":{"content":" "}}"#, true),
            (r#"{"delta":{"content":"\ud83c"}}"#, true),
            (r#"{"delta":{"reasoning_content":"a"}}"#, true),
            (r#"{"delta":{"tool_calls":[{"index":0}]}}"#, true),
            (r#"{"message":{"content":"a"}}"#, true),
            (r#"{"text":" once"}"#, true),
            (r#"{"text":"","index":0}"#, false),
            (r#"{"message":{"content":null,"reasoning_content":"a"}}"#, false),
        ] {
            assert_eq!(choice(json).has_content(), expected, "{json}");
        }
    }

    #[test]
    fn a_failure_is_told_apart_from_an_end() {
        let error = |message: &str, code: &str| {
            Some(Failed::Error(UpstreamError { message: message.into(), code: Some(code.into()) }))
        };
        let ended =
            |word: &str| error(&format!("the answer ended with `finish_reason` `{word}`"), word);
        let gave_up =
            |reason: &str| Some(Failed::GaveUp(GaveUp { reason: reason.into(), message: None }));
        for (json, has_content, expected) in [
            (
                r#"{"finish_reason":"error","error":{"code":502,"message":"oh"}}"#,
                true,
                error("oh", "502"),
            ),
            (
                r#"{"finish_reason":"stop","error":{"code":502,"message":"oh"}}"#,
                false,
                error("oh", "502"),
            ),
            (r#"{"finish_reason":"stop","error":null}"#, false, None),
            (r#"{"finish_reason":"stop","error":{}}"#, false, None),
            (r#"{"finish_reason":"error"}"#, true, ended("error")),
            (r#"{"finish_reason":"abort"}"#, true, ended("abort")),
            (
                r#"{"finish_reason":"insufficient_system_resource"}"#,
                false,
                ended("insufficient_system_resource"),
            ),
            (r#"{"finish_reason":"MAX_TOKENS"}"#, false, None),
            (r#"{"finish_reason":"content_filter"}"#, false, None),
            (r#"{"finish_reason":null}"#, false, None),
            (r#"{"finish_reason":"of_tomorrow"}"#, true, None),
            (r#"{"finish_reason":"of_tomorrow"}"#, false, gave_up("of_tomorrow")),
            (
                r#"{"finish_reason":"function_call_filter: MALFORMED_FUNCTION_CALL"}"#,
                false,
                gave_up("function_call_filter: MALFORMED_FUNCTION_CALL"),
            ),
        ] {
            assert_eq!(choice(json).failure(has_content), expected, "{json}");
        }
    }
}
