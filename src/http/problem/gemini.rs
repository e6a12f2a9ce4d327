//! A problem in the format of Google's APIs, with what else it says in `details`, where their SDKs
//! and agents look for it.

use serde_json::{Value, json};

use super::Problem;
use super::overflow::sizes;
use crate::domain::failure::ceil_secs;

/// Who says so, in an `ErrorInfo`.
const DOMAIN: &str = "llm-router";

pub(super) fn status(problem: &Problem) -> u16 {
    problem.vendor.as_ref().map_or(problem.status, |vendor| vendor.0)
}

pub(super) fn body(problem: &Problem) -> Value {
    if let Some(vendor) = &problem.vendor
        && let Ok(body) = serde_json::from_str(&vendor.1)
    {
        return body;
    }
    json!({"error": {
        "code": problem.status,
        "message": message(problem),
        "status": kind(problem.status),
        "details": details(problem),
    }})
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        402 | 429 => "RESOURCE_EXHAUSTED",
        405 => "UNIMPLEMENTED",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        499 => "CANCELLED",
        400..=499 => "INVALID_ARGUMENT",
        503 | 529 => "UNAVAILABLE",
        _ => "INTERNAL",
    }
}

fn message(problem: &Problem) -> String {
    if !problem.is_overflow() {
        return problem.message.clone();
    }
    match sizes(&problem.message) {
        Some((needs, has)) => format!(
            "The input token count ({needs}) exceeds the maximum number of tokens allowed ({has})."
        ),
        None => problem.message.clone(),
    }
}

fn details(problem: &Problem) -> Vec<Value> {
    let typed = |name: &str| format!("type.googleapis.com/google.rpc.{name}");
    let mut details = vec![json!({
        "@type": typed("ErrorInfo"),
        "reason": problem.code.to_ascii_uppercase(),
        "domain": DOMAIN,
        "metadata": {"code": problem.code},
    })];
    if let Some(param) = &problem.param {
        details.push(json!({
            "@type": typed("BadRequest"),
            "fieldViolations": [{"field": param, "description": problem.message}],
        }));
    }
    if let Some(wait) = problem.retry_after {
        let delay = format!("{}s", ceil_secs(wait));
        details.push(json!({"@type": typed("RetryInfo"), "retryDelay": delay}));
    } else if problem.is_lasting && matches!(problem.status, 402 | 429) {
        // By such a quota agents know that waiting for a minute does not help.
        details.push(json!({
            "@type": typed("QuotaFailure"),
            "violations": [{"quotaId": "BudgetPerDay", "description": problem.message}],
        }));
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_problem_is_told_as_google_tells_it() {
        let limited = Problem {
            retry_after: Some(Duration::from_millis(1500)),
            ..Problem::new(429, "rate_limit_exceeded", "wait")
        };
        let error = body(&limited)["error"].take();
        assert_eq!(error["code"], 429);
        assert_eq!(error["status"], "RESOURCE_EXHAUSTED");
        assert_eq!(error["details"][0]["reason"], "RATE_LIMIT_EXCEEDED");
        assert_eq!(error["details"][1]["retryDelay"], "2s");
        let spent = Problem { is_lasting: true, ..Problem::new(402, "budget_exceeded", "spent") };
        assert_eq!(body(&spent)["error"]["details"][1]["violations"][0]["quotaId"], "BudgetPerDay");
        let bad = Problem::new(400, "invalid_request", "no").at("contents[0]");
        let error = body(&bad)["error"].take();
        assert_eq!(error["status"], "INVALID_ARGUMENT");
        assert_eq!(error["details"][1]["fieldViolations"][0]["field"], "contents[0]");
    }

    #[test]
    fn an_overflow_has_both_numbers() {
        let said = "This model's maximum context length is 128,000 tokens, you sent 130000 tokens.";
        let problem = Problem::new(400, "context_length_exceeded", said);
        let expected =
            "The input token count (130000) exceeds the maximum number of tokens allowed (128000).";
        assert_eq!(body(&problem)["error"]["message"], expected);
    }
}
