//! Error bodies, and the delay before a retry: there is no `retry-after` header, `RetryInfo` gives
//! it.
//!
//! Source: Gemini API, "Troubleshooting"; Google's API errors, `google.rpc.Status` and
//! `error_details.proto`.

use std::time::Duration;

use serde_json::Value;

use crate::dialects::errors::UpstreamError;
use crate::dialects::openai;
use crate::domain::error_rule::{ErrorRule, Says};
use crate::domain::refusal::Refusal;

/// A bad key is a 400; only its reason distinguishes it from the client's mistakes.
const BAD_KEY: &str = "API_KEY_INVALID";

/// The router's own code.
const DAILY: &str = "RESOURCE_EXHAUSTED_PER_DAY";

/// Statuses and codes with a meaning of Gemini's own.
pub const RULES: &[ErrorRule] = &[
    ErrorRule {
        statuses: &[429],
        says: Says::Code(&["resource_exhausted_per_day"]),
        refusal: Refusal::Quota,
    },
    // "User location is not supported", "billing is not enabled".
    ErrorRule {
        statuses: &[400],
        says: Says::Code(&["failed_precondition"]),
        refusal: Refusal::Forbidden,
    },
];

/// The code is `error.status`, such as `RESOURCE_EXHAUSTED`, except for keys: there it is the
/// reason, such as `API_KEY_INVALID`. A daily quota is distinguished from one per minute, because a
/// retry after its delay would be in vain.
pub fn decode(status: u16, body: &[u8]) -> (UpstreamError, Option<Duration>) {
    match serde_json::from_slice::<Value>(body).ok().as_ref().and_then(error_in) {
        Some(error) if is_spent_for_today(error) => {
            (UpstreamError { code: Some(DAILY.to_owned()), ..of_member(error, Some(status)) }, None)
        }
        Some(error) => (of_member(error, Some(status)), retry_delay(error)),
        None => (openai::upstream::error::decode(body), None),
    }
}

/// The error in a member `error` of an answer or of a stream.
pub(super) fn of_value(error: &Value) -> UpstreamError {
    of_member(error, None)
}

/// An error in a body of any kind; without `alt=sse` a stream is a list.
pub(super) fn in_body(body: &[u8]) -> Option<UpstreamError> {
    let value: Value = serde_json::from_slice(body).ok()?;
    error_in(&value).map(of_value).or_else(|| openai::upstream::error::instead_of_answer(body))
}

/// The data of an event named `error`.
pub(super) fn in_event(data: &[u8]) -> UpstreamError {
    in_body(data).unwrap_or_else(|| openai::upstream::error::decode(data))
}

fn error_in(body: &Value) -> Option<&Value> {
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    body.get("error").filter(|error| !error.is_null())
}

fn of_member(error: &Value, status: Option<u16>) -> UpstreamError {
    let UpstreamError { message, code } =
        openai::upstream::error::decode(error.to_string().as_bytes());
    let text = |key: &str| error.get(key).and_then(Value::as_str);
    let reason = details(error)
        .filter_map(|detail| detail.get("reason")?.as_str())
        .find(|reason| reason.starts_with("API_KEY_"));
    let blames_key =
        message.starts_with("API key not valid") || message.starts_with("API key expired");
    let code = match reason {
        Some(reason) => Some(reason.to_owned()),
        None if blames_key && status.is_none_or(|status| status == 400) => Some(BAD_KEY.to_owned()),
        None => text("status").map(str::to_owned).or(code),
    };
    UpstreamError { message, code }
}

fn details(error: &Value) -> impl Iterator<Item = &Value> {
    error.get("details").and_then(Value::as_array).into_iter().flatten()
}

/// `QuotaFailure` names what was exceeded, such as `GenerateRequestsPerDayPerProjectPerModel`.
fn is_spent_for_today(error: &Value) -> bool {
    let violations = |detail: &Value| detail.get("violations").and_then(Value::as_array).cloned();
    let is_daily = |violation: &Value| {
        violation.get("quotaId").and_then(Value::as_str).is_some_and(|id| id.contains("PerDay"))
    };
    details(error).filter_map(violations).flatten().any(|violation| is_daily(&violation))
}

fn retry_delay(error: &Value) -> Option<Duration> {
    details(error).find_map(|detail| duration(detail.get("retryDelay")?.as_str()?))
}

/// `12s`, `0.5s`: `google.protobuf.Duration` in JSON.
fn duration(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: &[u8] = include_bytes!("../../../../tests/fixtures/gemini/error_rate.json");
    const KEY: &[u8] = include_bytes!("../../../../tests/fixtures/gemini/error_key.json");

    fn decoded(status: u16, body: &[u8]) -> (String, Option<String>, Option<Duration>) {
        let (error, delay) = decode(status, body);
        (error.message, error.code, delay)
    }

    #[test]
    fn a_rate_limit_gives_its_delay() {
        let (message, code, delay) = decoded(429, RATE);
        assert!(message.starts_with("You exceeded your current quota"), "{message}");
        assert_eq!(code.as_deref(), Some("RESOURCE_EXHAUSTED"));
        assert_eq!(delay, Some(Duration::from_millis(12_500)));
    }

    #[test]
    fn a_bad_key_is_told_apart_from_a_bad_request() {
        assert_eq!(decoded(400, KEY).1.as_deref(), Some("API_KEY_INVALID"));
        let bare = br#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#;
        assert_eq!(decoded(400, bare).1.as_deref(), Some("API_KEY_INVALID"));
        let other = br#"{"error":{"code":400,"message":"the text `API key not valid`","status":"INVALID_ARGUMENT"}}"#;
        assert_eq!(decoded(400, other).1.as_deref(), Some("INVALID_ARGUMENT"));
    }

    #[test]
    fn every_other_shape_still_gives_a_message() {
        for (body, message, code) in [
            (
                r#"[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]"#,
                "overloaded",
                Some("UNAVAILABLE"),
            ),
            (r#"{"error":{"code":500,"message":"odd"}}"#, "odd", Some("500")),
            (r#"{"error":"odd"}"#, "odd", None),
            ("<html>", "an HTML page", None),
            ("", "an empty body", None),
        ] {
            let expected = (message.to_owned(), code.map(str::to_owned), None);
            assert_eq!(decoded(503, body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn an_invalid_delay_is_ignored() {
        for text in ["-1s", "12", "NaNs", "1e400s", "s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
