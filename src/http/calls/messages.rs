//! `POST /v1/messages`, Anthropic's API, and `POST /v1/messages/count_tokens`.

use actix_web::HttpResponse;
use actix_web::web::{Json, Payload};
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialects::Dialect;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::request::ClientRequest;
use crate::domain::failure::Failure;
use crate::http::calls::serve::{CallContext, Target, call};
use crate::http::calls::vendor_headers::vendor_headers;
use crate::http::problem::Problem;
use crate::relay::{self, Endpoint};

/// The number of tokens of a prompt.
#[derive(Serialize, ToSchema)]
pub struct TokenCount {
    input_tokens: u64,
}

pub async fn create(mut context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    let (request, name) = read(&mut context, payload).await?;
    context.serve(Target::named(Endpoint::Messages, name), request, ClientFormat::Messages).await
}

/// It is no call: nothing is recorded, and it takes nothing from limits; but what a call may not
/// reach is not counted for either.
pub async fn count(
    mut context: CallContext,
    payload: Payload,
) -> Result<Json<TokenCount>, Problem> {
    let (request, name) = read(&mut context, payload).await?;
    let own = request.own().cloned();
    let target = Target::named(Endpoint::Messages, name);
    let mut call = call(target, request, &context.auth, 0)?;
    call.vendor = vendor_headers(context.request.headers());
    let counted = relay::count_tokens(&context.worker.0, &call).await;
    let input_tokens =
        counted.map_err(|failure| Problem::from(failure).in_words_of(own.as_deref()))?;
    Ok(Json(TokenCount { input_tokens }))
}

async fn read(
    context: &mut CallContext,
    payload: Payload,
) -> Result<(ClientRequest, String), Problem> {
    let body = context.read_json(payload).await?;
    let request = ClientRequest::parse(Dialect::AnthropicMessages, body, None)?;
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    Ok((request, name))
}
