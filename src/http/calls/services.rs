//! OpenAI's endpoints besides chats: embeddings, which any provider that has some answers, and those
//! whose bodies are passed on as they come.

use actix_web::HttpResponse;
use actix_web::web::Payload;
use bytes::Bytes;
use serde_json::Value;

use crate::dialects::Dialect;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::request::ClientRequest;
use crate::domain::dialect::EmbeddingApi;
use crate::domain::failure::Failure;
use crate::domain::service::Service;
use crate::http::calls::serve::{CallContext, Target};
use crate::http::middleware::upload::{UploadedForm, is_form};
use crate::http::problem::Problem;
use crate::relay::{Endpoint, SentForm};

pub async fn embeddings(
    mut context: CallContext,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let dialect = Dialect::Embeddings(EmbeddingApi::OpenAi);
    let (target, request) = read(&mut context, payload, dialect).await?;
    context.serve(target, request, ClientFormat::Chat).await
}

pub async fn completions(
    mut context: CallContext,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let dialect = Dialect::Forwarded(Service::Completions);
    let (target, request) = read(&mut context, payload, dialect).await?;
    context.serve(target, request, ClientFormat::Completions).await
}

pub async fn moderations(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    forward(context, payload, Service::Moderations).await
}

pub async fn rerank(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    forward(context, payload, Service::Rerank).await
}

pub async fn images(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    forward(context, payload, Service::Images).await
}

pub async fn speech(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    forward(context, payload, Service::Speech).await
}

pub async fn image_edits(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    forward_form(context, payload, Service::ImageEdits).await
}

pub async fn image_variations(
    context: CallContext,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    forward_form(context, payload, Service::ImageVariations).await
}

pub async fn transcriptions(
    context: CallContext,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    forward_form(context, payload, Service::Transcriptions).await
}

pub async fn translations(context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    forward_form(context, payload, Service::Translations).await
}

/// A form with files. Some servers take JSON in place of it.
async fn forward_form(
    mut context: CallContext,
    payload: Payload,
    service: Service,
) -> Result<HttpResponse, Problem> {
    if !is_form(&context.request) {
        return forward(context, payload, service).await;
    }
    let UploadedForm { mut fields, model, upload } = context.read_form(payload).await?;
    // A form has texts alone.
    if let Some(stream) = fields.get_mut("stream").filter(|stream| *stream == "true") {
        *stream = Value::Bool(true);
    }
    let fields = Bytes::from(Value::Object(fields).to_string());
    let (target, request) = target_of(&context, fields, Dialect::Forwarded(service))?;
    context.forward(target, request, Some(SentForm { upload, model })).await
}

async fn forward(
    mut context: CallContext,
    payload: Payload,
    service: Service,
) -> Result<HttpResponse, Problem> {
    let (target, request) = read(&mut context, payload, Dialect::Forwarded(service)).await?;
    context.forward(target, request, None).await
}

async fn read(
    context: &mut CallContext,
    payload: Payload,
    dialect: Dialect,
) -> Result<(Target, ClientRequest), Problem> {
    let body = context.read_json(payload).await?;
    target_of(context, body, dialect)
}

fn target_of(
    context: &CallContext,
    body: Bytes,
    dialect: Dialect,
) -> Result<(Target, ClientRequest), Problem> {
    let request = ClientRequest::parse(dialect, body, None)?;
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    Ok((Target::named(Endpoint::Other(dialect.service()), name), request))
}
