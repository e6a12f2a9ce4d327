//! What a response repeats of its request.

use super::input::unquoted;
use crate::dialects::json::fields::present;
use crate::dialects::json::{Kind, RawObject};

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

/// What a response repeats of its request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Echo {
    pub(super) members: Vec<(&'static str, String)>,
    /// The model as the client calls it.
    pub(super) model: String,
    /// Whether the client asks for sealed reasoning.
    pub(super) wants_sealed: bool,
    /// Whether the client asks that the response is kept.
    pub stores: bool,
}

impl Echo {
    pub(super) fn of(object: &RawObject<'_>) -> Self {
        let member = |(name, otherwise): (&'static str, Option<&str>)| {
            let value = present(object, name).map(|value| value.get()).or(otherwise)?;
            Some((name, value.to_owned()))
        };
        let include = present(object, "include").map_or("", |include| include.get());
        let include: Vec<String> = serde_json::from_str(include).unwrap_or_default();
        let model = present(object, "model").filter(|model| Kind::of(model) == Kind::String);
        Self {
            members: REPEATED.into_iter().filter_map(member).collect(),
            model: model.map(unquoted).unwrap_or_default(),
            wants_sealed: include.iter().any(|name| name == "reasoning.encrypted_content"),
            stores: present(object, "store").is_none_or(|store| store.get() == "true"),
        }
    }
}
