//! To an upstream of the same API the client's bytes go as they came, but for the model's name,
//! numbers beyond a limit, and the model's default parameters.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::options::SAME;
use super::request::Own;
use super::wire::Shape;
use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::count;
use crate::dialects::own_edits;
use crate::domain::capabilities::Capabilities;

/// Members that are the router's own.
const ROUTERS: [&str; 2] = ["provider", "models"];

/// Default parameters that stand beside `options`.
const BESIDE: [&str; 3] = ["keep_alive", "think", "format"];

const MAX_TOKENS: [&str; 4] =
    ["num_predict", "max_tokens", "max_completion_tokens", "max_output_tokens"];

/// In place of the last part of the upstream's URL, which is that of a chat.
const GENERATE: &str = "../generate";

pub fn path(own: &Own) -> Option<String> {
    (own.shape == Shape::Generate).then(|| String::from(GENERATE))
}

/// The body for the upstream, and the longest answer where it is shorter than the client asked.
/// `limited`: the chat body, where the limits of the caller's key changed it.
pub fn encode(
    own: &Own,
    limited: Option<&JsonBody>,
    model: &str,
    capabilities: &Capabilities,
    defaults: &Map<String, Value>,
) -> (Bytes, Option<u64>) {
    let body = &*own.body.cleared_of(&ROUTERS);
    let mut edits = Edits::default();
    own_edits::name(&mut edits, body, model);
    for (name, value) in defaults.iter().filter(|(name, _)| BESIDE.contains(&name.as_str())) {
        if !body.has(name) {
            edits.set(body, name, value.to_string());
        }
    }
    let options = body.value_of("options").and_then(|options| RawObject::parse(options).ok());
    let asked = match (limited, &options) {
        (Some(chat), _) => chat.value_of("max_tokens"),
        (None, Some(options)) => options.get("num_predict").map(|most| most.get().as_bytes()),
        (None, None) => None,
    };
    let asked = asked.and_then(count);
    let most = capabilities.max_output_tokens;
    let lowered = most.filter(|most| asked.is_some_and(|asked| asked > *most));
    if (limited.is_some() || lowered.is_some() || !defaults.is_empty())
        && let Some(options) = changed(body, limited, lowered, defaults)
    {
        edits.set(body, "options", Value::Object(options).to_string());
    }
    (edits.apply(body.bytes()), lowered)
}

/// The options with what must change; `None` where nothing must.
fn changed(
    body: &JsonBody,
    limited: Option<&JsonBody>,
    most: Option<u64>,
    defaults: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let written = body.value_of("options");
    let before: Map<String, Value> =
        written.and_then(|written| serde_json::from_slice(written).ok()).unwrap_or_default();
    let mut options = before.clone();
    let mut limit = |name: &str, chat_name: &str| {
        let value = limited.and_then(|chat| chat.value_of(chat_name));
        let value = value.and_then(|value| serde_json::from_slice(value).ok());
        if let Some(value) = value.filter(|value: &Value| !value.is_null()) {
            options.insert(name.to_owned(), value);
        }
    };
    limit("num_predict", "max_tokens");
    for name in SAME {
        limit(name, name);
    }
    if let Some(most) = most {
        options.insert(String::from("num_predict"), Value::from(most));
    }
    for (name, value) in defaults {
        match name.as_str() {
            "options" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    options.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            beside if BESIDE.contains(&beside) => {}
            longest if MAX_TOKENS.contains(&longest) => {
                options.entry("num_predict").or_insert_with(|| value.clone());
            }
            name if !NOT_OPTIONS.contains(&name) => {
                options.entry(name).or_insert_with(|| value.clone());
            }
            _ => {}
        }
    }
    (options != before).then_some(options)
}

/// Default parameters of chats that Ollama has none of.
const NOT_OPTIONS: [&str; 12] = [
    "reasoning_effort",
    "reasoning",
    "thinking",
    "response_format",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "n",
    "user",
    "metadata",
    "stream",
    "stream_options",
];

/// Whether it is an error, as the API writes one.
pub fn is_error(body: &[u8]) -> bool {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    body.as_ref().and_then(|body| body.get("error")).is_some_and(Value::is_string)
}
