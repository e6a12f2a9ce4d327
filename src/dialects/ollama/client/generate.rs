//! Converts the prompt of `/api/generate` into messages.

use super::findings::Findings;
use super::messages::user;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::{is_filled_list, present, text_of};
use crate::dialects::json::write::{Object, quoted};

/// Members that only Ollama understands: without them another model answers, though not the same.
const OLLAMAS: [&str; 2] = ["template", "raw"];

pub(super) fn convert(object: &RawObject<'_>, findings: &mut Findings) -> Vec<String> {
    let mut messages = Vec::new();
    let filled = |name: &str| text_of(object, name).filter(|text| !text.is_empty());
    if filled("suffix").is_some() {
        let message = "`suffix` asks to fill in the middle of a text, which only a provider of type \
                       `ollama` can be sent: name a model of one, or leave `suffix` out";
        findings.fault = Some(BadRequest::new(message, "suffix"));
    }
    if let Some(system) = filled("system") {
        let content = quoted(&system);
        messages.push(Object::default().text("role", "system").raw("content", &content).finish());
        findings.origins.messages.push(None);
    }
    let prompt = text_of(object, "prompt").unwrap_or_default();
    messages.push(user("user", &quoted(&prompt), object));
    findings.origins.messages.push(None);
    for name in OLLAMAS {
        let value = present(object, name).map(|value| value.get());
        if value.is_some_and(|value| !matches!(value, "false" | "\"\"")) {
            findings.leave_out(name);
        }
    }
    let context = present(object, "context");
    if context.is_some_and(|context| is_filled_list(context.get().as_bytes())) {
        findings.leave_out("context");
    }
    messages
}
