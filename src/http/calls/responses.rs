//! `POST /v1/responses`, OpenAI's API of agents, and what belongs to it: a summary of a conversation,
//! and the tokens of a prompt.

use std::rc::Rc;

use actix_web::http::header::UPGRADE;
use actix_web::web::{Json, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialects::Dialect;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::errors::BadRequest;
use crate::dialects::request::ClientRequest;
use crate::domain::chat::Maker;
use crate::domain::failure::Failure;
use crate::http::calls::kept_responses::{keeper_of, with_items, with_turns};
use crate::http::calls::serve::{CallContext, Target, call};
use crate::http::problem::Problem;
use crate::relay::{self, Endpoint};

const DIALECT: Dialect = Dialect::OpenAiResponses(Maker::OpenAi);

/// The number of tokens of a prompt.
#[derive(Serialize, ToSchema)]
pub struct InputTokens {
    /// `response.input_tokens`.
    object: &'static str,
    input_tokens: u64,
}

pub async fn create(mut context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    let sent = context.read_json(payload).await?;
    let sent = with_items(&context, sent).await?;
    let request = with_turns(&context, sent.clone(), parse).await?;
    let id = response_id()?;
    let keeper = keeper_of(&context, &request, &sent, &id);
    let request = request.answered_as(id, keeper.is_some());
    context.keeper = keeper.map(Rc::new);
    answer(&context, request).await
}

fn parse(body: Bytes) -> Result<ClientRequest, BadRequest> {
    ClientRequest::parse(DIALECT, body, None)
}

/// A summary in the place of the conversation.
pub async fn compact(mut context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    let body = context.read_json(payload).await?;
    let body = with_items(&context, body).await?;
    let request = with_turns(&context, body, ClientRequest::compaction).await?;
    answer(&context, request.answered_as(response_id()?, false)).await
}

async fn answer(context: &CallContext, request: ClientRequest) -> Result<HttpResponse, Problem> {
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    context.serve(Target::named(Endpoint::Responses, name), request, ClientFormat::Responses).await
}

/// It is no call: nothing is recorded, and it takes nothing from limits; but what a call may not
/// reach is not counted for either.
pub async fn input_tokens(
    mut context: CallContext,
    payload: Payload,
) -> Result<Json<InputTokens>, Problem> {
    let body = context.read_json(payload).await?;
    let body = with_items(&context, body).await?;
    let request = with_turns(&context, body, parse).await?;
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    let own = request.own().cloned();
    let call = call(Target::named(Endpoint::Responses, name), request, &context.auth, 0)?;
    let counted = relay::count_tokens(&context.worker.0, &call).await;
    let input_tokens =
        counted.map_err(|failure| Problem::from(failure).in_words_of(own.as_deref()))?;
    Ok(Json(InputTokens { object: "response.input_tokens", input_tokens }))
}

/// Codex asks for a WebSocket first; by this status, and no other, it goes on with POST at once.
pub async fn no_websocket(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !request.headers().contains_key(UPGRADE) {
        let message = "responses are not listed: GET /v1/responses/{id} shows one";
        return Err(Problem::new(404, "not_found", message));
    }
    let message = "responses are not served over a WebSocket: send them as POST /v1/responses, \
                   with `stream` for events";
    Err(Problem { is_lasting: true, ..Problem::new(426, "websocket_not_served", message) })
}

/// One that nobody guesses: it is all that a later call names.
fn response_id() -> Result<String, Failure> {
    let mut bits = [0; 24];
    getrandom::fill(&mut bits).map_err(|_| Failure::Internal("no random numbers"))?;
    Ok(format!("resp_{}", data_encoding::HEXLOWER.encode(&bits)))
}
