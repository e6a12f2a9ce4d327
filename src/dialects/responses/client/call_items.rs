//! Converts the calls of earlier turns. A chat knows functions with a JSON object only: the other
//! types of calls become functions whose object says the same.

use serde_json::value::RawValue;

use super::names::ToolNames;
use crate::dialects::json::fields::{filled_string, present, string, text_of};
use crate::dialects::json::write::Object;
use crate::dialects::json::{Kind, RawObject};

/// A call for the chat.
pub(super) struct Call {
    pub id: String,
    pub name: String,
    /// The text of a JSON object.
    pub arguments: String,
}

/// Whether items of the type are calls.
pub(super) fn is_call(kind: &str) -> bool {
    matches!(
        kind,
        "function_call"
            | "custom_tool_call"
            | "local_shell_call"
            | "shell_call"
            | "apply_patch_call"
            | "tool_search_call"
    )
}

/// `None` for an item of another type, and for a call without an id.
pub(super) fn call(kind: &str, item: &RawObject<'_>, names: &ToolNames) -> Option<Call> {
    let (name, arguments) = match kind {
        "function_call" => {
            let text = text_of(item, "arguments").unwrap_or_default();
            (own_name(item, names), object_text(&text, "invalid_json"))
        }
        "custom_tool_call" => {
            let input = text_of(item, "input").unwrap_or_default();
            (own_name(item, names), Object::default().text("input", &input).finish())
        }
        "local_shell_call" => (names.chat(None, "local_shell"), member_text(item, "action")),
        "shell_call" => (names.chat(None, "shell"), member_text(item, "action")),
        "apply_patch_call" => (names.chat(None, "apply_patch"), member_text(item, "operation")),
        "tool_search_call" => (names.chat(None, "tool_search"), member_text(item, "arguments")),
        _ => return None,
    };
    Some(Call { id: call_id(item)?, name, arguments })
}

/// The call that an item is, or that it answers.
pub(super) fn call_id(item: &RawObject<'_>) -> Option<String> {
    let text = |name: &str| filled_string(present(item, name)?.get().as_bytes());
    text("call_id").or_else(|| text("id")).map(|id| id.into_owned())
}

fn own_name(item: &RawObject<'_>, names: &ToolNames) -> String {
    let namespace = text_of(item, "namespace").filter(|namespace| !namespace.is_empty());
    names.chat(namespace.as_deref(), &text_of(item, "name").unwrap_or_default())
}

/// An object; what is no JSON object, as models write at times, stands in one.
fn object_text(text: &str, otherwise: &str) -> String {
    if text.trim().is_empty() {
        return String::from("{}");
    }
    match RawObject::parse(text.as_bytes()) {
        Ok(_) => text.to_owned(),
        Err(_) => Object::default().text(otherwise, text).finish(),
    }
}

fn member_text(item: &RawObject<'_>, name: &str) -> String {
    let value = present(item, name);
    match value.map(Kind::of) {
        Some(Kind::Object) => value.map_or("{}", RawValue::get).to_owned(),
        Some(Kind::String) => {
            let text = value.and_then(|value| string(value.get().as_bytes())).unwrap_or_default();
            object_text(&text, name)
        }
        _ => String::from("{}"),
    }
}
