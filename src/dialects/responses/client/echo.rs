//! What a response repeats of its request.

use crate::dialects::json::body::JsonBody;

/// The members of a request that its response repeats, in their order, and what stands for one that
/// is not there; `None` where it is left out.
const REPEATED: [(&str, Option<&str>); 20] = [
    ("background", Some("false")),
    ("instructions", Some("null")),
    ("max_output_tokens", Some("null")),
    ("max_tool_calls", Some("null")),
    ("metadata", Some("{}")),
    ("parallel_tool_calls", Some("true")),
    ("previous_response_id", Some("null")),
    ("prompt_cache_key", None),
    ("prompt_cache_retention", None),
    ("reasoning", Some(r#"{"effort":null,"summary":null}"#)),
    ("safety_identifier", None),
    ("service_tier", None),
    ("temperature", Some("null")),
    ("text", Some(r#"{"format":{"type":"text"}}"#)),
    ("tool_choice", Some(r#""auto""#)),
    ("tools", Some("[]")),
    ("top_logprobs", None),
    ("top_p", Some("null")),
    ("truncation", Some(r#""disabled""#)),
    ("user", None),
];

/// The members as JSON.
pub(super) fn repeated(body: &JsonBody) -> impl Iterator<Item = (&'static str, &str)> {
    REPEATED.into_iter().filter_map(|(name, otherwise)| {
        let sent = body.value_of(name).filter(|value| *value != b"null");
        let sent = sent.and_then(|value| std::str::from_utf8(value).ok());
        Some((name, sent.or(otherwise)?))
    })
}

/// Whether the client asks for sealed reasoning.
pub(super) fn wants_sealed(body: &JsonBody) -> bool {
    let include = body.value_of("include").unwrap_or_default();
    let include: Vec<String> = serde_json::from_slice(include).unwrap_or_default();
    include.iter().any(|name| name == "reasoning.encrypted_content")
}
