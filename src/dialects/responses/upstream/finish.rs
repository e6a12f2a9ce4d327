//! The response around the output: id, model, status and usage.

use serde::Deserialize;
use serde_json::Number;
use serde_json::value::RawValue;

use super::usage::WireUsage;
use crate::dialects::errors::UpstreamError;
use crate::dialects::openai::upstream::error as family;
use crate::domain::chat::{FinishReason, GaveUp};

#[derive(Deserialize)]
pub(in crate::dialects::responses) struct Response<'a> {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub created_at: Option<Number>,
    #[serde(default)]
    pub model: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(default)]
    incomplete_details: Option<Incomplete>,
    #[serde(borrow, default)]
    pub output: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    pub usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Incomplete {
    #[serde(default)]
    reason: Option<String>,
}

impl Response<'_> {
    /// The error, if the response reports one.
    pub(in crate::dialects::responses) fn failure(&self) -> Option<UpstreamError> {
        let said = self.error.filter(|error| error.get() != "{}");
        let says_nothing = |message: &str| UpstreamError { message: message.into(), code: None };
        match (self.status.as_deref(), said) {
            (_, Some(error)) => {
                Some(family::decode(format!("{{\"error\":{}}}", error.get()).as_bytes()))
            }
            (Some("failed"), None) => Some(says_nothing("the response failed and says not why")),
            (Some("cancelled"), None) => Some(says_nothing("the response was cancelled")),
            _ => None,
        }
    }

    /// An answer cut off for an unknown reason still counts as cut off.
    pub(in crate::dialects::responses) fn reason(&self, has_calls: bool) -> FinishReason {
        let details = self.incomplete_details.as_ref();
        let reason = details.and_then(|details| details.reason.as_deref());
        let gave_up = |reason: &str| {
            FinishReason::GaveUp(GaveUp { reason: family::shorten(reason), message: None })
        };
        match (self.status.as_deref(), reason) {
            (_, Some("content_filter")) => FinishReason::ContentFilter,
            (_, Some("max_output_tokens" | "max_tokens" | "length"))
            | (Some("incomplete"), None) => FinishReason::Length,
            (_, Some(reason)) => gave_up(reason),
            (Some("completed" | "") | None, None) => FinishReason::Stop.with_calls(has_calls),
            (Some(status), None) => gave_up(status),
        }
    }

    /// Seconds since 1970.
    pub(in crate::dialects::responses) fn created(&self) -> Option<i64> {
        self.created_at.as_ref()?.as_i64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(json: &str) -> Response<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_ending_has_its_reason() {
        let gave_up =
            |reason: &str| FinishReason::GaveUp(GaveUp { reason: reason.into(), message: None });
        for (json, has_calls, expected) in [
            (r#"{"status":"completed"}"#, false, FinishReason::Stop),
            (r#"{"status":"completed","incomplete_details":null}"#, true, FinishReason::ToolCalls),
            (
                r#"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}"#,
                true,
                FinishReason::Length,
            ),
            (
                r#"{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}"#,
                false,
                FinishReason::ContentFilter,
            ),
            (r#"{"status":"incomplete"}"#, false, FinishReason::Length),
            (
                r#"{"status":"incomplete","incomplete_details":{"reason":"tool_limit"}}"#,
                true,
                gave_up("tool_limit"),
            ),
            (r#"{"status":"of_tomorrow"}"#, false, gave_up("of_tomorrow")),
            (r#"{}"#, false, FinishReason::Stop),
        ] {
            assert_eq!(response(json).reason(has_calls), expected, "{json}");
        }
    }

    #[test]
    fn every_failure_is_told() {
        for (json, expected) in [
            (
                r#"{"status":"failed","error":{"code":"server_error","message":"oh"}}"#,
                Some(("oh", Some("server_error"))),
            ),
            (r#"{"code":"400","error":"bad"}"#, Some(("bad", None))),
            (
                r#"{"status":"failed","error":null}"#,
                Some(("the response failed and says not why", None)),
            ),
            (r#"{"status":"cancelled"}"#, Some(("the response was cancelled", None))),
            (r#"{"status":"completed","error":null}"#, None),
            (r#"{"status":"completed","error":{}}"#, None),
        ] {
            let error = response(json).failure();
            let found = error.as_ref().map(|error| (error.message.as_str(), error.code.as_deref()));
            assert_eq!(found, expected, "{json}");
        }
    }
}
