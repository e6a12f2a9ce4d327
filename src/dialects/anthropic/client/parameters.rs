//! Converts the parameters beside messages and tools. What steers only Anthropic's own service is
//! left out silently; it has no counterpart and changes no answer.

use std::borrow::Cow;

use super::findings::Findings;
use crate::dialects::json::fields::{count, is_filled_list, object_of, present, text_of};
use crate::dialects::json::write::Object;
use crate::dialects::json::{Kind, RawObject};
use crate::domain::chat::Effort;

/// Members that have the same name and meaning in a chat; the last two are the router's own.
const SAME: [&str; 6] = ["max_tokens", "temperature", "top_p", "top_k", "provider", "models"];

/// Members that are neither converted nor missed.
const SILENT: [&str; 13] = [
    "betas",
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "fallback_credit_token",
    "inference_geo",
    "mcp_servers",
    "service_tier",
    "speed",
    "user_profile_id",
    "workspace_id",
    "output_format",
];

/// Members that other files convert, or this one by another name.
const KNOWN: [&str; 10] = [
    "model",
    "messages",
    "system",
    "stream",
    "stop_sequences",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "metadata",
];

/// A schema must have a name in a chat.
const SCHEMA_NAME: &str = "answer";

pub(super) fn convert(object: &RawObject<'_>, chat: &mut Object, findings: &mut Findings) {
    for name in SAME {
        if let Some(value) = present(object, name) {
            chat.raw(name, value.get());
        }
    }
    if present(object, "stream").is_some_and(|stream| stream.get() == "true") {
        chat.raw("stream", "true").raw("stream_options", r#"{"include_usage":true}"#);
    }
    let stops = present(object, "stop_sequences").map(|stops| stops.get());
    if let Some(stops) = stops.filter(|stops| is_filled_list(stops.as_bytes())) {
        chat.raw("stop", stops);
    }
    let metadata = object_of(object, "metadata");
    if let Some(user) = metadata.as_ref().and_then(|metadata| text_of(metadata, "user_id")) {
        chat.text("user", &user);
    }
    let config = object_of(object, "output_config");
    // The older spelling stands at the top level.
    let format = config.as_ref().and_then(|config| object_of(config, "format"));
    if let Some(format) = format.or_else(|| object_of(object, "output_format")) {
        add_schema(&format, chat);
    }
    add_effort(object_of(object, "thinking").as_ref(), config.as_ref(), chat);
    for (name, value) in &object.members {
        let is_known = SAME.contains(&&**name) || KNOWN.contains(&&**name);
        if !is_known && !SILENT.contains(&&**name) && Kind::of(value) != Kind::Null {
            findings.leave_out(name);
        }
    }
}

fn add_schema(format: &RawObject<'_>, chat: &mut Object) {
    let Some(schema) = present(format, "schema") else { return };
    let named = Object::default().text("name", SCHEMA_NAME).raw("schema", schema.get()).finish();
    let format = Object::default().text("type", "json_schema").raw("json_schema", &named).finish();
    chat.raw("response_format", &format);
}

/// `adaptive` leaves the effort to the model.
fn add_effort(thinking: Option<&RawObject<'_>>, config: Option<&RawObject<'_>>, chat: &mut Object) {
    if let Some(effort) = effort(thinking, config) {
        chat.text("reasoning_effort", &effort);
    }
    let kind = thinking.and_then(|thinking| text_of(thinking, "type"));
    let budget = thinking.and_then(budget).filter(|_| kind.as_deref() == Some("enabled"));
    if let Some(budget) = budget {
        let reasoning = Object::default().raw("max_tokens", &budget.to_string()).finish();
        chat.raw("reasoning", &reasoning);
    }
}

/// An effort, else what a budget or the switch comes to.
pub(super) fn effort<'a>(
    thinking: Option<&RawObject<'a>>,
    config: Option<&RawObject<'a>>,
) -> Option<Cow<'a, str>> {
    let kind = thinking.and_then(|thinking| text_of(thinking, "type"));
    if kind.as_deref() == Some("disabled") {
        return Some(Effort::None.as_str().into());
    }
    let effort = config.and_then(|config| text_of(config, "effort"));
    let is_known = |effort: &Cow<'_, str>| {
        ["low", "medium", "high", "xhigh", "max"].contains(&effort.as_ref())
    };
    let of_budget = || Some(Effort::of_budget(budget(thinking?)?).as_str().into());
    effort.filter(is_known).or_else(of_budget)
}

fn budget(thinking: &RawObject<'_>) -> Option<u64> {
    count(present(thinking, "budget_tokens")?.get().as_bytes())
}
