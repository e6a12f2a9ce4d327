//! The client's request in the upstream's dialect.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::encoded::Encoded;
use super::openai::body::{BadBody, ChatBody};
use super::openai::encode::encode;
use super::openai::quirks::max_tokens_name;
use super::{Dialect, anthropic, gemini, hub, ollama};
use crate::config::entries::ProviderKind;
use crate::domain::capabilities::Capabilities;

/// What is posted, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub body: Bytes,
    /// What goes on behind the provider's URL, where that depends on the model.
    pub path: Option<String>,
    /// The client's parameters that the upstream has no counterpart for.
    pub dropped: Vec<String>,
}

/// # Errors
/// When the request holds what this upstream cannot be told, with the place.
pub fn outgoing(
    kind: ProviderKind,
    body: &ChatBody,
    remote_name: &str,
    default_params: &Map<String, Value>,
    capabilities: &Capabilities,
) -> Result<Outgoing, BadBody> {
    let dialect = Dialect::of(kind);
    let edited = encode(body, remote_name, default_params, max_tokens_name(kind));
    if dialect == Dialect::OpenAi {
        return Ok(Outgoing { body: edited, path: None, dropped: Vec::new() });
    }
    // The edit has put the model's defaults in, so they are translated with the rest.
    let request = hub::request::decode(&ChatBody::parse(edited)?, remote_name)?;
    let Encoded { body, mut dropped } = match dialect {
        Dialect::Anthropic => anthropic::encode::encode(&request, capabilities)?,
        Dialect::Gemini => gemini::encode::encode(&request, capabilities)?,
        Dialect::Ollama | Dialect::OpenAi => ollama::encode::encode(&request, capabilities)?,
    };
    dropped.extend(request.passed_over);
    let path = (dialect == Dialect::Gemini).then(|| gemini::path(remote_name, request.is_stream));
    Ok(Outgoing { body, path, dropped })
}
