//! To an upstream that speaks Responses the client's bytes go as they came, but for the model's name,
//! numbers beyond a limit, the model's default parameters, and what the router itself sealed.

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::compaction;
use super::request::Own;
use crate::dialects::envelope::PREFIX;
use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::{count, text_of};
use crate::dialects::json::write::Object;
use crate::dialects::needle::needle;
use crate::dialects::own_edits;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};

needle!(ENVELOPE = b"bGxtcjE6");

/// Numbers that a key's limits may have changed in the chat body.
const LIMITED: [&str; 2] = ["temperature", "top_p"];

/// Default parameters of a model that the API has too.
const DEFAULTS: [&str; 8] = [
    "temperature",
    "top_p",
    "reasoning",
    "text",
    "metadata",
    "service_tier",
    "truncation",
    "include",
];

/// Members that are the router's own, or that it has resolved.
const ROUTERS: [&str; 3] = ["provider", "models", "previous_response_id"];

const MOST: &str = "max_output_tokens";

const MAX_TOKENS: [&str; 3] = ["max_tokens", "max_completion_tokens", MOST];

const SEALED_REASONING: &str = "reasoning.encrypted_content";

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
    let asked = match limited {
        Some(chat) => chat.value_of("max_tokens"),
        None => body.value_of(MOST),
    };
    let asked = asked.and_then(count);
    let default = || MAX_TOKENS.iter().find_map(|name| defaults.get(*name)?.as_u64());
    let most = asked.or_else(default);
    let most = most.map(|most| capabilities.max_output_tokens.map_or(most, |it| most.min(it)));
    if let Some(most) = most
        && body.value_of(MOST).and_then(count) != Some(most)
    {
        edits.set(body, MOST, most.to_string());
    }
    let lowered = most.filter(|most| asked.is_some_and(|asked| asked > *most));
    if let Some(chat) = limited {
        own_edits::limit(&mut edits, body, chat, &LIMITED);
    }
    own_edits::add_defaults(&mut edits, [body, limited.unwrap_or(body)], defaults, &DEFAULTS);
    if let Some(effort) = defaults.get("reasoning_effort").filter(|_| !body.has("reasoning")) {
        edits.set(body, "reasoning", Object::default().raw("effort", &effort.to_string()).finish());
    }
    // The router keeps it, so that any upstream can go on from it.
    if own.is_stored {
        edits.set(body, "store", String::from("false"));
        if capabilities.thinking != ThinkingStyle::None {
            edits.set(body, "include", with_sealed_reasoning(body));
        }
    }
    if let Some(input) = without_envelopes(body) {
        edits.set(body, "input", input);
    }
    (edits.apply(body.bytes()), lowered)
}

/// Members that the API does not take where it only counts.
const NOT_COUNTED: [&str; 15] = [
    "stream",
    "stream_options",
    "store",
    "include",
    "temperature",
    "top_p",
    "top_logprobs",
    MOST,
    "max_tool_calls",
    "metadata",
    "service_tier",
    "provider",
    "models",
    "background",
    "previous_response_id",
];

/// The body for counting the tokens of the prompt.
pub fn for_counting(own: &Own, model: &str) -> Bytes {
    let body = own.body.without(&NOT_COUNTED);
    let mut edits = Edits::default();
    edits.set(&body, "model", Value::from(model).to_string());
    if let Some(input) = without_envelopes(&body) {
        edits.set(&body, "input", input);
    }
    edits.apply(body.bytes())
}

fn with_sealed_reasoning(body: &JsonBody) -> String {
    let asked = body.value_of("include").and_then(|json| serde_json::from_slice(json).ok());
    let mut include: Vec<Value> = asked.unwrap_or_default();
    if !include.iter().any(|name| name == SEALED_REASONING) {
        include.push(Value::from(SEALED_REASONING));
    }
    Value::from(include).to_string()
}

/// The input without what another API made, and with the summaries that the router sealed; `None`
/// where it holds nothing of these.
fn without_envelopes(body: &JsonBody) -> Option<String> {
    let text = body.value_of("input")?;
    if !ENVELOPE.is_in(text) {
        return None;
    }
    let items: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    let items: Vec<String> = items.into_iter().filter_map(mended).collect();
    Some(format!("[{}]", items.join(",")))
}

fn mended(item: &RawValue) -> Option<String> {
    let own = || Some(item.get().to_owned());
    if !ENVELOPE.is_in(item.get().as_bytes()) {
        return own();
    }
    let Ok(object) = RawObject::of(item) else { return own() };
    let sealed = text_of(&object, "encrypted_content").unwrap_or_default();
    if !sealed.starts_with(PREFIX) {
        return own();
    }
    match &*text_of(&object, "type").unwrap_or_default() {
        "reasoning" => None,
        "compaction" | "context_compaction" => {
            let text = compaction::opened(&object)?;
            let mut message = Object::default();
            message.text("type", "message").text("role", "user").text("content", &text);
            Some(message.finish())
        }
        _ => own(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::{Purpose, read};
    use super::*;
    use crate::dialects::envelope::{Envelope, Holds};
    use serde_json::json;

    fn sent(body: &str, capabilities: &Capabilities, defaults: Value) -> (String, Option<u64>) {
        let (own, _) = read(Bytes::copy_from_slice(body.as_bytes()), Purpose::Answer).unwrap();
        let Value::Object(defaults) = defaults else { panic!("defaults are an object") };
        let (sent, lowered) = encode(&own, None, "gpt-1", capabilities, &defaults);
        (String::from_utf8(sent.to_vec()).unwrap(), lowered)
    }

    #[test]
    fn only_what_must_change_changes() {
        let small = Capabilities { max_output_tokens: Some(4096), ..Capabilities::default() };
        let any = Capabilities::default();
        for (body, capabilities, defaults, expected, lowered) in [
            (
                r#"{ "model":"gpt-1", "input":[{"type":"of_tomorrow","x":1.50}], "max_output_tokens": 5, "later": {"caf\u00e9":1}, "tools":[] }"#,
                &any,
                json!({}),
                r#"{ "model":"gpt-1", "input":[{"type":"of_tomorrow","x":1.50}], "max_output_tokens": 5, "later": {"caf\u00e9":1}, "tools":[] }"#,
                None,
            ),
            (
                r#"{"model":"up/a","input":"hi","max_output_tokens":9000}"#,
                &small,
                json!({}),
                r#"{"model":"gpt-1","input":"hi","max_output_tokens":4096}"#,
                Some(4096),
            ),
            (
                r#"{"model":"gpt-1","input":"hi","provider":{"order":["b"]}}"#,
                &any,
                json!({"temperature": 0.5, "max_tokens": 9, "reasoning_effort": "low", "seed": 7}),
                r#"{"max_output_tokens":9,"temperature":0.5,"reasoning":{"effort":"low"},"model":"gpt-1","input":"hi"}"#,
                None,
            ),
        ] {
            // An item that no other API knows leaves a chat without a message.
            let body = body.replace(r#"[{"type":"of_tomorrow""#, r#"["a",{"type":"of_tomorrow""#);
            let body = body.replace(r#"["a","#, r#"[{"role":"user","content":"a"},"#);
            let expected = expected.replace(
                r#"[{"type":"of_tomorrow""#,
                r#"[{"role":"user","content":"a"},{"type":"of_tomorrow""#,
            );
            assert_eq!(sent(&body, capabilities, defaults), (expected, lowered));
        }
    }

    #[test]
    fn what_the_router_sealed_is_taken_out() {
        let sealed = |holds: Holds, data: &str| {
            let (maker, id, data) = (None, None, data.to_owned());
            Envelope { sealed_by: "up/glm".into(), holds, maker, id, data, text: None }.write()
        };
        let user = json!({"role": "user", "content": "go"});
        let theirs = json!({"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"});
        let body = json!({"model": "gpt-1", "input": [
            user, theirs,
            {"type": "reasoning", "summary": [], "encrypted_content": sealed(Holds::Nothing, "")},
            {"type": "compaction", "encrypted_content": sealed(Holds::Summary, "we did it")},
            {"type": "compaction", "encrypted_content": "gBBBB"},
        ]});
        let (sent, _) = sent(&body.to_string(), &Capabilities::default(), json!({}));
        let sent: Value = serde_json::from_str(&sent).unwrap();
        let input = sent["input"].as_array().unwrap();
        assert_eq!((input.len(), &input[0], &input[1]), (4, &user, &theirs));
        assert!(input[2]["content"].as_str().unwrap().ends_with("we did it"));
        assert_eq!(input[3]["encrypted_content"], "gBBBB");
    }
}
