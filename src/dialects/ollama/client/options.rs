//! Converts the parameters beside the conversation. What steers only a server of Ollama's is left out
//! silently; it has no counterpart and changes no answer.

use serde_json::value::RawValue;

use super::findings::Findings;
use super::wire::Shape;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::fields::{count, filled_string, is_filled_list, object_of, present};
use crate::dialects::json::known;
use crate::dialects::json::write::{Object, list, quoted};
use crate::dialects::json::{Kind, RawObject};
use crate::domain::chat::Effort;

/// Options that have the same name and meaning in a chat.
pub(super) const SAME: [&str; 6] =
    ["temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty"];

/// Options of the server that runs the model.
const OF_RUNNER: [&str; 15] = [
    "draft_num_predict",
    "f16_kv",
    "logits_all",
    "low_vram",
    "main_gpu",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_thread",
    "numa",
    "use_mlock",
    "use_mmap",
    "vocab_only",
    "embedding_only",
];

/// Members that are converted elsewhere, or steer only the server.
const KNOWN: [&str; 20] = [
    "model",
    "messages",
    "prompt",
    "suffix",
    "system",
    "template",
    "context",
    "raw",
    "images",
    "stream",
    "tools",
    "format",
    "think",
    "options",
    "keep_alive",
    "logprobs",
    "top_logprobs",
    "provider",
    "models",
    "truncate",
];

/// A schema must have a name in a chat.
const SCHEMA_NAME: &str = "answer";

pub(super) fn convert(
    object: &RawObject<'_>,
    shape: Shape,
    chat: &mut Object,
    findings: &mut Findings,
) -> Result<(), BadRequest> {
    if present(object, "stream").is_none_or(|stream| stream.get() == "true") {
        chat.raw("stream", "true").raw("stream_options", r#"{"include_usage":true}"#);
    }
    for name in ["logprobs", "top_logprobs", "provider", "models"] {
        if let Some(value) = present(object, name) {
            chat.raw(name, value.get());
        }
    }
    if let Some(tools) = present(object, "tools").filter(|_| shape == Shape::Chat) {
        add_tools(tools, chat, findings);
    }
    if let Some(format) = present(object, "format") {
        add_format(format, chat, findings);
    }
    if let Some(effort) = present(object, "think").and_then(effort) {
        chat.raw("reasoning_effort", &quoted(&effort));
    }
    if let Some(options) = object_of(object, "options") {
        add_options(&options, chat, findings)?;
    }
    for (name, value) in &object.members {
        if !KNOWN.contains(&&**name) && Kind::of(value) != Kind::Null {
            findings.leave_out(name);
        }
    }
    Ok(())
}

/// They have OpenAI's form.
fn add_tools(tools: &RawValue, chat: &mut Object, findings: &mut Findings) {
    let all = known::elements(tools).unwrap_or_default();
    let mut kept = Vec::with_capacity(all.len());
    for tool in all {
        let function = RawObject::of(tool).ok();
        let function = function.as_ref().and_then(|tool| present(tool, "function"));
        match function.filter(|function| Kind::of(function) == Kind::Object) {
            // Clients leave out the type, or write another one.
            Some(function) => {
                let mut tool = Object::default();
                kept.push(tool.text("type", "function").raw("function", function.get()).finish());
            }
            None => findings.leave_out("tools"),
        }
    }
    if !kept.is_empty() {
        chat.raw("tools", &list(&kept));
    }
}

fn add_format(format: &RawValue, chat: &mut Object, findings: &mut Findings) {
    if Kind::of(format) == Kind::Object {
        let named =
            Object::default().text("name", SCHEMA_NAME).raw("schema", format.get()).finish();
        let format =
            Object::default().text("type", "json_schema").raw("json_schema", &named).finish();
        chat.raw("response_format", &format);
        return;
    }
    match filled_string(format.get().as_bytes()).as_deref() {
        Some("json") => {
            chat.raw("response_format", r#"{"type":"json_object"}"#);
        }
        Some(_) => findings.leave_out("format"),
        None => {}
    }
}

/// `true` switches thinking on, however much of it.
pub(super) fn effort(think: &RawValue) -> Option<String> {
    let effort = match think.get() {
        "true" => Some(String::from(Effort::Medium.as_str())),
        "false" => Some(String::from(Effort::None.as_str())),
        word => filled_string(word.as_bytes()).map(|word| word.to_ascii_lowercase()),
    };
    let is_known = |effort: &String| {
        ["none", "minimal", "low", "medium", "high", "xhigh", "max"].contains(&effort.as_str())
    };
    effort.filter(is_known)
}

fn add_options(
    options: &RawObject<'_>,
    chat: &mut Object,
    findings: &mut Findings,
) -> Result<(), BadRequest> {
    for (name, value) in &options.members {
        let kind = Kind::of(value);
        match &**name {
            _ if kind == Kind::Null => {}
            same if SAME.contains(&same) => {
                if kind != Kind::Number {
                    let place = format!("options.{same}");
                    let message = format!("`{place}` must be a number, not {}", kind.as_str());
                    return Err(BadRequest::new(message, place.as_str()));
                }
                chat.raw(same, value.get());
            }
            // A negative number sets no limit.
            "num_predict" => {
                if let Some(most) = count(value.get().as_bytes()) {
                    chat.raw("max_tokens", &most.to_string());
                }
            }
            "stop" if kind == Kind::String => {
                chat.raw("stop", &format!("[{}]", value.get()));
            }
            "stop" if is_filled_list(value.get().as_bytes()) => {
                chat.raw("stop", value.get());
            }
            "stop" => {}
            name if OF_RUNNER.contains(&name) => {}
            name => findings.leave_out(&format!("options.{name}")),
        }
    }
    Ok(())
}
