//! To an upstream that speaks Messages the client's bytes go as they came, but for the model's name,
//! numbers beyond a limit, the model's default parameters, and thinking and searches that another API
//! made.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::request::Own;
use super::search;
use crate::dialects::envelope::PREFIX;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::{count, string};
use crate::dialects::json::known;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::needle::needle;
use crate::dialects::own_edits;
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::Effort;

needle!(ENVELOPE = b"bGxtcjE6");

/// Where neither the client nor the model says how long an answer may be: the API asks for it.
const DEFAULT_MAX_TOKENS: u64 = 4096;

/// Numbers that a key's limits may have changed in the chat body.
const LIMITED: [&str; 3] = ["temperature", "top_p", "top_k"];

/// Default parameters of a model that the API has too.
const DEFAULTS: [&str; 9] = [
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "thinking",
    "output_config",
    "metadata",
    "service_tier",
    "cache_control",
];

/// Members that are the router's own.
const ROUTERS: [&str; 2] = ["provider", "models"];

const MAX_TOKENS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

/// The body for the upstream, and the longest answer where it is shorter than the client asked.
/// `limited`: the numbers within the limits of the caller's key.
pub fn encode(
    own: &Own,
    limited: &JsonBody,
    model: &str,
    capabilities: &Capabilities,
    defaults: &Map<String, Value>,
) -> (Bytes, Option<u64>) {
    let body = &*own.body.cleared_of(&ROUTERS);
    let mut edits = Edits::default();
    own_edits::name(&mut edits, body, model);
    let most = max_tokens(limited, capabilities, defaults);
    if body.value_of("max_tokens").and_then(count) != Some(most) {
        edits.set(body, "max_tokens", most.to_string());
    }
    let asked = limited.value_of("max_tokens").and_then(count);
    let lowered = asked.filter(|asked| *asked > most).map(|_| most);
    own_edits::limit(&mut edits, body, limited, &LIMITED);
    own_edits::add_defaults(&mut edits, [body, limited], defaults, &DEFAULTS);
    let mended = without_envelopes(body);
    let has_bare_call = mended.as_ref().is_some_and(|(_, has_bare_call)| *has_bare_call);
    if let Some(thinking) = other_thinking(body, has_bare_call, most, capabilities) {
        edits.set(body, "thinking", thinking);
    }
    if let Some((messages, _)) = mended {
        edits.set(body, "messages", messages);
    }
    (edits.apply(body.bytes()), lowered)
}

/// Members that the API does not take where it only counts.
const NOT_COUNTED: [&str; 12] = [
    "max_tokens",
    "stream",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "metadata",
    "service_tier",
    "container",
    "inference_geo",
    "provider",
    "models",
];

/// The body for counting the tokens of the prompt.
pub fn for_counting(own: &Own, model: &str) -> Bytes {
    let body = own.body.without(&NOT_COUNTED);
    let mut edits = Edits::default();
    edits.set(&body, "model", Value::from(model).to_string());
    if let Some((messages, _)) = without_envelopes(&body) {
        edits.set(&body, "messages", messages);
    }
    edits.apply(body.bytes())
}

fn max_tokens(
    limited: &JsonBody,
    capabilities: &Capabilities,
    defaults: &Map<String, Value>,
) -> u64 {
    let asked = limited.value_of("max_tokens").and_then(count);
    let default = || MAX_TOKENS.iter().find_map(|name| defaults.get(*name)?.as_u64());
    let most = capabilities.max_output_tokens;
    let wanted = asked.or_else(default).or(most).unwrap_or(DEFAULT_MAX_TOKENS);
    most.map_or(wanted, |most| wanted.min(most))
}

/// Thinking in a form that the model takes, where it would refuse the client's.
fn other_thinking(
    body: &JsonBody,
    has_bare_call: bool,
    max_tokens: u64,
    capabilities: &Capabilities,
) -> Option<String> {
    // A budget asks for the thinking of each turn of the running tool loop.
    if has_bare_call && thinking_budget(body).is_some() {
        return Some(String::from(r#"{"type":"disabled"}"#));
    }
    thinking_that_fits(body, capabilities).or_else(|| thinking_within(body, max_tokens))
}

fn thinking_budget(body: &JsonBody) -> Option<u64> {
    let thinking = RawObject::parse(body.value_of("thinking")?).ok()?;
    count(thinking.get("budget_tokens")?.get().as_bytes())
}

/// The thinking with a budget below the maximum, which the API demands; `None` where it is.
fn thinking_within(body: &JsonBody, max_tokens: u64) -> Option<String> {
    thinking_budget(body).filter(|budget| *budget >= max_tokens)?;
    let budget = max_tokens / 2;
    Some(if budget < 1024 {
        String::from(r#"{"type":"disabled"}"#)
    } else {
        format!(r#"{{"type":"enabled","budget_tokens":{budget}}}"#)
    })
}

/// Agents choose the form by the name that they call, which may stand for any model.
fn thinking_that_fits(body: &JsonBody, capabilities: &Capabilities) -> Option<String> {
    let thinking = RawObject::parse(body.value_of("thinking")?).ok()?;
    let kind = string(thinking.get("type")?.get().as_bytes())?;
    let takes_no_budget = capabilities.thinking == ThinkingStyle::Adaptive
        && capabilities.efforts.contains(&Effort::Xhigh);
    match &*kind {
        "adaptive" if capabilities.thinking == ThinkingStyle::Budget => {
            Some(String::from(r#"{"type":"disabled"}"#))
        }
        "enabled" if takes_no_budget => Some(String::from(r#"{"type":"adaptive"}"#)),
        _ => None,
    }
}

/// The messages without thinking that another API made, and whether the last turn of the model then
/// has a call without thinking; `None` where there is no such thinking.
fn without_envelopes(body: &JsonBody) -> Option<(String, bool)> {
    let text = body.value_of("messages")?;
    if !ENVELOPE.is_in(text) {
        return None;
    }
    let messages: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    let mut has_bare_call = false;
    let messages: Vec<String> = messages
        .into_iter()
        .map(|message| match mended(message) {
            Some((mended, has_call)) => {
                has_bare_call = has_call;
                mended
            }
            None => {
                has_bare_call &= !message.get().contains("\"assistant\"");
                message.get().to_owned()
            }
        })
        .collect();
    Some((format!("[{}]", messages.join(",")), has_bare_call))
}

/// The message without such blocks, and whether it has a call; `None` where nothing changes.
fn mended(message: &RawValue) -> Option<(String, bool)> {
    if !ENVELOPE.is_in(message.get().as_bytes()) {
        return None;
    }
    let object = RawObject::of(message).ok()?;
    let content = object.get("content").filter(|content| Kind::of(content) == Kind::Array)?;
    let blocks = known::elements(content)?;
    let mut has_changed = false;
    let mut kept: Vec<Cow<'_, str>> = Vec::with_capacity(blocks.len());
    for block in blocks {
        let object = RawObject::of(block).unwrap_or_default();
        if is_envelope(&object) {
            has_changed = true;
        } else if let Some(told) = search::sent_back(&object) {
            has_changed = true;
            kept.push(Cow::Owned(told));
        } else {
            kept.push(Cow::Borrowed(block.get()));
        }
    }
    if !has_changed {
        return None;
    }
    let has_call = kept.iter().any(|block| block.contains("\"tool_use\""));
    let content = match kept.is_empty() {
        // A turn must say something.
        true => String::from(r#"[{"type":"text","text":"(thinking)"}]"#),
        false => format!("[{}]", kept.join(",")),
    };
    let members: Vec<String> = object
        .members
        .iter()
        .map(|(name, value)| {
            let value = if name == "content" { content.as_str() } else { value.get() };
            format!("{}:{value}", Value::from(name.as_ref()))
        })
        .collect();
    Some((format!("{{{}}}", members.join(",")), has_call))
}

fn is_envelope(block: &RawObject<'_>) -> bool {
    let text = |name: &str| block.get(name).and_then(|value| string(value.get().as_bytes()));
    let is_thinking =
        text("type").is_some_and(|kind| matches!(&*kind, "thinking" | "redacted_thinking"));
    let sealed = text("signature").or_else(|| text("data"));
    is_thinking && sealed.is_some_and(|sealed| sealed.starts_with(PREFIX))
}

#[cfg(test)]
mod tests {
    use super::super::request::read;
    use super::*;
    use crate::dialects::envelope::{Envelope, Holds};
    use serde_json::json;

    fn sent(body: &str, capabilities: &Capabilities, defaults: Value) -> String {
        let (own, _) = read(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let Value::Object(defaults) = defaults else { panic!("defaults are an object") };
        let (sent, _) = encode(&own, &own.body, "claude-1", capabilities, &defaults);
        String::from_utf8(sent.to_vec()).unwrap()
    }

    #[test]
    fn only_what_must_change_changes() {
        let small = Capabilities { max_output_tokens: Some(4096), ..Capabilities::default() };
        let any = Capabilities::default();
        for (body, capabilities, defaults, expected) in [
            (
                r#"{ "model":"claude-1", "max_tokens": 5, "system":[{"type":"text","text":"x-anthropic-billing-header: a"}], "x": 1.50, "messages":[{"role":"user","content":"caf\u00e9"}]}"#,
                &any,
                json!({}),
                r#"{ "model":"claude-1", "max_tokens": 5, "system":[{"type":"text","text":"x-anthropic-billing-header: a"}], "x": 1.50, "messages":[{"role":"user","content":"caf\u00e9"}]}"#,
            ),
            (
                r#"{"model":"up/a","max_tokens":32000,"messages":[{"role":"user","content":"a"}],"thinking":{"type":"enabled","budget_tokens":31999}}"#,
                &small,
                json!({}),
                r#"{"model":"claude-1","max_tokens":4096,"messages":[{"role":"user","content":"a"}],"thinking":{"type":"enabled","budget_tokens":2048}}"#,
            ),
            (
                r#"{"model":"claude-1","messages":[{"role":"user","content":"a"}],"provider":{"order":["b"]}}"#,
                &any,
                json!({"temperature": 0.5, "seed": 7, "max_completion_tokens": 9}),
                r#"{"max_tokens":9,"temperature":0.5,"model":"claude-1","messages":[{"role":"user","content":"a"}]}"#,
            ),
        ] {
            assert_eq!(sent(body, capabilities, defaults), expected);
        }
    }

    #[test]
    fn thinking_has_the_form_that_the_model_takes() {
        let body = |thinking: &str| {
            format!(
                r#"{{"model":"claude-1","max_tokens":9000,"thinking":{thinking},"messages":[{{"role":"user","content":"a"}}]}}"#
            )
        };
        let budget = r#"{"type":"enabled","budget_tokens":2000}"#;
        let adaptive = r#"{"type":"adaptive"}"#;
        let style =
            |thinking, efforts| Capabilities { thinking, efforts, ..Capabilities::default() };
        for (asked, capabilities, expected) in [
            (adaptive, style(ThinkingStyle::Budget, vec![]), r#"{"type":"disabled"}"#),
            (adaptive, style(ThinkingStyle::Adaptive, vec![]), adaptive),
            (adaptive, Capabilities::default(), adaptive),
            (budget, style(ThinkingStyle::Adaptive, vec![Effort::Max]), budget),
            (budget, style(ThinkingStyle::Adaptive, vec![Effort::Xhigh]), adaptive),
        ] {
            assert_eq!(sent(&body(asked), &capabilities, json!({})), body(expected));
        }
    }

    #[test]
    fn thinking_of_another_api_is_taken_out() {
        let sealed = Envelope {
            sealed_by: "up/glm".into(),
            holds: Holds::Nothing,
            maker: None,
            id: None,
            data: String::new(),
            text: None,
        };
        let foreign = json!({"type": "thinking", "thinking": "hm", "signature": sealed.write()});
        let call = json!({"type": "tool_use", "id": "a", "name": "f", "input": {}});
        let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "b"}]});
        let body = json!({
            "model": "claude-1", "max_tokens": 9000,
            "thinking": {"type": "enabled", "budget_tokens": 2000},
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": [foreign]},
                {"role": "assistant", "content": [foreign, call]},
                result,
            ],
        });
        let sent = sent(&body.to_string(), &Capabilities::default(), json!({}));
        let sent: Value = serde_json::from_str(&sent).unwrap();
        assert_eq!(sent["thinking"], json!({"type": "disabled"}));
        let expected = json!([
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "(thinking)"}]},
            {"role": "assistant", "content": [call]},
            result,
        ]);
        assert_eq!(sent["messages"], expected);
    }
}
