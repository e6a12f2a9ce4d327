//! `POST /route/explain`: who would be called for a request, in which order, and why each other
//! model would not. Calls nobody.

use actix_web::web::{Data, Json, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::body::read_json;
use super::chat::tags;
use super::problem::Problem;
use super::route::parts;
use super::shared::{Shared, WorkerDesk};
use super::visitor::Visitor;
use crate::dialects::invoke::request::decode;
use crate::dialects::json::RawObject;
use crate::dialects::openai::body::{BadBody, ChatBody};
use crate::domain::failure::Failure;
use crate::routing::needs::Needs;
use crate::routing::trace::{Left, Trace};
use crate::routing::{Circumstances, Inquiry, Preferences, Selector, conversation, explain};

#[derive(Deserialize)]
pub struct Chance {
    /// Of a recorded call, to see its order again.
    seed: Option<u64>,
}

#[derive(Serialize)]
struct Explanation {
    requested: String,
    /// About how many tokens the prompt holds.
    prompt_tokens: u64,
    #[serde(flatten)]
    trace: Option<Trace>,
    /// Every model that would not be called.
    left_out: Vec<Left>,
    /// What the client would be told if nobody can be called.
    error: Option<Refused>,
}

#[derive(Serialize)]
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

pub async fn route(
    request: HttpRequest,
    payload: Payload,
    visitor: Visitor,
    chance: Query<Chance>,
    shared: Data<Shared>,
    desk: Data<WorkerDesk>,
) -> Result<HttpResponse, Problem> {
    let text = read_json(&request, payload, shared.max_body_bytes).await?;
    let (selector, body) = understood(&text)?;
    let (needs, preferences) = (Needs::of(&body), Preferences::of(&body)?);
    let tags = tags(visitor.beginning.tags.as_deref())?;
    let seed = chance.seed.unwrap_or_default();
    let circumstances =
        Circumstances { needs: &needs, conversation: conversation(&body), seed, now: desk.0.now() };
    let inquiry =
        Inquiry { selector: &selector, tags: &tags, preferences: &preferences, circumstances };
    let (plan, left_out) = explain(&shared.catalogue.snapshot(), inquiry);
    let (trace, error) = match plan {
        Ok(plan) => (Some(Trace { left_out: Vec::new(), ..Trace::of(&plan, seed) }), None),
        Err(failure) => (None, Some(Refused::of(&failure))),
    };
    Ok(HttpResponse::Ok().json(Json(Explanation {
        requested: selector.shown(),
        prompt_tokens: needs.prompt_tokens,
        trace,
        left_out: left_out.iter().map(Left::of).collect(),
        error,
    })))
}

/// The body of `/route/invoke`, or one of `/v1`, which has no `request`.
fn understood(text: &bytes::Bytes) -> Result<(Selector, ChatBody), Problem> {
    let is_routed = RawObject::parse(text).is_ok_and(|object| object.get("request").is_some());
    if is_routed {
        let (query, request) = parts(text)?;
        return Ok((Selector::Query(query), decode(request.get().as_bytes())?));
    }
    let body = ChatBody::parse(text.clone()).map_err(|bad: BadBody| Problem::from(bad))?;
    let name = body.model.clone().filter(|name| !name.is_empty()).ok_or(Failure::NoModelNamed)?;
    Ok((Selector::Named(name), body))
}

impl Refused {
    fn of(failure: &Failure) -> Self {
        let (status, code) = failure.status_and_code();
        Self { status, code, message: failure.to_string() }
    }
}
