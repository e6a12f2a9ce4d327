//! A client's request for embeddings, and what an upstream is sent of it.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{EmbeddingRequest, gemini, ollama, openai};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::openai::facts;
use crate::dialects::openai::upstream::edit::plainly;
use crate::domain::dialect::EmbeddingApi;
use crate::domain::facts::RequestFacts;
use crate::domain::service::Service;

/// The model that a request goes to.
#[derive(Clone, Copy, Debug)]
pub struct To<'a> {
    pub api: EmbeddingApi,
    /// The upstream's name of it.
    pub model: &'a str,
    pub default_params: &'a Map<String, Value>,
    /// Members meant for the router alone.
    pub own_members: &'a [&'a str],
}

/// What an upstream is sent.
#[derive(Debug)]
pub struct Sent {
    pub body: Bytes,
    /// What does not fit into one request.
    pub further: Vec<Bytes>,
    pub path: Option<String>,
    pub dropped: Vec<String>,
    /// The client's own bytes, edited.
    pub is_own: bool,
}

/// A body of this API with its facts, and the error in the client's preferences.
///
/// # Errors
/// When the bytes are no JSON object, or hold nothing to embed.
pub fn check(
    api: EmbeddingApi,
    bytes: Bytes,
) -> Result<(JsonBody, RequestFacts, Option<BadRequest>), BadRequest> {
    let body = JsonBody::parse(bytes, |_| Ok(()))?;
    let text = text_member(api);
    // Some servers of OpenAI's API embed a conversation instead.
    let may_lack = api == EmbeddingApi::OpenAi && body.has("messages");
    if !may_lack && body.value_of(text).is_none_or(|value| value == b"null") {
        return Err(BadRequest::new(format!("`{text}` is missing"), text));
    }
    if body.value_of("model").is_some_and(|value| !value.starts_with(b"\"") && value != b"null") {
        return Err(BadRequest::new("`model` must be a string", "model"));
    }
    let (mut facts, bad) = facts::of_service(&body, Service::Embeddings, &[text, "messages"]);
    facts.is_stream = false;
    Ok((body, facts, bad))
}

/// Whether a client of Ollama's API asks for nothing, and so has a model loaded.
pub fn is_load(api: EmbeddingApi, body: &[u8]) -> bool {
    ollama::is_load(body, text_member(api))
}

/// The member that says what the vectors are for, which only Gemini's models are told.
fn purpose_member(client: EmbeddingApi) -> &'static str {
    match client {
        EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle => "taskType",
        EmbeddingApi::OpenAi | EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle => "input_type",
    }
}

fn text_member(api: EmbeddingApi) -> &'static str {
    match api {
        EmbeddingApi::OpenAi | EmbeddingApi::Ollama => "input",
        EmbeddingApi::OllamaSingle => "prompt",
        EmbeddingApi::GeminiBatch => "requests",
        EmbeddingApi::GeminiSingle => "content",
    }
}

/// # Errors
/// When the request holds what cannot be read as texts.
pub(super) fn decode(api: EmbeddingApi, body: &JsonBody) -> Result<EmbeddingRequest, BadRequest> {
    match api {
        EmbeddingApi::OpenAi => openai::request(body),
        EmbeddingApi::Ollama => ollama::request(body),
        EmbeddingApi::OllamaSingle => ollama::single(body),
        EmbeddingApi::GeminiBatch => gemini::batch(body),
        EmbeddingApi::GeminiSingle => gemini::single(body),
    }
}

/// The request of a client of this API for an upstream.
///
/// # Errors
/// When it cannot be expressed there.
pub fn to_upstream(client: EmbeddingApi, body: &JsonBody, to: To<'_>) -> Result<Sent, BadRequest> {
    let own = own(client, body, to);
    let is_own = own.is_some();
    let (body, further, dropped) = match own {
        Some(own) => (own, Vec::new(), Vec::new()),
        None => {
            let whole = with_defaults(body, to.default_params)?;
            let mut request = decode(client, &whole)?;
            request.dimensions = request.dimensions.or(default_dimensions(to.default_params));
            let is_default = |name: &str| to.default_params.contains_key(name) && !body.has(name);
            request.left_out.retain(|name| !is_default(name));
            let is_for_gemini = to.api == EmbeddingApi::GeminiBatch;
            if request.purpose.is_some() && !is_for_gemini && !is_default("input_type") {
                request.left_out.push(String::from(purpose_member(client)));
            }
            let (sent, further) = match to.api {
                EmbeddingApi::OpenAi => (openai::encode(&request, to.model), Vec::new()),
                EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle => {
                    gemini::encode(&request, to.model)
                }
                EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle => {
                    (ollama::encode(&request, to.model), Vec::new())
                }
            };
            (sent, further, request.left_out)
        }
    };
    let path = path(client, to, is_own);
    Ok(Sent { body, further, path, dropped, is_own })
}

/// What follows the upstream's URL, or stands in the place of its end.
fn path(client: EmbeddingApi, to: To<'_>, is_own: bool) -> Option<String> {
    match (to.api, client) {
        (EmbeddingApi::GeminiBatch, EmbeddingApi::GeminiSingle) if is_own => {
            Some(gemini::single_path(to.model))
        }
        (EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle, _) => Some(gemini::path(to.model)),
        (EmbeddingApi::Ollama, EmbeddingApi::OllamaSingle) => {
            Some(String::from(ollama::SINGLE_PATH))
        }
        _ => None,
    }
}

/// The client's own bytes for an upstream of the same family; `None` for another one.
fn own(client: EmbeddingApi, body: &JsonBody, to: To<'_>) -> Option<Bytes> {
    match (client, to.api) {
        (EmbeddingApi::OpenAi, EmbeddingApi::OpenAi)
        | (EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle, EmbeddingApi::Ollama) => {
            Some(plainly(body, to.model, to.default_params, to.own_members, false))
        }
        (EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle, EmbeddingApi::GeminiBatch) => {
            let holds_own = to.own_members.iter().any(|name| body.has(name));
            let without = holds_own.then(|| body.without(to.own_members));
            let body = without.as_ref().unwrap_or(body);
            let dimensions = default_dimensions(to.default_params);
            match client {
                EmbeddingApi::GeminiBatch => gemini::renamed_batch(body, to.model, dimensions),
                _ => Some(gemini::renamed(body, to.model, dimensions)),
            }
        }
        _ => None,
    }
}

/// In OpenAI's word, which default parameters have, or in Gemini's.
fn default_dimensions(default_params: &Map<String, Value>) -> Option<u64> {
    let named = ["dimensions", "outputDimensionality"];
    named.iter().find_map(|name| default_params.get(*name)?.as_u64())
}

/// The body with the model's default parameters.
fn with_defaults(
    body: &JsonBody,
    default_params: &Map<String, Value>,
) -> Result<JsonBody, BadRequest> {
    let mut edits = Edits::default();
    for (name, value) in default_params.iter().filter(|(name, _)| !body.has(name)) {
        edits.set(body, name, value.to_string());
    }
    JsonBody::parse(edits.apply(body.bytes()), |_| Ok(()))
}
