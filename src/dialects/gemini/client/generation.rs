//! Converts `generationConfig`.

use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::findings::{Findings, bad};
use super::members::{camel, member, object, text};
use super::schema;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::fields::is_filled_list;
use crate::dialects::json::write::Object;
use crate::dialects::json::{Kind, RawObject};
use crate::domain::chat::Effort;

/// Members of the same meaning: in a chat, and whether a whole number is asked for.
const SAME: [(&str, &str, bool); 9] = [
    ("temperature", "temperature", false),
    ("topP", "top_p", false),
    ("topK", "top_k", true),
    ("maxOutputTokens", "max_tokens", true),
    ("seed", "seed", true),
    ("presencePenalty", "presence_penalty", false),
    ("frequencyPenalty", "frequency_penalty", false),
    ("candidateCount", "n", true),
    ("logprobs", "top_logprobs", true),
];

/// Members that are converted below.
const OTHERS: [&str; 7] = [
    "stopSequences",
    "responseLogprobs",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "thinkingConfig",
    "responseModalities",
];

/// A schema must have a name in a chat.
const SCHEMA_NAME: &str = "answer";

pub(super) fn convert(
    config: &RawObject<'_>,
    chat: &mut Object,
    findings: &mut Findings,
) -> Result<(), BadRequest> {
    for (own, name, is_count) in SAME {
        let Some(value) = member(config, own) else { continue };
        let place = format!("generationConfig.{own}");
        let number = number_of(value, is_count).ok_or_else(|| bad(&place, "must be a number"))?;
        // One answer is what is made anyway; some upstreams do not know the parameter.
        if own != "candidateCount" || number.as_u64() != Some(1) {
            chat.raw(name, &number.to_string());
        }
    }
    if member(config, "responseLogprobs").is_some_and(|value| value.get() == "true") {
        chat.raw("logprobs", "true");
    }
    let stops = member(config, "stopSequences").map(|stops| stops.get());
    if let Some(stops) = stops.filter(|stops| is_filled_list(stops.as_bytes())) {
        chat.raw("stop", stops);
    }
    add_format(config, chat);
    add_effort(config, chat);
    let modalities = member(config, "responseModalities").map(|it| it.get().to_ascii_uppercase());
    if modalities.is_some_and(|names| names.contains("IMAGE") || names.contains("AUDIO")) {
        findings.leave_out("responseModalities");
    }
    for (name, value) in &config.members {
        let name = camel(name);
        let is_known = SAME.iter().any(|(own, ..)| *own == name) || OTHERS.contains(&name.as_str());
        if !is_known && Kind::of(value) != Kind::Null {
            findings.leave_out(&name);
        }
    }
    Ok(())
}

/// The number that a member is. `is_count`: `64.0` is 64.
pub(super) fn number_of(value: &RawValue, is_count: bool) -> Option<Number> {
    let number = number(value.get())?;
    Some(if is_count { whole(&number).unwrap_or(number) } else { number })
}

/// A number, also in a string, as protobuf's JSON takes it.
fn number(json: &str) -> Option<Number> {
    serde_json::from_str(json.trim_matches('"')).ok()
}

/// `64.0` as `64`.
fn whole(number: &Number) -> Option<Number> {
    if number.is_u64() || number.is_i64() {
        return None;
    }
    let text = number.to_string();
    let (digits, rest) = text.split_once('.')?;
    let is_whole = !rest.is_empty() && rest.bytes().all(|digit| digit == b'0');
    is_whole.then(|| serde_json::from_str(digits).ok()).flatten()
}

/// The schema of the answer.
pub(super) fn schema_of<'a>(config: &RawObject<'a>) -> Option<&'a RawValue> {
    let schema = ["responseJsonSchema", "responseSchema"].iter().find_map(|it| member(config, it));
    schema.filter(|schema| Kind::of(schema) == Kind::Object)
}

fn add_format(config: &RawObject<'_>, chat: &mut Object) {
    let schema =
        schema_of(config).and_then(|schema| serde_json::from_str::<Value>(schema.get()).ok());
    if let Some(mut schema) = schema {
        schema::to_json_schema(&mut schema);
        let schema = schema.to_string();
        let named = Object::default().text("name", SCHEMA_NAME).raw("schema", &schema).finish();
        let mut format = Object::default();
        format.text("type", "json_schema").raw("json_schema", &named);
        chat.raw("response_format", &format.finish());
    } else if text(config, "responseMimeType").as_deref() == Some("application/json") {
        chat.raw("response_format", r#"{"type":"json_object"}"#);
    }
}

/// A level, else what a budget comes to, and that. A negative budget leaves it to the model.
pub(super) fn asked_effort(config: &RawObject<'_>) -> Option<(Effort, Option<u64>)> {
    let thinking = object(config, "thinkingConfig")?;
    if let Some(level) = text(&thinking, "thinkingLevel").and_then(|level| effort(&level)) {
        return Some((level, None));
    }
    let budget = number_of(member(&thinking, "thinkingBudget")?, true)?.as_u64()?;
    Some((Effort::of_budget(budget), Some(budget)))
}

fn add_effort(config: &RawObject<'_>, chat: &mut Object) {
    let Some((effort, budget)) = asked_effort(config) else { return };
    chat.text("reasoning_effort", effort.as_str());
    if let Some(budget) = budget.filter(|budget| *budget > 0) {
        let reasoning = Object::default().raw("max_tokens", &budget.to_string()).finish();
        chat.raw("reasoning", &reasoning);
    }
}

pub(super) fn effort(level: &str) -> Option<Effort> {
    Some(match level.to_ascii_lowercase().as_str() {
        "none" | "off" => Effort::None,
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::Xhigh,
        "max" => Effort::Max,
        _ => return None,
    })
}
