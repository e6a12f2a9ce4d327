//! Converts the parameters beside input and tools. What steers only OpenAI's own service is left out
//! silently; it has no counterpart and changes no answer.

use std::borrow::Cow;

use super::findings::Findings;
use crate::dialects::json::fields::{object_of, present, text_of};
use crate::dialects::json::write::{Object, quoted};
use crate::dialects::json::{Kind, RawObject};

/// Members that have the same name and meaning in a chat; the last two are the router's own.
const SAME: [&str; 6] = ["temperature", "top_p", "prompt_cache_key", "user", "provider", "models"];

/// Members that are neither converted nor missed.
const SILENT: [&str; 12] = [
    "store",
    "include",
    "truncation",
    "client_metadata",
    "max_tool_calls",
    "service_tier",
    "metadata",
    "stream_options",
    "safety_identifier",
    "prompt_cache_retention",
    "context_management",
    "background",
];

/// Members that other files convert, or this one by another name.
const KNOWN: [&str; 14] = [
    "model",
    "input",
    "instructions",
    "previous_response_id",
    "stream",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "text",
    "max_output_tokens",
    "top_logprobs",
    "conversation",
    "prompt",
];

/// By which `include` asks for log probabilities.
const LOGPROBS: &str = "message.output_text.logprobs";

/// A schema must have a name in a chat.
const SCHEMA_NAME: &str = "answer";

const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

pub(super) fn convert(object: &RawObject<'_>, chat: &mut Object, findings: &mut Findings) {
    for name in SAME {
        if let Some(value) = present(object, name) {
            chat.raw(name, value.get());
        }
    }
    if let Some(most) = present(object, "max_output_tokens") {
        chat.raw("max_tokens", most.get());
    }
    if present(object, "stream").is_some_and(|stream| stream.get() == "true") {
        chat.raw("stream", "true").raw("stream_options", r#"{"include_usage":true}"#);
    }
    if includes(object, LOGPROBS) {
        chat.raw("logprobs", "true");
        if let Some(most) = present(object, "top_logprobs").filter(|most| most.get() != "0") {
            chat.raw("top_logprobs", most.get());
        }
    }
    if let Some(effort) = object_of(object, "reasoning").and_then(|it| effort(&it)) {
        chat.raw("reasoning_effort", &quoted(&effort));
    }
    let text = object_of(object, "text");
    if let Some(format) = text.as_ref().and_then(|text| object_of(text, "format")) {
        add_format(&format, chat);
    }
    if let Some(verbosity) = text.as_ref().and_then(|text| present(text, "verbosity")) {
        chat.raw("verbosity", verbosity.get());
    }
    for (name, value) in &object.members {
        let is_known = SAME.contains(&&**name) || KNOWN.contains(&&**name);
        if !is_known && !SILENT.contains(&&**name) && Kind::of(value) != Kind::Null {
            findings.leave_out(name);
        }
    }
    refuse_what_is_kept_elsewhere(object, findings);
}

/// One that other APIs know.
pub(super) fn effort<'a>(reasoning: &RawObject<'a>) -> Option<Cow<'a, str>> {
    text_of(reasoning, "effort").filter(|effort| EFFORTS.contains(&&**effort))
}

/// Whether the answer is to include this.
fn includes(object: &RawObject<'_>, name: &str) -> bool {
    let include = present(object, "include").map_or("", |include| include.get());
    let include: Vec<String> = serde_json::from_str(include).unwrap_or_default();
    include.iter().any(|asked| asked == name)
}

/// What only the servers of OpenAI can do with what they keep.
fn refuse_what_is_kept_elsewhere(object: &RawObject<'_>, findings: &mut Findings) {
    if present(object, "background").is_some_and(|value| value.get() == "true") {
        let complaint = "is not served for this model: wait for the answer, or stream it";
        findings.cannot_be_sent("background", complaint);
    }
    for (name, instead) in [
        ("conversation", "chain responses by `previous_response_id`, or send the whole `input`"),
        ("prompt", "send the text of the prompt as `instructions` and `input`"),
    ] {
        if present(object, name).is_some() {
            let complaint = format!("is kept at OpenAI and not known to this model; {instead}");
            findings.cannot_be_sent(name, &complaint);
        }
    }
}

fn add_format(format: &RawObject<'_>, chat: &mut Object) {
    match &*text_of(format, "type").unwrap_or_default() {
        "json_object" => {
            chat.raw("response_format", r#"{"type":"json_object"}"#);
        }
        "json_schema" => {
            let Some(schema) = present(format, "schema") else { return };
            let mut named = Object::default();
            let name = text_of(format, "name").filter(|name| !name.is_empty());
            named.text("name", name.as_deref().unwrap_or(SCHEMA_NAME));
            if let Some(description) = present(format, "description") {
                named.raw("description", description.get());
            }
            named.raw("schema", schema.get());
            if let Some(strict) = present(format, "strict") {
                named.raw("strict", strict.get());
            }
            let named = named.finish();
            let mut format = Object::default();
            format.text("type", "json_schema").raw("json_schema", &named);
            chat.raw("response_format", &format.finish());
        }
        _ => {}
    }
}
