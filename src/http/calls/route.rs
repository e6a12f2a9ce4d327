//! `POST /route/invoke`: the query names what is needed, the router finds the model.

use actix_web::HttpResponse;
use actix_web::web::Payload;
use serde_json::value::RawValue;

use crate::dialects::Dialect;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::request::ClientRequest;
use crate::http::calls::batch;
use crate::http::calls::invoke::format_of;
use crate::http::calls::serve::{CallContext, Target};
use crate::http::problem::Problem;
use crate::relay::Endpoint;
use crate::routing::{Query, Selector};

pub async fn invoke(mut context: CallContext, payload: Payload) -> Result<HttpResponse, Problem> {
    let text = context.read_json(payload).await?;
    let (query, work) = parts(&text)?;
    let target = Target { endpoint: Endpoint::Route, selector: Selector::Query(query) };
    match work {
        Work::Many(requests) => batch::answer(requests, target, &context).await,
        Work::One(body) => {
            let body = text.slice_ref(body.get().as_bytes());
            let request = ClientRequest::parse(Dialect::Invoke, body, None)?;
            context.serve(target, request, format_of(&context.request)).await
        }
    }
}

/// `request`, or the requests of `batch`.
pub enum Work<'a> {
    One(&'a RawValue),
    Many(Vec<&'a RawValue>),
}

/// The query of a routing body, and what it is for.
pub fn parts(text: &[u8]) -> Result<(Query, Work<'_>), BadRequest> {
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
        return Ok((query, Work::Many(requests)));
    }
    let request = object.get("request").filter(|request| Kind::of(request) == Kind::Object);
    let request =
        request.ok_or_else(|| BadRequest::new("`request` must be an object", "request"))?;
    Ok((query, Work::One(request)))
}
