//! Translates the client's request into the upstream's dialect.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::config::payload_mapping::PayloadMapping;
use crate::dialects::encoded::Encoded;
use crate::dialects::envelope;
use crate::dialects::errors::{BadRequest, Untranslatable};
use crate::dialects::json::body::JsonBody;
use crate::dialects::needle::needle;
use crate::dialects::openai::client::names::Respelled;
use crate::dialects::openai::client::places::bad_request;
use crate::dialects::openai::client::request;
use crate::dialects::openai::stops;
use crate::dialects::openai::upstream::edit::{encode, missing_defaults, plainly, with_defaults};
use crate::dialects::openai::upstream::quirks::{Quirks, own_members};
use crate::dialects::openai::{body, facts};
use crate::dialects::own::{Own, OwnRequest};
use crate::dialects::request::ClientRequest;
use crate::dialects::{
    Dialect, anthropic, completions, embeddings, functions, gemini, ollama, remote_http, responses,
};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::ChatRequest;
use crate::domain::dialect::EmbeddingApi;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::service::Service;

mod fitted;

use fitted::Fitted;

/// The target of a request.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamTarget<'a> {
    pub kind: ProviderKind,
    /// The provider's name.
    pub provider: &'a str,
    pub dialect: Dialect,
    /// The upstream's name of the model.
    pub model: &'a str,
    pub default_params: &'a Map<String, Value>,
    pub capabilities: &'a Capabilities,
    /// The mapping of a `remote_http` service.
    pub mapping: &'a PayloadMapping,
}

needle!(SEALED = b"\"sealed_by\"");

impl UpstreamTarget<'_> {
    /// As envelopes name the model.
    fn sealed_by(self) -> String {
        format!("{}/{}", self.provider, self.model)
    }
}

/// The request to the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    pub body: Bytes,
    /// What does not fit into one request, sent one after another; their answers are one.
    pub further: Vec<Bytes>,
    /// The path after the provider's URL, where it depends on the model.
    pub path: Option<String>,
    /// The client's parameters without a counterpart in the upstream's dialect.
    pub dropped: Vec<String>,
    /// The tool names to restore in the answer.
    pub respelled: Respelled,
    /// The client's own bytes, edited.
    pub is_own: bool,
    /// Parameters that were brought within what the model takes: `max_tokens=100`.
    pub adjusted: Vec<String>,
}

/// # Errors
/// When the request cannot be expressed in the upstream's dialect, with the path.
pub fn to_upstream(
    request: &ClientRequest,
    to: UpstreamTarget<'_>,
) -> Result<UpstreamRequest, BadRequest> {
    match (request.dialect, to.dialect) {
        (Dialect::Embeddings(client), Dialect::Embeddings(api)) => {
            return embedding(client, request.body(), api, to);
        }
        (_, Dialect::Forwarded(_)) => return Ok(forwarded(request.body(), to)),
        (Dialect::Forwarded(Service::Completions), _) => {
            let (chat, left_out) = completions::as_chat(request.body())?;
            let mut sent = from_chat(&chat, to)?;
            sent.dropped.extend(left_out);
            return Ok(sent);
        }
        _ => {}
    }
    if let Some(own) = request.own() {
        return from_own(own, request, to);
    }
    from_chat(request.chat()?, to)
}

fn embedding(
    client: EmbeddingApi,
    body: &JsonBody,
    api: EmbeddingApi,
    to: UpstreamTarget<'_>,
) -> Result<UpstreamRequest, BadRequest> {
    let (model, default_params, own_members) = (to.model, to.default_params, own_members(to.kind));
    let there = embeddings::To { api, model, default_params, own_members };
    let embeddings::Sent { body, further, path, dropped, is_own } =
        embeddings::to_upstream(client, body, there)?;
    let (respelled, adjusted) = (Respelled::default(), Vec::new());
    Ok(UpstreamRequest { body, further, path, dropped, respelled, is_own, adjusted })
}

/// The client's bytes for another of OpenAI's endpoints.
fn forwarded(body: &JsonBody, to: UpstreamTarget<'_>) -> UpstreamRequest {
    let tells_usage = to.dialect == Dialect::Forwarded(Service::Completions);
    UpstreamRequest {
        body: plainly(body, to.model, to.default_params, own_members(to.kind), tells_usage),
        further: Vec::new(),
        path: None,
        dropped: Vec::new(),
        respelled: Respelled::default(),
        is_own: true,
        adjusted: Vec::new(),
    }
}

/// Of a client of a vendor's API.
fn from_own(
    own: &Own,
    request: &ClientRequest,
    to: UpstreamTarget<'_>,
) -> Result<UpstreamRequest, BadRequest> {
    if own.is_of(to.dialect, to.kind) {
        let OwnRequest { body, path, lowered } =
            own.encode(request.limited(), to.model, to.capabilities, to.default_params);
        let (dropped, respelled) = (Vec::new(), Respelled::default());
        let adjusted = lowered.map(|most| max_tokens(own, most)).into_iter().collect();
        let further = Vec::new();
        return Ok(UpstreamRequest {
            body,
            further,
            path,
            dropped,
            respelled,
            is_own: true,
            adjusted,
        });
    }
    let never_sent = own.left_out()?;
    let Fitted { chat, dropped: left_out, lowered } =
        fitted::for_upstream(own, request.chat()?, to)?;
    let mut sent = from_chat(&chat, to).map_err(|bad| own.respelled(bad))?;
    let names = sent.dropped.iter().map(|name| own.member(name).to_owned());
    let mut dropped: Vec<String> = never_sent.iter().cloned().chain(names).collect();
    dropped.extend(left_out);
    let mut known = HashSet::new();
    dropped.retain(|name| known.insert(name.clone()));
    sent.dropped = dropped;
    sent.adjusted.extend(lowered.map(|most| max_tokens(own, most)));
    Ok(sent)
}

/// As the client is told of it.
fn max_tokens(own: &Own, most: u64) -> String {
    format!("{}={most}", own.member("max_tokens"))
}

fn from_chat(body: &JsonBody, to: UpstreamTarget<'_>) -> Result<UpstreamRequest, BadRequest> {
    let default_params = &*stops::defaults_without_empty(to.default_params);
    let to = UpstreamTarget { default_params, ..to };
    let Some(sound) = stops::without_empty(body)? else { return translated(body, to) };
    let mut sent = translated(&sound, to)?;
    if !sent.dropped.iter().any(|name| name == "stop") {
        sent.dropped.push(String::from("stop"));
    }
    Ok(sent)
}

/// Names a dropped effort after the member in which the client sent it.
fn name_as_the_client_does(asked: &JsonBody, dropped: &mut Vec<String>) {
    const EFFORT: &str = "reasoning_effort";
    let names = [EFFORT, "reasoning", "thinking", "output_config"];
    let own = names.into_iter().find(|name| asked.has(name));
    let Some(own) = own.filter(|own| *own != EFFORT) else { return };
    let count = dropped.len();
    dropped.retain(|name| name != EFFORT);
    if dropped.len() < count && !dropped.iter().any(|name| name == own) {
        dropped.push(own.to_owned());
    }
}

fn translated(body: &JsonBody, to: UpstreamTarget<'_>) -> Result<UpstreamRequest, BadRequest> {
    let capabilities = to.capabilities;
    match to.dialect {
        Dialect::OpenAiChat | Dialect::Invoke => Ok(only_edited(body, to)),
        Dialect::RemoteHttp => mapped(body, to),
        Dialect::OpenAiResponses(maker) => via_chat_request(body, to, |request| {
            responses::upstream::encode::encode(request, capabilities, maker)
        }),
        Dialect::AnthropicMessages => via_chat_request(body, to, |request| {
            anthropic::upstream::encode::encode(request, capabilities)
        }),
        Dialect::GeminiGenerate => via_chat_request(body, to, |request| {
            gemini::upstream::encode::encode(request, capabilities)
        }),
        Dialect::OllamaChat => via_chat_request(body, to, |request| {
            ollama::upstream::encode::encode(request, capabilities)
        }),
        Dialect::Embeddings(_) | Dialect::Forwarded(_) => Ok(forwarded(body, to)),
    }
}

fn quirks(body: &JsonBody, to: UpstreamTarget<'_>) -> Quirks {
    Quirks::of(to.kind, to.capabilities, body, to.default_params)
}

/// Edits the client's bytes, for an upstream of the client's dialect.
fn only_edited(body: &JsonBody, to: UpstreamTarget<'_>) -> UpstreamRequest {
    let quirks = quirks(body, to);
    let dropped = quirks.refused.iter().filter(|name| body.has(name));
    UpstreamRequest {
        body: encode(body, to.model, to.default_params, &quirks),
        further: Vec::new(),
        path: None,
        dropped: dropped.map(|name| (*name).to_owned()).collect(),
        respelled: Respelled::default(),
        is_own: false,
        adjusted: Vec::new(),
    }
}

/// The parsed members, including the model's defaults, so that these are translated with the rest.
/// This is the only time that the body is parsed whole.
fn members(body: &JsonBody, to: UpstreamTarget<'_>) -> Result<Map<String, Value>, BadRequest> {
    let mut members = request::members(body)?;
    for own in quirks(body, to).own {
        members.shift_remove(*own);
    }
    if SEALED.is_in(body.bytes()) {
        envelope::keep_only_of(&mut members, &to.sealed_by());
    }
    let mut members = with_defaults(members, to.default_params);
    if functions::are_in(body, to.default_params) {
        functions::into_tools(&mut members);
    }
    body::check_types(&members)?;
    Ok(members)
}

/// The client's bytes with the model's defaults added. Only a body with `functions` is parsed, to
/// rewrite them.
fn edited(body: &JsonBody, to: UpstreamTarget<'_>) -> Result<Bytes, BadRequest> {
    let only_own = Quirks { own: quirks(body, to).own, ..Quirks::default() };
    body::check_types(missing_defaults(to.default_params, |name| body.has(name)))?;
    let edited = encode(body, to.model, to.default_params, &only_own);
    let is_old = functions::are_in(body, to.default_params);
    // A body that cannot be parsed is forwarded unchanged.
    let Some(mut members) = is_old.then(|| serde_json::from_slice(&edited).ok()).flatten() else {
        return Ok(edited);
    };
    functions::into_tools(&mut members);
    body::check_types(&members)?;
    Ok(Value::Object(members).to_string().into())
}

/// Whether the client sent this parameter: `parallel_tool_calls` is added with the tools that
/// replace functions.
fn is_the_clients(name: &str, body: &JsonBody) -> bool {
    name != "parallel_tool_calls" || body.has(name)
}

/// For a `remote_http` service.
fn mapped(body: &JsonBody, to: UpstreamTarget<'_>) -> Result<UpstreamRequest, BadRequest> {
    let edited = edited(body, to)?;
    let Encoded { body: sent, mut dropped } =
        remote_http::upstream::encode::encode(&edited, facts::is_stream(body), to.mapping)
            .map_err(bad_request)?;
    dropped.retain(|name| is_the_clients(name, body));
    let respelled = Respelled::default();
    Ok(UpstreamRequest {
        body: sent,
        further: Vec::new(),
        path: None,
        dropped,
        respelled,
        is_own: false,
        adjusted: Vec::new(),
    })
}

/// Through a [`ChatRequest`], for an upstream of another dialect.
fn via_chat_request(
    client: &JsonBody,
    to: UpstreamTarget<'_>,
    encode: impl FnOnce(&ChatRequest) -> Result<Encoded, Untranslatable>,
) -> Result<UpstreamRequest, BadRequest> {
    let mut request = request::decode_members(members(client, to)?, to.model)?;
    let respelled = Respelled::within(&mut request, to.dialect);
    let Encoded { body, mut dropped } = encode(&request).map_err(bad_request)?;
    let untold = |name: &String| !dropped.contains(name);
    let passed_over: Vec<String> = request.passed_over.into_iter().filter(untold).collect();
    dropped.extend(passed_over);
    dropped.retain(|name| is_the_clients(name, client));
    name_as_the_client_does(client, &mut dropped);
    let path = (to.dialect == Dialect::GeminiGenerate)
        .then(|| gemini::upstream::path(to.model, request.is_stream));
    let (further, adjusted) = (Vec::new(), Vec::new());
    Ok(UpstreamRequest { body, further, path, dropped, respelled, is_own: false, adjusted })
}
