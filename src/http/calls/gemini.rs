//! Gemini's API: `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent`,
//! `:countTokens`, `:embedContent` and `:batchEmbedContents`, and the same under `/v1`. The model is
//! in the path, and may hold `/` and `:`.

use actix_web::web::{Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialects::Dialect;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::gemini::client::request::counted;
use crate::dialects::gemini::client::stream::Framing;
use crate::dialects::request::ClientRequest;
use crate::domain::dialect::EmbeddingApi;
use crate::domain::failure::Failure;
use crate::http::calls::serve::{CallContext, Target, call};
use crate::http::problem::Problem;
use crate::relay::{self, Endpoint};

/// The number of tokens of a prompt, in Gemini's form.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TotalTokens {
    total_tokens: u64,
}

pub async fn generate(
    mut context: CallContext,
    model: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    answer(&mut context, model.into_inner(), payload, false).await
}

pub async fn stream(
    mut context: CallContext,
    model: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    answer(&mut context, model.into_inner(), payload, true).await
}

async fn answer(
    context: &mut CallContext,
    model: String,
    payload: Payload,
    is_stream: bool,
) -> Result<HttpResponse, Problem> {
    let body = context.read_json(payload).await?;
    let request = ClientRequest::generate(body, model, is_stream)?;
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    let format = ClientFormat::Gemini(framing(&context.request));
    context.serve(Target::named(Endpoint::Gemini, name), request, format).await
}

fn framing(request: &HttpRequest) -> Framing {
    let is_sse = request.query_string().split('&').any(|pair| pair == "alt=sse");
    if is_sse { Framing::Events } else { Framing::List }
}

/// It is no call: nothing is recorded, and it takes nothing from limits; but what a call may not
/// reach is not counted for either.
pub async fn count(
    mut context: CallContext,
    model: Path<String>,
    payload: Payload,
) -> Result<Json<TotalTokens>, Problem> {
    let body = counted(context.read_json(payload).await?);
    let request = ClientRequest::generate(body, model.into_inner(), false)?;
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    let own = request.own().cloned();
    let call = call(Target::named(Endpoint::Gemini, name), request, &context.auth, 0)?;
    let counted = relay::count_tokens(&context.worker.0, &call).await;
    let total_tokens =
        counted.map_err(|failure| Problem::from(failure).in_words_of(own.as_deref()))?;
    Ok(Json(TotalTokens { total_tokens }))
}

pub async fn embed(
    context: CallContext,
    model: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    embedded(context, model.into_inner(), payload, EmbeddingApi::GeminiSingle).await
}

pub async fn embed_batch(
    context: CallContext,
    model: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    embedded(context, model.into_inner(), payload, EmbeddingApi::GeminiBatch).await
}

async fn embedded(
    mut context: CallContext,
    model: String,
    payload: Payload,
    api: EmbeddingApi,
) -> Result<HttpResponse, Problem> {
    let body = context.read_json(payload).await?;
    let request = ClientRequest::parse(Dialect::Embeddings(api), body, Some(model.clone()))?;
    let target = Target::named(Endpoint::GeminiEmbeddings, model);
    context.serve(target, request, ClientFormat::Gemini(Framing::List)).await
}
