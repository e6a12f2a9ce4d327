//! The items of an answer's output.

use serde_json::{Map, Value, json};

use super::names::{CallKind, Called};
use super::response::plain;
use crate::domain::chat::Media;
use crate::domain::search::{Citation, Found, Search};

/// The ids of the items of one response, which count up.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemIds {
    /// The response's id without its prefix.
    response: String,
    next: u64,
}

impl ItemIds {
    pub(super) fn of(response: &str) -> Self {
        let response = plain(response.strip_prefix("resp_").unwrap_or(response));
        Self { response, next: 0 }
    }

    pub(super) fn next(&mut self, prefix: &str) -> String {
        let id = format!("{prefix}_{}{:02x}", self.response, self.next);
        self.next += 1;
        id
    }
}

pub(super) fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

/// Adds what a text cites to its part.
pub(super) fn annotate(part: &mut Value, annotations: Vec<Value>) {
    if let Some(members) = part.as_object_mut().filter(|_| !annotations.is_empty()) {
        members.insert(String::from("annotations"), Value::Array(annotations));
    }
}

/// Adds the log probabilities of a text's tokens to its part.
pub(super) fn add_logprobs(part: &mut Value, tokens: Vec<Value>) {
    if let Some(members) = part.as_object_mut().filter(|_| !tokens.is_empty()) {
        members.insert(String::from("logprobs"), Value::Array(tokens));
    }
}

/// The tokens of log probabilities in a chat's shape.
pub(super) fn tokens(logprobs: &Value) -> Vec<Value> {
    logprobs.get("content").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// `start`: where the part begins in the text of the answer, in characters.
pub(super) fn annotation(citation: &Citation, start: usize) -> Value {
    json!({
        "type": "url_citation", "url": citation.url,
        "title": citation.title.as_deref().unwrap_or_default(),
        "start_index": citation.start.saturating_sub(start),
        "end_index": citation.end.saturating_sub(start),
    })
}

pub(super) fn search(id: &str, status: &str, search: &Search) -> Value {
    let source = |found: &Found| json!({"type": "url", "url": found.url});
    let sources: Vec<Value> = search.found.iter().map(source).collect();
    let action = json!({
        "type": "search", "query": search.query(), "queries": search.queries, "sources": sources,
    });
    json!({"id": id, "type": "web_search_call", "status": status, "action": action})
}

pub(super) fn refusal_part(text: &str) -> Value {
    json!({"type": "refusal", "refusal": text})
}

pub(super) fn message(id: &str, status: &str, content: &[Value]) -> Value {
    json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": content})
}

/// `sealed`: where the client asks for it.
pub(super) fn reasoning(id: &str, text: &str, sealed: Option<&str>) -> Value {
    let summary: Vec<Value> = (!text.is_empty()).then(|| summary_part(text)).into_iter().collect();
    let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
    if let (Some(sealed), Some(members)) = (sealed, item.as_object_mut()) {
        members.insert(String::from("encrypted_content"), Value::from(sealed));
    }
    item
}

pub(super) fn summary_part(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

pub(super) fn compaction(id: &str, sealed: &str) -> Value {
    json!({"id": id, "type": "compaction", "encrypted_content": sealed})
}

/// What the model made beside text: a picture has an item.
pub(super) fn image(id: &str, data: &str) -> Value {
    json!({"id": id, "type": "image_generation_call", "status": "completed", "result": data})
}

/// What has no item, as text.
pub(super) fn media_text(source: &Media) -> String {
    match source {
        Media::Url(url) => format!("![image]({url})"),
        Media::Inline { media_type, .. } => {
            format!("[the model made a file of type {media_type}, which this API cannot carry]")
        }
        Media::FileId(id) => format!("[the model made the file {id}]"),
    }
}

/// The prefix of the ids of such calls.
pub(super) fn call_prefix(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Function => "fc",
        CallKind::Custom => "ctc",
        CallKind::LocalShell => "lsh",
        CallKind::Shell => "sh",
        CallKind::ApplyPatch => "apc",
        CallKind::ToolSearch => "tsc",
    }
}

/// A call as the client's tool has it. `arguments`: of the function that stood for the tool.
pub(super) fn call(
    id: &str,
    status: &str,
    call_id: &str,
    called: &Called,
    arguments: &str,
) -> Value {
    let object = || match serde_json::from_str::<Value>(arguments) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let mut item = match called.kind {
        CallKind::Function => json!({
            "id": id, "type": "function_call", "status": status, "call_id": call_id,
            "name": called.name, "arguments": arguments,
        }),
        CallKind::Custom => json!({
            "id": id, "type": "custom_tool_call", "status": status, "call_id": call_id,
            "name": called.name, "input": input(arguments),
        }),
        CallKind::LocalShell => {
            let mut action = object();
            action.entry("type").or_insert_with(|| json!("exec"));
            action.entry("command").or_insert_with(|| json!([]));
            action.entry("env").or_insert_with(|| json!({}));
            json!({
                "id": id, "type": "local_shell_call", "status": status, "call_id": call_id,
                "action": action,
            })
        }
        CallKind::Shell => {
            let mut action = object();
            action.entry("commands").or_insert_with(|| json!([]));
            action.entry("timeout_ms").or_insert(Value::Null);
            action.entry("max_output_length").or_insert(Value::Null);
            json!({
                "id": id, "type": "shell_call", "status": status, "call_id": call_id,
                "action": action,
            })
        }
        CallKind::ApplyPatch => json!({
            "id": id, "type": "apply_patch_call", "status": status, "call_id": call_id,
            "operation": object(),
        }),
        CallKind::ToolSearch => json!({
            "id": id, "type": "tool_search_call", "status": status, "call_id": call_id,
            "execution": "client", "arguments": object(),
        }),
    };
    if let (Some(namespace), Some(members)) = (&called.namespace, item.as_object_mut()) {
        members.insert(String::from("namespace"), Value::from(namespace.as_str()));
    }
    item
}

/// The text for a tool that takes one, out of the object that its function took. What the model wrote
/// in another form is passed on as it is: the tool says what is wrong with it.
pub(super) fn input(arguments: &str) -> String {
    let Ok(Value::Object(members)) = serde_json::from_str(arguments) else {
        return arguments.to_owned();
    };
    let only = members.values().next().filter(|_| members.len() == 1);
    match members.get("input").or(only) {
        Some(Value::String(text)) => text.clone(),
        _ => arguments.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_for_a_tool_is_found_in_the_object_of_its_function() {
        for (arguments, expected) in [
            (r#"{"input":"const x = \"1\";\n"}"#, "const x = \"1\";\n"),
            (r#"{"code":"x"}"#, "x"),
            (r#"{"a":"x","b":"y"}"#, r#"{"a":"x","b":"y"}"#),
            (r#"{"input":7}"#, r#"{"input":7}"#),
            ("ls -l", "ls -l"),
            ("", ""),
        ] {
            assert_eq!(input(arguments), expected);
        }
    }
}
