//! `docs/PROVIDERS.md` says what becomes of each part of a request at each kind of provider. It
//! is made of what the code does: `UPDATE_DOCS=1` writes it, and without it this fails when the
//! document says something else.

use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use llm_router::catalog::capabilities::Table;
use llm_router::config::entries::{ApiChoice, ModelConfig, ProviderKind};
use llm_router::config::shape::Shape;
use llm_router::dialects::choice::choose;
use llm_router::dialects::openai::body::ChatBody;
use llm_router::dialects::outgoing::{Addressee, outgoing};
use serde_json::{Map, Value, json};

/// A kind of provider, and a model of it that takes everything its API can.
const COLUMNS: [(&str, ProviderKind, Option<ApiChoice>, &str); 5] = [
    ("OpenAI family", ProviderKind::OpenaiCompatible, None, "any"),
    (
        "openai, Responses (gpt-5.6-sol)",
        ProviderKind::Openai,
        Some(ApiChoice::Responses),
        "gpt-5.6-sol",
    ),
    ("claude (claude-sonnet-4-5)", ProviderKind::Claude, None, "claude-sonnet-4-5"),
    ("gemini (gemini-2.5-flash)", ProviderKind::Gemini, None, "gemini-2.5-flash"),
    ("ollama (qwen3-vl:8b)", ProviderKind::Ollama, None, "qwen3-vl:8b"),
];

const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

fn user_part(part: &Value) -> Value {
    json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}, part]}]})
}

fn with_tools(more: &Value) -> Value {
    let mut body = json!({"tools": [{"type": "function", "function": {
        "name": "f", "parameters": {"type": "object", "properties": {}}}}]});
    merge(&mut body, more);
    body
}

fn merge(body: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
}

/// What a client may send, each on top of a plain request.
fn features() -> Vec<(&'static str, Value)> {
    let call =
        json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let schema =
        json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}});
    vec![
        (
            "system message",
            json!({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]}),
        ),
        ("image, data URL", user_part(&json!({"type": "image_url", "image_url": {"url": PNG}}))),
        (
            "image, http URL",
            user_part(&json!({"type": "image_url", "image_url": {"url": "https://host/x.png"}})),
        ),
        (
            "audio",
            user_part(
                &json!({"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}),
            ),
        ),
        (
            "PDF file",
            user_part(
                &json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,QUJD"}}),
            ),
        ),
        ("tools", with_tools(&json!({}))),
        ("`tool_choice` required", with_tools(&json!({"tool_choice": "required"}))),
        (
            "`tool_choice` named",
            with_tools(&json!({"tool_choice": {"type": "function", "function": {"name": "f"}}})),
        ),
        ("`tool_choice` none", with_tools(&json!({"tool_choice": "none"}))),
        ("`parallel_tool_calls` false", with_tools(&json!({"parallel_tool_calls": false}))),
        (
            "tool calls and results",
            with_tools(&json!({"messages": [
            {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "r"}]})),
        ),
        ("`response_format` json_object", json!({"response_format": {"type": "json_object"}})),
        ("`response_format` json_schema", json!({"response_format": schema})),
        ("`max_tokens`", json!({"max_tokens": 9})),
        ("`temperature`", json!({"temperature": 0.5})),
        ("`top_p`", json!({"top_p": 0.5})),
        ("`stop`", json!({"stop": "END"})),
        ("`seed`", json!({"seed": 7})),
        ("`n` above 1", json!({"n": 2})),
        ("`logprobs`", json!({"logprobs": true})),
        ("penalties", json!({"presence_penalty": 0.5})),
        ("`logit_bias`", json!({"logit_bias": {"1": 2}})),
        ("`reasoning_effort`", json!({"reasoning_effort": "high"})),
        ("`user`", json!({"user": "me"})),
        (
            "`cache_control` on a part",
            user_part(
                &json!({"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}}),
            ),
        ),
    ]
}

fn fate(kind: ProviderKind, api: Option<ApiChoice>, model: &str, feature: &Value) -> &'static str {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    merge(&mut body, feature);
    let body = ChatBody::parse(Bytes::from(body.to_string())).unwrap();
    let facts = Table::shipped().unwrap().facts(model, &ModelConfig::default());
    let default_params = &Map::new();
    let dialect = choose(kind, api, &facts, &body, default_params);
    let (capabilities, shape) = (&facts.capabilities, &Shape::default());
    match outgoing(&body, Addressee { kind, dialect, model, default_params, capabilities, shape }) {
        Err(_) => "refused",
        Ok(outgoing) if outgoing.dropped.is_empty() => "carried",
        Ok(_) => "dropped",
    }
}

fn document() -> String {
    let mut text = String::from(
        "# Providers\n\n\
         What becomes of each part of a client's request. *carried*: the provider gets it in its own words.\n\
         *dropped*: it has no counterpart; the answer's header `x-llm-router-dropped` names it. *refused*: a 400\n\
         that names the place, for leaving it out would change what was asked.\n\n\
         The OpenAI family are the types `openai`, `deepseek`, `glm`, `qwen`, `kimi`, `openrouter`, `grok`, `vllm`,\n\
         `transformers` and `openai_compatible`: the request is edited, not translated, and everything goes on as it came.\n\
         Four are known to take less, and get less: `openai` and `grok` (sampling where the model refuses it), `kimi` (the\n\
         same), `glm` (`max_tokens` under that name). `openai` and `grok` are asked through the Responses API where a model\n\
         takes tools or gives its reasoning there only (`settings.api`).\n\
         What a model of the other types takes differs from model to model (`capabilities.toml`); the columns name one.\n\n\
         This table is written by the test `providers_table`, from what the code does.\n\n|",
    );
    for (name, ..) in COLUMNS {
        write!(text, " | {name}").unwrap();
    }
    text.push_str(" |\n|---");
    text.push_str(&"|---".repeat(COLUMNS.len()));
    text.push_str("|\n");
    for (name, feature) in features() {
        write!(text, "| {name} |").unwrap();
        for (_, kind, api, model) in COLUMNS {
            write!(text, " {} |", fate(kind, api, model, &feature)).unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_document_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/PROVIDERS.md");
    let made = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == made, "docs/PROVIDERS.md is stale: run this test with UPDATE_DOCS=1");
}
