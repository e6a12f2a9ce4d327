//! Error bodies of the OpenAI family, in the shapes of its providers.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialects::errors::UpstreamError;
use crate::dialects::json::RawObject;

/// The longest upstream message that is forwarded.
const MAX_MESSAGE: usize = 2_000;

/// Parses the body of an answer with an error status; a body of unknown shape is at least
/// described.
pub fn decode(body: &[u8]) -> UpstreamError {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let found = parsed.as_ref().and_then(|value| {
        let inner = value.get("error").filter(|inner| !inner.is_null()).unwrap_or(value);
        from_value(inner)
    });
    found.unwrap_or_else(|| UpstreamError { message: describe(body), code: None })
}

/// `X-RateLimit-Reset`, which OpenRouter repeats in the body of a 429: `error.metadata.headers`.
pub fn told_reset(body: &[u8]) -> Option<String> {
    let parsed: Value = serde_json::from_slice(body).ok()?;
    let headers = parsed.get("error")?.get("metadata")?.get("headers")?.as_object()?;
    let is_reset = |name: &str| name.eq_ignore_ascii_case("x-ratelimit-reset");
    match headers.iter().find(|(name, _)| is_reset(name))?.1 {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The error in a member `error`: `null`, an empty object and an empty text are none.
pub(super) fn error_in(raw: &RawValue) -> Option<UpstreamError> {
    of_member(&serde_json::from_str(raw.get()).ok()?)
}

/// The error that an answer in JSON reports in its member for that.
pub(in crate::dialects) fn error_of(answer: &RawObject<'_>) -> Option<UpstreamError> {
    answer.get("error").and_then(error_in)
}

fn of_member(value: &Value) -> Option<UpstreamError> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(code) if code.as_f64() == Some(0.0) => None,
        Value::Array(elements) if elements.is_empty() => None,
        Value::Object(members) if members.is_empty() => None,
        Value::String(text) if is_blank(text) => None,
        value => {
            Some(from_value(value).unwrap_or_else(|| UpstreamError {
                message: shorten(&value.to_string()),
                code: None,
            }))
        }
    }
}

/// The error of a body without an answer: `{"error":…}` in any shape, `{"object":"error",…}`, or a
/// bare message, usually with a code. A code that means success makes no error.
pub(in crate::dialects) fn instead_of_answer(body: &[u8]) -> Option<UpstreamError> {
    let parsed: Value = serde_json::from_slice(body).ok()?;
    // Gemini's stream without `alt=sse` is a JSON array.
    let value = parsed.as_array().and_then(|list| list.first()).unwrap_or(&parsed);
    let members = value.as_object()?;
    if let Some(error) = ["error", "errors"].iter().find_map(|name| of_member(members.get(*name)?))
    {
        return Some(error);
    }
    let says_error = ["object", "type", "status"]
        .iter()
        .any(|name| members.get(*name).and_then(Value::as_str).is_some_and(|text| text == "error"));
    let found = from_value(value);
    if says_error {
        let unread = || UpstreamError { message: shorten(&value.to_string()), code: None };
        return Some(found.unwrap_or_else(unread));
    }
    found.filter(|error| !matches!(error.code.as_deref(), Some("0" | "200" | "ok" | "success")))
}

fn from_value(value: &Value) -> Option<UpstreamError> {
    let said = |value: &Value| value.as_str().filter(|text| !is_blank(text)).map(shorten);
    if let Some(message) = said(value) {
        return Some(UpstreamError { message, code: None });
    }
    let first = value.as_array().and_then(|list| list.first());
    let value = first.unwrap_or(value);
    let names = ["message", "detail", "msg", "error_msg", "errorMessage"];
    let message = names.iter().find_map(|name| said(value.get(name)?))?;
    let code = match value.get("code") {
        Some(Value::String(code)) => Some(code.clone()),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => value.get("type").and_then(Value::as_str).map(str::to_owned),
    };
    Some(UpstreamError { message, code })
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn describe(body: &[u8]) -> String {
    match String::from_utf8_lossy(body).trim() {
        "" => String::from("an empty body"),
        page if page.starts_with('<') => String::from("an HTML page"),
        text => shorten(text),
    }
}

/// The part of an upstream's text that is forwarded.
pub(in crate::dialects) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reset_that_openrouter_repeats_is_found() {
        let body = |value: &str| {
            format!(
                r#"{{"error":{{"message":"m","code":429,"metadata":{{"headers":{{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":{value}}}}}}}}}"#
            )
        };
        for value in ["\"1795586460000\"", "1795586460000"] {
            assert_eq!(told_reset(body(value).as_bytes()).as_deref(), Some("1795586460000"));
        }
        for none in [body("null"), r#"{"error":{"message":"m"}}"#.into(), "<html>".into()] {
            assert_eq!(told_reset(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn what_stands_in_the_place_of_an_answer_is_told_apart() {
        for (body, expected) in [
            (r#"{"error":{"message":"m","code":429}}"#, Some(("m", Some("429")))),
            (r#"{"error":"m"}"#, Some(("m", None))),
            (r#"{"error":true,"why":"?"}"#, Some(("true", None))),
            (r#"[{"error":{"message":"m"}}]"#, Some(("m", None))),
            (r#"{"errors":[{"message":"m","code":7}]}"#, Some(("m", Some("7")))),
            (r#"{"object":"error","message":"m","code":400}"#, Some(("m", Some("400")))),
            (r#"{"object":"error"}"#, Some((r#"{"object":"error"}"#, None))),
            (r#"{"code":500,"message":"m"}"#, Some(("m", Some("500")))),
            (r#"{"code":"Throttling","msg":"m","success":false}"#, Some(("m", Some("Throttling")))),
            (r#"{"detail":"m"}"#, Some(("m", None))),
            (r#"{"error_code":17,"error_msg":"m"}"#, Some(("m", None))),
            (r#"{"code":200,"message":"fine"}"#, None),
            (r#"{"error":null,"object":"list"}"#, None),
            (r#"{"message":{"content":"hi"}}"#, None),
            (r#""m""#, None),
            ("<html>", None),
        ] {
            let found = instead_of_answer(body.as_bytes());
            let found = found.as_ref().map(|error| (error.message.as_str(), error.code.as_deref()));
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn the_shapes_of_error_bodies_are_read() {
        for (body, message, code) in [
            (
                r#"{"error":{"message":"bad","type":"invalid_request_error","code":null}}"#,
                "bad",
                Some("invalid_request_error"),
            ),
            (r#"{"error":{"message":"rate","code":"1302"}}"#, "rate", Some("1302")),
            (r#"{"error":{"message":"pay","code":402,"metadata":{}}}"#, "pay", Some("402")),
            (r#"{"error":"model not found"}"#, "model not found", None),
            (
                r#"{"object":"error","message":"vllm","type":"BadRequestError","code":400}"#,
                "vllm",
                Some("400"),
            ),
            (r#"{"detail":"Not Found"}"#, "Not Found", None),
            ("<html><body>502</body></html>", "an HTML page", None),
            ("", "an empty body", None),
            ("upstream connect error", "upstream connect error", None),
        ] {
            let expected = UpstreamError { message: message.into(), code: code.map(str::to_owned) };
            assert_eq!(decode(body.as_bytes()), expected, "{body}");
        }
    }
}
