//! A problem in the format of Anthropic's API, whose clients go by its words.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::Problem;
use super::overflow::sizes;

/// Anthropic's own status for overload.
const OVERLOADED: u16 = 529;

pub(super) fn status(problem: &Problem) -> StatusCode {
    let status = match (&problem.vendor, problem.code) {
        (Some(vendor), _) => vendor.0,
        (None, "upstream_overloaded") => OVERLOADED,
        (None, _) => problem.status,
    };
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

pub(super) fn body(problem: &Problem, request_id: &str) -> Value {
    if let Some(vendor) = &problem.vendor
        && let Ok(body) = serde_json::from_str(&vendor.1)
    {
        return body;
    }
    let mut error = json!({
        "type": kind(status(problem).as_u16()),
        "message": message(problem),
        "code": problem.code,
    });
    if let (Some(param), Some(members)) = (&problem.param, error.as_object_mut()) {
        members.insert(String::from("param"), Value::from(param.as_str()));
    }
    json!({"type": "error", "error": error, "request_id": request_id})
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        504 => "timeout_error",
        503 | OVERLOADED => "overloaded_error",
        _ => "api_error",
    }
}

/// An agent shortens its conversation by these words alone.
fn message(problem: &Problem) -> String {
    if !problem.is_overflow() || problem.message.starts_with("prompt is too long") {
        return problem.message.clone();
    }
    match sizes(&problem.message) {
        Some((needs, has)) => format!("prompt is too long: {needs} tokens > {has} maximum"),
        None => format!("prompt is too long: {}", problem.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overflow_is_told_in_anthropics_words() {
        for (said, expected) in [
            (
                "provider `up`: answered 400: This model's maximum context length is 128,000 tokens. However, your messages resulted in 130000 tokens.",
                "prompt is too long: 130000 tokens > 128000 maximum",
            ),
            (
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                "prompt is too long: 1200000 tokens > 1048576 maximum",
            ),
            (
                "it exceeds the context window of gpt-5",
                "prompt is too long: it exceeds the context window of gpt-5",
            ),
            (
                "prompt is too long: 5000 tokens > 4000 maximum",
                "prompt is too long: 5000 tokens > 4000 maximum",
            ),
        ] {
            let problem = Problem::new(400, "context_length_exceeded", said);
            assert_eq!(message(&problem), expected);
        }
        let other = Problem::new(400, "invalid_request", "5000 is more than 4000");
        assert_eq!(message(&other), "5000 is more than 4000");
    }
}
