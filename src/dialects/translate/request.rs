//! The client's request in the upstream's dialect.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::config::entries::ProviderKind;
use crate::config::payload_mapping::PayloadMapping;
use crate::dialects::encoded::Encoded;
use crate::dialects::openai::body::{BadRequest, ChatBody};
use crate::dialects::openai::client::names::Respelled;
use crate::dialects::openai::stops;
use crate::dialects::openai::upstream::edit::encode;
use crate::dialects::openai::upstream::quirks::Quirks;
use crate::dialects::{Dialect, anthropic, functions, gemini, ollama, remote_http, responses};
use crate::domain::capabilities::Capabilities;

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
pub fn to_upstream(body: &ChatBody, to: Addressee<'_>) -> Result<Outgoing, BadRequest> {
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
fn call_as_the_client_does(asked: &ChatBody, dropped: &mut Vec<String>) {
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

fn translated(body: &ChatBody, to: Addressee<'_>) -> Result<Outgoing, BadRequest> {
    let quirks = Quirks::of(to.kind, to.capabilities, body, to.default_params);
    if to.dialect == Dialect::OpenAiChat {
        let dropped = quirks.refused.iter().filter(|name| body.has(name));
        return Ok(Outgoing {
            body: encode(body, to.model, to.default_params, &quirks),
            path: None,
            dropped: dropped.map(|name| (*name).to_owned()).collect(),
            respelled: Respelled::default(),
        });
    }
    // The edit puts the model's defaults in, so they are translated with the rest.
    let only_own = Quirks { own: quirks.own, ..Quirks::default() };
    let mut edited = ChatBody::parse(encode(body, to.model, to.default_params, &only_own))?;
    if let Some(with_tools) = functions::as_tools(&edited) {
        edited = ChatBody::parse(with_tools)?;
    }
    // Put in with the tools that stand for functions, and not asked for.
    let is_asked_for = |name: &String| name != "parallel_tool_calls" || body.has(name);
    if to.dialect == Dialect::RemoteHttp {
        let body = remote_http::upstream::encode::encode(edited.bytes(), body.is_stream, to.shape)?;
        let mut dropped = remote_http::upstream::encode::dropped(edited.bytes(), to.shape);
        dropped.retain(is_asked_for);
        return Ok(Outgoing { body, path: None, dropped, respelled: Respelled::default() });
    }
    let mut request = crate::dialects::openai::client::request::decode(&edited, to.model)?;
    let respelled = Respelled::within(&mut request, to.dialect);
    let client = body;
    let Encoded { body, mut dropped } = match to.dialect {
        Dialect::OpenAiResponses(maker) => {
            responses::upstream::encode::encode(&request, to.capabilities, maker)?
        }
        Dialect::AnthropicMessages => {
            anthropic::upstream::encode::encode(&request, to.capabilities)?
        }
        Dialect::GeminiGenerate => gemini::upstream::encode::encode(&request, to.capabilities)?,
        Dialect::OllamaChat | Dialect::OpenAiChat | Dialect::RemoteHttp => {
            ollama::upstream::encode::encode(&request, to.capabilities)?
        }
    };
    let untold = |name: &String| !dropped.contains(name);
    let passed_over: Vec<String> = request.passed_over.into_iter().filter(untold).collect();
    dropped.extend(passed_over);
    dropped.retain(is_asked_for);
    call_as_the_client_does(client, &mut dropped);
    let path = (to.dialect == Dialect::GeminiGenerate)
        .then(|| gemini::upstream::path(to.model, request.is_stream));
    Ok(Outgoing { body, path, dropped, respelled })
}
