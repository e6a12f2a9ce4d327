//! `POST /api/chat`, `POST /api/generate`, `POST /api/embed` and `POST /api/embeddings`, Ollama's
//! API. Its clients send bodies of any content type, and chats stream unless they say that they do
//! not.

use actix_web::HttpResponse;
use actix_web::web::Payload;
use bytes::Bytes;

use serde_json::Value;

use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::json::RawObject;
use crate::dialects::ollama::client::request::is_load;
use crate::dialects::ollama::client::wire::{Shape, loaded};
use crate::dialects::request::ClientRequest;
use crate::dialects::{Dialect, embeddings};
use crate::domain::dialect::EmbeddingApi;
use crate::domain::failure::Failure;
use crate::http::calls::ollama_names::{known_name, models_of};
use crate::http::calls::serve::{CallContext, Target};
use crate::http::problem::Problem;
use crate::relay::Endpoint;

pub async fn chat(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    serve(context, payload, Shape::Chat, Endpoint::OllamaChat).await
}

pub async fn generate(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    serve(context, payload, Shape::Generate, Endpoint::OllamaGenerate).await
}

async fn serve(
    mut context: CallContext,
    payload: Payload,
    shape: Shape,
    endpoint: Endpoint,
) -> Result<HttpResponse, Problem> {
    let body = context.read_any(payload).await?;
    let request = ClientRequest::ollama(shape, body.clone(), None);
    // A chat that has messages is not looked through for this.
    if (request.is_err() || shape == Shape::Generate) && is_load(&body, shape) {
        let now = context.auth.meta.arrived_us / 1_000_000;
        return load(&context, &body, |name, is_unload| loaded(shape, name, now, is_unload));
    }
    call(&context, request?, shape, endpoint).await
}

pub async fn embed(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    embedded(context, payload, EmbeddingApi::Ollama).await
}

/// The older way, for one text.
pub async fn embed_one(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    embedded(context, payload, EmbeddingApi::OllamaSingle).await
}

async fn embedded(
    mut context: CallContext,
    payload: Payload,
    api: EmbeddingApi,
) -> Result<HttpResponse, Problem> {
    let body = context.read_any(payload).await?;
    if embeddings::is_load(api, &body) {
        return load(&context, &body, |name, _| embeddings::loaded(api, name));
    }
    let request = ClientRequest::parse(Dialect::Embeddings(api), body, None)?;
    call(&context, request, Shape::Generate, Endpoint::OllamaEmbeddings).await
}

async fn call(
    context: &CallContext,
    mut request: ClientRequest,
    shape: Shape,
    endpoint: Endpoint,
) -> Result<HttpResponse, Problem> {
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    let name = known_name(&context.state.catalogue.snapshot(), &name).into_owned();
    request.facts.model = Some(name.clone());
    context.serve(Target::named(endpoint, name), request, ClientFormat::Ollama(shape)).await
}

/// No model is called: there is none to load. `answer`: for a name, and whether it is unloaded.
fn load(
    context: &CallContext,
    body: &Bytes,
    answer: impl FnOnce(&str, bool) -> Value,
) -> Result<HttpResponse, Problem> {
    let object = RawObject::parse(body).ok();
    let member = |name: &str| Some(object.as_ref()?.get(name)?.get());
    let named = member("model").and_then(|name| serde_json::from_str::<String>(name).ok());
    let named = named.ok_or(Failure::NoModelNamed)?;
    let snapshot = context.state.catalogue.snapshot();
    let name = known_name(&snapshot, &named);
    if models_of(&snapshot, &context.auth, &name).is_empty() {
        let near = context.auth.near_names(&snapshot, &named);
        return Err(Failure::ModelNotFound { requested: named, near }.into());
    }
    let is_unload = member("keep_alive").is_some_and(|time| matches!(time, "0" | "\"0\""));
    Ok(HttpResponse::Ok().json(answer(&named, is_unload)))
}
