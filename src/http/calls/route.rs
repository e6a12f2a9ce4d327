//! `POST /route/invoke`: the query says what is needed, the router finds the model.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::value::RawValue;

use crate::dialects::errors::BadRequest;
use crate::dialects::invoke::client::request::decode;
use crate::dialects::json::{Kind, RawObject};
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::calls::batch;
use crate::http::calls::invoke::{Invoke, framing};
use crate::http::middleware::body::read_json;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::relay::Endpoint;
use crate::routing::{Query, Selector};

pub async fn invoke(
    request: HttpRequest,
    payload: Payload,
    auth: Authenticated,
    state: Data<AppState>,
    context: Data<WorkerContext>,
) -> Result<HttpResponse, Problem> {
    let text = read_json(&request, payload, state.max_body_bytes).await?;
    let (query, asked) = parts(&text)?;
    let (endpoint, selector) = (Endpoint::Route, Selector::Query(query));
    match asked {
        Asked::Many(requests) => {
            batch::answer(requests, (endpoint, selector), &auth, &state, &context).await
        }
        Asked::One(body) => {
            let body = decode(body.get().as_bytes())?;
            let invocation = Invoke { endpoint, selector, body, framing: framing(&request) };
            invocation.answer(&auth, &state, &context).await
        }
    }
}

/// `request`, or the requests of `batch`.
pub enum Asked<'a> {
    One(&'a RawValue),
    Many(Vec<&'a RawValue>),
}

/// The query of a routing body, and what it is for.
pub fn parts(text: &[u8]) -> Result<(Query, Asked<'_>), BadRequest> {
    let object = RawObject::parse(text).map_err(|error| BadRequest {
        message: format!("the body is not a JSON object: {error}"),
        param: None,
    })?;
    let many = batch::requests(&object, &["query"])?;
    if let Some((name, _)) = object
        .members
        .iter()
        .find(|(name, _)| !matches!(name.as_ref(), "query" | "request" | "batch"))
    {
        let message =
            format!("`{name}` is unknown here; the body holds `query` and `request`, or `batch`");
        return Err(BadRequest::new(message, name.as_ref()));
    }
    let query = match object.get("query").filter(|query| Kind::of(query) != Kind::Null) {
        None => Query::default(),
        // serde would take a list for an object, member by member.
        Some(query) if Kind::of(query) != Kind::Object => {
            return Err(BadRequest::new("`query` must be an object", "query"));
        }
        Some(query) => serde_json::from_str(query.get()).map_err(|error| {
            BadRequest::new(format!("`query` cannot be read: {error}"), "query")
        })?,
    };
    if let Some(requests) = many {
        return Ok((query, Asked::Many(requests)));
    }
    let request = object.get("request").filter(|request| Kind::of(request) == Kind::Object);
    let request =
        request.ok_or_else(|| BadRequest::new("`request` must be an object", "request"))?;
    Ok((query, Asked::One(request)))
}
