//! `POST /route/invoke`: the query says what is needed, the router finds the model.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::value::RawValue;

use super::body::read_json;
use super::invoke::{Invoke, framing};
use super::problem::Problem;
use super::shared::{Shared, WorkerDesk};
use super::visitor::Visitor;
use crate::dialects::invoke::request::decode;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::body::BadBody;
use crate::relay::Endpoint;
use crate::routing::{Query, Selector};

pub async fn invoke(
    request: HttpRequest,
    payload: Payload,
    visitor: Visitor,
    shared: Data<Shared>,
    desk: Data<WorkerDesk>,
) -> Result<HttpResponse, Problem> {
    let text = read_json(&request, payload, shared.max_body_bytes).await?;
    let (query, body) = parts(&text)?;
    let invocation = Invoke {
        endpoint: Endpoint::Route,
        selector: Selector::Query(query),
        body: decode(body.get().as_bytes())?,
        framing: framing(&request),
    };
    invocation.answer(&visitor, &shared, &desk).await
}

/// The query and the request of a routing body.
pub fn parts(text: &[u8]) -> Result<(Query, &RawValue), BadBody> {
    let object = RawObject::parse(text).map_err(|error| BadBody {
        message: format!("the body is not a JSON object: {error}"),
        param: None,
    })?;
    if let Some((name, _)) =
        object.members.iter().find(|(name, _)| !matches!(name.as_ref(), "query" | "request"))
    {
        let message = format!("`{name}` is unknown here; the body holds `query` and `request`");
        return Err(BadBody::new(message, name.as_ref()));
    }
    let query = match object.get("query").filter(|query| Kind::of(query) != Kind::Null) {
        None => Query::default(),
        Some(query) => serde_json::from_str(query.get())
            .map_err(|error| BadBody::new(format!("`query` cannot be read: {error}"), "query"))?,
    };
    let request = object.get("request").filter(|request| Kind::of(request) == Kind::Object);
    let request = request.ok_or_else(|| BadBody::new("`request` must be an object", "request"))?;
    Ok((query, request))
}
