//! `POST /v1/responses`, OpenAI's API of agents.

use actix_web::HttpResponse;
use actix_web::web::Payload;

use crate::dialects::Dialect;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::request::ClientRequest;
use crate::domain::chat::Maker;
use crate::domain::failure::Failure;
use crate::http::calls::serve::{CallContext, Target};
use crate::http::problem::Problem;
use crate::relay::Endpoint;

pub async fn create(mut context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    let body = context.read_json(payload).await?;
    let dialect = Dialect::OpenAiResponses(Maker::OpenAi);
    let request = ClientRequest::parse(dialect, body, None)?.answered_as(response_id()?);
    let name = context.auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    context.serve(Target::named(Endpoint::Responses, name), request, ClientFormat::Responses).await
}

/// One that nobody guesses: it is all that a later call names.
fn response_id() -> Result<String, Failure> {
    let mut bits = [0; 24];
    getrandom::fill(&mut bits).map_err(|_| Failure::Internal("no random numbers"))?;
    Ok(format!("resp_{}", data_encoding::HEXLOWER.encode(&bits)))
}
