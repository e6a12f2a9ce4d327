//! `POST /v1/chat/completions`, and the same below a model's own path.

use actix_web::HttpResponse;
use actix_web::web::{Path, Payload};

use crate::dialects::Dialect;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::request::ClientRequest;
use crate::domain::failure::Failure;
use crate::http::calls::serve::{CallContext, Target};
use crate::http::problem::Problem;
use crate::relay::Endpoint;

pub async fn chat(mut context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    let body = context.read_json(payload).await?;
    let request = ClientRequest::parse(Dialect::OpenAiChat, body, None)?;
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    context.serve(Target::named(Endpoint::Chat, name), request, ClientFormat::Chat).await
}

/// The model of the path serves, whatever the body names.
pub async fn chat_with(
    mut context: CallContext,
    path: Path<(String, String)>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = context.read_json(payload).await?;
    let (provider, model) = path.into_inner();
    let name = format!("{provider}/{model}");
    let request = ClientRequest::parse(Dialect::OpenAiChat, body, Some(name.clone()))?;
    context.serve(Target::named(Endpoint::Chat, name), request, ClientFormat::Chat).await
}
