//! Error bodies: `{"type":"error","error":{"type","message"},"request_id"}`. The code is the
//! error's `type`, also where the error comes as an event of a stream.

use std::time::Duration;

use crate::dialects::errors::UpstreamError;
use crate::dialects::openai::upstream::error as family;
use crate::domain::error_rule::{ErrorRule, Says};
use crate::domain::refusal::Refusal;

/// Anthropic's own status for overload.
const OVERLOADED: u16 = 529;

/// Statuses and codes with a meaning of Anthropic's own.
pub const RULES: &[ErrorRule] = &[
    // Spent credit and the owner's spending limit are reported as 400s of the caller.
    ErrorRule {
        statuses: &[400],
        says: Says::Words(&["credit balance is too low"]),
        refusal: Refusal::Billing,
    },
    ErrorRule {
        statuses: &[400, 429],
        says: Says::Words(&["api usage limits", "spend limit"]),
        refusal: Refusal::Quota,
    },
];

/// The API gives the delay of a retry in its headers only, so no body carries one.
pub fn decode(status: u16, body: &[u8]) -> (UpstreamError, Option<Duration>) {
    let mut error = in_body(body);
    if error.code.is_none() && status == OVERLOADED {
        error.code = Some(String::from("overloaded_error"));
    }
    (error, None)
}

/// The shape is that of the OpenAI family with `type` instead of `code`; intermediate proxies
/// answer in the family's shape.
pub(super) fn in_body(body: &[u8]) -> UpstreamError {
    family::decode(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_error_is_read() {
        let golden = include_str!("../../../../tests/fixtures/anthropic/errors.json");
        let cases: Vec<serde_json::Value> = serde_json::from_str(golden).unwrap();
        assert_eq!(cases.len(), 11);
        for case in cases {
            let status = case["status"].as_u64().unwrap().try_into().unwrap();
            let (error, delay) = decode(status, case["body"].to_string().as_bytes());
            assert_eq!(error.code.as_deref(), case["body"]["error"]["type"].as_str());
            assert_eq!(Some(error.message.as_str()), case["body"]["error"]["message"].as_str());
            assert_eq!(delay, None);
        }
    }

    #[test]
    fn the_answer_of_a_proxy_is_reported() {
        let (error, _) = decode(529, b"<html>");
        assert_eq!(
            (error.message.as_str(), error.code.as_deref()),
            ("an HTML page", Some("overloaded_error"))
        );
        let (error, _) = decode(502, b"");
        assert_eq!((error.message.as_str(), error.code), ("an empty body", None));
    }
}
