//! The client's request in the upstream's dialect.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::config::payload_mapping::PayloadMapping;
use crate::dialects::encoded::Encoded;
use crate::dialects::errors::{BadRequest, Untranslatable};
use crate::dialects::json::body::JsonBody;
use crate::dialects::openai::client::names::Respelled;
use crate::dialects::openai::client::places::bad_request;
use crate::dialects::openai::client::request;
use crate::dialects::openai::stops;
use crate::dialects::openai::upstream::edit::{encode, missing_defaults, with_defaults};
use crate::dialects::openai::upstream::quirks::Quirks;
use crate::dialects::openai::{body, facts};
use crate::dialects::request::ClientRequest;
use crate::dialects::{Dialect, anthropic, functions, gemini, ollama, remote_http, responses};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::ChatRequest;
use crate::domain::provider_kind::ProviderKind;

/// Whom a request is for.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    pub kind: ProviderKind,
    pub dialect: Dialect,
    /// The upstream's name of the model.
    pub model: &'a str,
    pub default_params: &'a Map<String, Value>,
    pub capabilities: &'a Capabilities,
    /// Of a plain JSON service.
    pub shape: &'a PayloadMapping,
}

/// What is posted, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub body: Bytes,
    /// What goes on behind the provider's URL, where that depends on the model.
    pub path: Option<String>,
    /// The client's parameters that the upstream has no counterpart for.
    pub dropped: Vec<String>,
    /// What has to be called by its own name again in the answer.
    pub respelled: Respelled,
}

/// # Errors
/// When the request holds what this upstream cannot be told, with the place.
pub fn to_upstream(request: &ClientRequest, to: Addressee<'_>) -> Result<Outgoing, BadRequest> {
    let body = &request.body;
    let default_params = &*stops::defaults_without_empty(to.default_params);
    let to = Addressee { default_params, ..to };
    let Some(sound) = stops::without_empty(body)? else { return translated(body, to) };
    let mut outgoing = translated(&sound, to)?;
    if !outgoing.dropped.iter().any(|name| name == "stop") {
        outgoing.dropped.push(String::from("stop"));
    }
    Ok(outgoing)
}

/// An effort that is not taken has the name of the member that asked for it.
fn call_as_the_client_does(asked: &JsonBody, dropped: &mut Vec<String>) {
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

fn translated(body: &JsonBody, to: Addressee<'_>) -> Result<Outgoing, BadRequest> {
    let capabilities = to.capabilities;
    match to.dialect {
        Dialect::OpenAiChat | Dialect::Invoke => Ok(only_edited(body, to)),
        Dialect::RemoteHttp => mapped(body, to),
        Dialect::OpenAiResponses(maker) => through_hub(body, to, |request| {
            responses::upstream::encode::encode(request, capabilities, maker)
        }),
        Dialect::AnthropicMessages => through_hub(body, to, |request| {
            anthropic::upstream::encode::encode(request, capabilities)
        }),
        Dialect::GeminiGenerate => {
            through_hub(body, to, |request| gemini::upstream::encode::encode(request, capabilities))
        }
        Dialect::OllamaChat => {
            through_hub(body, to, |request| ollama::upstream::encode::encode(request, capabilities))
        }
    }
}

fn quirks(body: &JsonBody, to: Addressee<'_>) -> Quirks {
    Quirks::of(to.kind, to.capabilities, body, to.default_params)
}

/// The client's bytes, for an upstream of the client's dialect.
fn only_edited(body: &JsonBody, to: Addressee<'_>) -> Outgoing {
    let quirks = quirks(body, to);
    let dropped = quirks.refused.iter().filter(|name| body.has(name));
    Outgoing {
        body: encode(body, to.model, to.default_params, &quirks),
        path: None,
        dropped: dropped.map(|name| (*name).to_owned()).collect(),
        respelled: Respelled::default(),
    }
}

/// The members for the hub, with the model's defaults among them, so that these are translated with the rest. This is
/// the only time that the body is parsed whole.
fn members(body: &JsonBody, to: Addressee<'_>) -> Result<Map<String, Value>, BadRequest> {
    let mut members = request::members(body)?;
    for own in quirks(body, to).own {
        members.shift_remove(*own);
    }
    let mut members = with_defaults(members, to.default_params);
    if functions::are_in(body, to.default_params) {
        functions::into_tools(&mut members);
    }
    body::check_types(&members)?;
    Ok(members)
}

/// The client's bytes with the model's defaults among them. `functions` are rewritten, which parses the body.
fn edited(body: &JsonBody, to: Addressee<'_>) -> Result<Bytes, BadRequest> {
    let only_own = Quirks { own: quirks(body, to).own, ..Quirks::default() };
    body::check_types(missing_defaults(to.default_params, |name| body.has(name)))?;
    let edited = encode(body, to.model, to.default_params, &only_own);
    let is_old = functions::are_in(body, to.default_params);
    // What cannot be read goes on as it is.
    let Some(mut members) = is_old.then(|| serde_json::from_slice(&edited).ok()).flatten() else {
        return Ok(edited);
    };
    functions::into_tools(&mut members);
    body::check_types(&members)?;
    Ok(Value::Object(members).to_string().into())
}

/// Whether the client sent it: `parallel_tool_calls` is put in with the tools that stand for
/// functions.
fn is_the_clients(name: &str, body: &JsonBody) -> bool {
    name != "parallel_tool_calls" || body.has(name)
}

/// For a plain JSON service.
fn mapped(body: &JsonBody, to: Addressee<'_>) -> Result<Outgoing, BadRequest> {
    let edited = edited(body, to)?;
    let Encoded { body: sent, mut dropped } =
        remote_http::upstream::encode::encode(&edited, facts::is_stream(body), to.shape)
            .map_err(bad_request)?;
    dropped.retain(|name| is_the_clients(name, body));
    Ok(Outgoing { body: sent, path: None, dropped, respelled: Respelled::default() })
}

/// For an upstream of another dialect.
fn through_hub(
    client: &JsonBody,
    to: Addressee<'_>,
    encode: impl FnOnce(&ChatRequest) -> Result<Encoded, Untranslatable>,
) -> Result<Outgoing, BadRequest> {
    let mut request = request::decode_members(members(client, to)?, to.model)?;
    let respelled = Respelled::within(&mut request, to.dialect);
    let Encoded { body, mut dropped } = encode(&request).map_err(bad_request)?;
    let untold = |name: &String| !dropped.contains(name);
    let passed_over: Vec<String> = request.passed_over.into_iter().filter(untold).collect();
    dropped.extend(passed_over);
    dropped.retain(|name| is_the_clients(name, client));
    call_as_the_client_does(client, &mut dropped);
    let path = (to.dialect == Dialect::GeminiGenerate)
        .then(|| gemini::upstream::path(to.model, request.is_stream));
    Ok(Outgoing { body, path, dropped, respelled })
}
