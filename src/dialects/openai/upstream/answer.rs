//! Reads the record's facts from a whole answer. The bytes go to the client unchanged.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::choice::{Choice, Failed};
use super::error::{error_in, instead_of_answer, shorten};
use super::usage::{self, WireUsage};
use crate::dialects::errors::NoAnswer;
use crate::dialects::summary::Summary;

impl From<Failed> for NoAnswer {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Error(error) => Self::Error(error),
            Failed::GaveUp(why) => Self::GaveUp(why),
        }
    }
}

#[derive(Deserialize)]
struct WireAnswer<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default, deserialize_with = "usage::any")]
    usage: Option<WireUsage>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// # Errors
/// When the body is not a chat completion.
pub fn decode(body: &[u8]) -> Result<Summary, NoAnswer> {
    let malformed = |error| NoAnswer::malformed(body, "chat completion", &error);
    // Skipped fields are not validated here, but the client will parse them.
    let Ok(text) = std::str::from_utf8(body) else {
        return Err(NoAnswer::Malformed(String::from("answered what is no UTF-8")));
    };
    // Serde also accepts a struct as a list of its fields, a client does not.
    if text.trim_ascii_start().starts_with('[') {
        return Err(NoAnswer::Malformed(String::from("answered a list, no chat completion")));
    }
    let answer: WireAnswer<'_> = serde_json::from_str(text).map_err(malformed)?;
    if let Some(error) = answer.error.and_then(error_in) {
        return Err(NoAnswer::Error(error));
    }
    let Some(choices) = answer.choices else { return Err(NoAnswer::without(body, "choices")) };
    if choices.is_empty() {
        return Err(NoAnswer::empty(body, "choices"));
    }
    let has_content = choices.iter().any(Choice::has_content);
    if let Some(failed) = choices.iter().find_map(|choice| choice.failure(has_content)) {
        return Err(failed.into());
    }
    if choices.iter().any(|choice| choice.message.is_none()) {
        return Err(NoAnswer::without(body, "choices[].message"));
    }
    let finish_reason = choices.into_iter().next().and_then(|choice| choice.finish_reason);
    let usage = answer.usage.and_then(WireUsage::into_usage);
    let summary =
        Summary { usage, finish_reason, has_content, is_done: true, ..Summary::default() };
    Ok(summary.of_size(body))
}

impl NoAnswer {
    /// The fault of a body without the `member` that holds the answer.
    pub(in crate::dialects) fn without(body: &[u8], member: &str) -> Self {
        Self::no_content(body, format!("answered JSON without `{member}`"))
    }

    /// The fault of a body whose `member`, the list of answers, is empty.
    pub(in crate::dialects) fn empty(body: &[u8], member: &str) -> Self {
        Self::no_content(body, format!("answered JSON with empty `{member}`"))
    }

    fn no_content(body: &[u8], what: String) -> Self {
        instead_of_answer(body).map_or(Self::Malformed(what), Self::Error)
    }

    /// The fault of a body that could not be parsed as `expected`.
    pub(in crate::dialects) fn malformed(
        body: &[u8],
        expected: &str,
        error: &serde_json::Error,
    ) -> Self {
        Self::Malformed(match body.trim_ascii_start().first() {
            None => String::from("answered with an empty body"),
            Some(b'<') => String::from("answered HTML instead of JSON; is `base_url` right?"),
            Some(_) if error.is_eof() => {
                String::from("answered JSON that breaks off in the middle")
            }
            // The error may quote a value of any length.
            Some(_) => shorten(&format!("answered what is no {expected} ({error})")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::errors::UpstreamError;
    use crate::domain::chat::GaveUp;
    use crate::domain::usage::Usage;

    #[test]
    fn usage_and_finish_reason_are_found() {
        let body = br#"{"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"content":"hi"}}],
            "usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,
            "completion_tokens_details":{"reasoning_tokens":2}}}"#;
        let usage = Usage { prompt: 9, completion: 3, reasoning: 2, total: 12, ..Usage::default() };
        let expected = Summary {
            usage: Some(usage),
            finish_reason: Some("stop".into()),
            tokens: 57,
            has_content: true,
            has_ids: false,
            is_done: true,
        };
        assert_eq!(decode(body), Ok(expected));
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        for (body, expected) in [
            ("", "answered with an empty body"),
            ("<html>", "answered HTML instead of JSON; is `base_url` right?"),
            (r#"{"choices":[{"#, "answered JSON that breaks off in the middle"),
            (r#"{"object":"list"}"#, "answered JSON without `choices`"),
            (r#"{"choices":null}"#, "answered JSON without `choices`"),
            (r#"{"choices":[]}"#, "answered JSON with empty `choices`"),
            (r#"{"choices":[{"index":0}]}"#, "answered JSON without `choices[].message`"),
        ] {
            assert_eq!(
                decode(body.as_bytes()),
                Err(NoAnswer::Malformed(expected.into())),
                "{body}"
            );
        }
    }

    #[test]
    fn an_error_under_a_good_status_is_an_error() {
        for body in [
            r#"{"error":{"message":"no credits","code":402}}"#,
            r#"{"error":{"message":"no credits","code":402},"choices":[{"message":{"content":"a"}}]}"#,
            r#"{"object":"error","message":"no credits","code":402}"#,
            r#"{"object":"error","message":"no credits","code":402,"choices":[]}"#,
            r#"{"code":"402","message":"no credits"}"#,
            r#"{"choices":null,"code":402,"msg":"no credits"}"#,
            r#"{"choices":[{"message":{"content":"a"},"error":{"message":"no credits","code":402}}]}"#,
        ] {
            let error = UpstreamError { message: "no credits".into(), code: Some("402".into()) };
            assert_eq!(decode(body.as_bytes()), Err(NoAnswer::Error(error)), "{body}");
        }
    }

    #[test]
    fn a_model_that_gave_up_said_nothing() {
        let ended = |content: &str| {
            decode(format!(r#"{{"choices":[{{"message":{{"content":"{content}"}},"finish_reason":"of_tomorrow"}}]}}"#).as_bytes())
        };
        let why = GaveUp { reason: "of_tomorrow".into(), message: None };
        assert_eq!(ended(""), Err(NoAnswer::GaveUp(why)));
        assert_eq!(ended("a").unwrap().finish_reason.as_deref(), Some("of_tomorrow"));
    }
}
