//! `docs/PROVIDERS.md` says what becomes of each part of a request at each kind of provider. It
//! is made of what the code does: `UPDATE_DOCS=1` writes it, and without it this fails when the
//! document says something else.

use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use llm_router::catalog::capabilities::Table;
use llm_router::catalog::endpoint::{dialect_of, endpoints};
use llm_router::config::entries::{ApiChoice, ModelConfig, ProviderSettings};
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::errors::BadRequest;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::select_api::select_api;
use llm_router::dialects::translate::request::{UpstreamRequest, UpstreamTarget, to_upstream};
use llm_router::domain::dialect::EmbeddingApi;
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::service::Service;
use serde_json::{Map, Value, json};

/// A kind of provider, and a model of it.
pub type Column = (&'static str, ProviderKind, Option<ApiChoice>, &'static str);

pub const COLUMNS: [Column; 10] = [
    ("OpenAI family", ProviderKind::OpenaiCompatible, None, "any"),
    ("openai (gpt-5-mini)", ProviderKind::Openai, Some(ApiChoice::Chat), "gpt-5-mini"),
    (
        "openai, Responses (gpt-5.6-sol)",
        ProviderKind::Openai,
        Some(ApiChoice::Responses),
        "gpt-5.6-sol",
    ),
    ("grok (grok-4.7)", ProviderKind::Grok, None, "grok-4.7"),
    ("kimi (kimi-k3)", ProviderKind::Kimi, None, "kimi-k3"),
    ("glm (glm-5.3)", ProviderKind::Glm, None, "glm-5.3"),
    ("claude (claude-sonnet-4-5)", ProviderKind::Claude, None, "claude-sonnet-4-5"),
    ("gemini (gemini-2.5-flash)", ProviderKind::Gemini, None, "gemini-2.5-flash"),
    ("ollama (qwen3-vl:8b)", ProviderKind::Ollama, None, "qwen3-vl:8b"),
    ("remote_http, no template", ProviderKind::RemoteHttp, None, "any"),
];

/// The members of the family that have no column of their own.
const FAMILY: [ProviderKind; 5] = [
    ProviderKind::Deepseek,
    ProviderKind::Qwen,
    ProviderKind::Openrouter,
    ProviderKind::Vllm,
    ProviderKind::Transformers,
];

pub const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

fn user_part(part: &Value) -> Value {
    json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}, part]}]})
}

fn with_tools(more: &Value) -> Value {
    let mut body = json!({"tools": [{"type": "function", "function": {
        "name": "f", "parameters": {"type": "object", "properties": {}}}}]});
    merge(&mut body, more);
    body
}

pub fn merge(body: &mut Value, more: &Value) {
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
            "video, http URL",
            user_part(&json!({"type": "video_url", "video_url": {"url": "https://host/x.mp4"}})),
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
        ("`web_search_options`", json!({"web_search_options": {}})),
        ("`response_format` json_object", json!({"response_format": {"type": "json_object"}})),
        ("`response_format` json_schema", json!({"response_format": schema})),
        ("`max_tokens`", json!({"max_tokens": 99})),
        ("`temperature`", json!({"temperature": 0.5})),
        ("`top_p`", json!({"top_p": 0.5})),
        ("`top_k`", json!({"top_k": 5})),
        ("`stop`", json!({"stop": "END"})),
        ("`seed`", json!({"seed": 7})),
        ("`n` above 1", json!({"n": 2})),
        ("`logprobs`, `top_logprobs`", json!({"logprobs": true, "top_logprobs": 2})),
        ("penalties", json!({"presence_penalty": 0.5})),
        ("`logit_bias`", json!({"logit_bias": {"1": 2}})),
        ("`reasoning_effort`", json!({"reasoning_effort": "high"})),
        (
            "`thinking`, Anthropic's",
            json!({"thinking": {"type": "enabled", "budget_tokens": 4000}}),
        ),
        ("`reasoning.max_tokens`, OpenRouter's", json!({"reasoning": {"max_tokens": 4000}})),
        ("`user`", json!({"user": "me"})),
        (
            "`cache_control` on a part",
            user_part(
                &json!({"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}}),
            ),
        ),
    ]
}

/// The same request without what the feature adds: to a choice among tools, the tools.
fn without(feature: &Value) -> Value {
    match feature.get("tool_choice").or(feature.get("parallel_tool_calls")) {
        Some(_) => with_tools(&json!({})),
        None => json!({}),
    }
}

fn sent(
    kind: ProviderKind,
    api: Option<ApiChoice>,
    model: &'static str,
    members: &Value,
) -> Result<UpstreamRequest, BadRequest> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    merge(&mut body, members);
    let body = Bytes::from(body.to_string());
    let request = ClientRequest::parse(Dialect::OpenAiChat, body, None).unwrap();
    sent_request(&request, ("", kind, api, model))
}

/// What such a provider is sent.
pub fn sent_request(
    request: &ClientRequest,
    (_, kind, api, model): Column,
) -> Result<UpstreamRequest, BadRequest> {
    let facts = Table::shipped().unwrap().facts(model, &ModelConfig::default());
    let default_params = &Map::new();
    let settings = ProviderSettings { api, ..ProviderSettings::default() };
    let base_url = kind.facts().base_url.default().unwrap_or("http://localhost");
    let apis = endpoints(kind, base_url, &settings).unwrap().apis;
    let dialect = select_api(request, kind, &apis, &facts, default_params);
    let (capabilities, mapping) = (&facts.capabilities, &PayloadMapping::default());
    to_upstream(
        request,
        UpstreamTarget {
            kind,
            provider: "up",
            dialect,
            model,
            default_params,
            capabilities,
            mapping,
        },
    )
}

fn fate(
    kind: ProviderKind,
    api: Option<ApiChoice>,
    model: &'static str,
    feature: &Value,
) -> &'static str {
    match sent(kind, api, model, feature) {
        Err(bad) => {
            assert!(bad.param.is_some(), "{}: a refusal without a place", bad.message);
            "refused"
        }
        Ok(with) if with.dropped.is_empty() => {
            let plain = sent(kind, api, model, &without(feature)).unwrap();
            assert_ne!(with.body, plain.body, "{kind:?} loses {feature} without a word");
            "carried"
        }
        Ok(_) => "dropped",
    }
}

fn document() -> String {
    let mut text = String::from(
        "# Providers\n\n\
         What becomes of each part of a client's request. *carried*: the provider gets it in its own words.\n\
         *dropped*: it has no counterpart; the answer's header `x-llm-router-dropped` names it. *refused*: a 400\n\
         that names the place, for leaving it out would change what was asked.\n\n\
         The OpenAI family are `openai_compatible`, `deepseek`, `qwen`, `openrouter`, `vllm` and `transformers`: the\n\
         request is edited, not translated, and everything goes on as it came; what their servers make of it is theirs.\n\
         Of its other members `openai`, `grok` and `kimi` get no sampling parameter that the model refuses, and `glm` gets\n\
         `max_tokens` under that name. `openai` and `grok` are asked through the Responses API where a model takes tools\n\
         or gives its reasoning there only (`settings.api`).\n\
         A tool's name that a provider refuses is respelled on the way out, and back in the answer. A schema that Claude is\n\
         to keep to is brought into its subset; each keyword that no longer holds is named as dropped.\n\
         What a model takes differs from model to model (`capabilities.toml`); the columns name one.\n\n\
         This table is written by the test `providers_table`, from what the code does: *carried* is what changes the\n\
         request that is sent.\n\n|",
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
    text + &services() + &crate::embeddings_table::section() + &crate::clients_table::section()
}

/// Which kinds of providers have which of OpenAI's other endpoints.
fn services() -> String {
    let mut text = String::from(
        "\n## Other endpoints\n\n\
         *as it comes*: the provider has the endpoint, and gets the client's body with its own name of the model.\n\
         *converted*: it has one of another form. `openai_compatible` servers may have any of them, and may answer 404.\n\
         A model serves what it is made for: `serves` in `capabilities.toml` and `[models.config]`.\n\n| |",
    );
    let kinds = ProviderKind::ALL.map(|kind| (kind, kind.facts()));
    let kinds = kinds.iter().filter(|(_, facts)| !facts.services.is_empty());
    let kinds: Vec<_> = kinds.collect();
    for (kind, _) in &kinds {
        write!(text, " {} |", kind.as_str()).unwrap();
    }
    text.push_str("\n|---");
    text.push_str(&"|---".repeat(kinds.len()));
    text.push_str("|\n");
    for service in Service::ALL.into_iter().filter(|service| *service != Service::Chat) {
        write!(text, "| {} |", service.as_str()).unwrap();
        for (_, facts) in &kinds {
            let has_it = facts.services.iter().any(|(known, _)| *known == service);
            let how = match dialect_of(service, facts.dialect) {
                _ if !has_it => "",
                Dialect::Forwarded(_) | Dialect::Embeddings(EmbeddingApi::OpenAi) => "as it comes",
                _ => "converted",
            };
            write!(text, " {how} |").unwrap();
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

#[test]
fn the_family_is_sent_one_and_the_same() {
    for (name, feature) in features() {
        let expected = sent(ProviderKind::OpenaiCompatible, None, "any", &feature);
        for kind in FAMILY {
            assert_eq!(sent(kind, None, "any", &feature), expected, "{kind:?}: {name}");
        }
    }
}
