//! `POST /v1/chat/completions`, and the same below a model's own path.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::dialects::openai::body::ChatBody;
use crate::domain::failure::Failure;
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::calls::answer_headers;
use crate::http::calls::stream::{Format, respond};
use crate::http::middleware::body::read_json;
use crate::http::middleware::caller::{TAGS, Visitor};
use crate::http::problem::Problem;
use crate::relay::{Call, Endpoint, Origin, Reply, relay};
use crate::routing::Selector;
use crate::routing::tags::TagFilter;

pub async fn chat(
    request: HttpRequest,
    payload: Payload,
    visitor: Visitor,
    shared: Data<AppState>,
    context: Data<WorkerContext>,
) -> Result<HttpResponse, Problem> {
    let body = read_json(&request, payload, shared.max_body_bytes).await?;
    let body = ChatBody::parse(body)?;
    let name = visitor.model_of(&body).ok_or(Failure::NoModelNamed)?;
    answer(body, Selector::Named(name), visitor, &shared, &context).await
}

/// The model of the path serves, whatever the body names.
pub async fn chat_with(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    visitor: Visitor,
    shared: Data<AppState>,
    context: Data<WorkerContext>,
) -> Result<HttpResponse, Problem> {
    let body = read_json(&request, payload, shared.max_body_bytes).await?;
    let (provider, model) = path.into_inner();
    let selector = Selector::Named(format!("{provider}/{model}"));
    answer(ChatBody::parse(body)?, selector, visitor, &shared, &context).await
}

async fn answer(
    body: ChatBody,
    selector: Selector,
    visitor: Visitor,
    shared: &AppState,
    context: &WorkerContext,
) -> Result<HttpResponse, Problem> {
    let is_stream = body.is_stream;
    let seed = context.0.turns.next(&selector);
    let call = call((Endpoint::Chat, selector), body, &visitor, seed)?;
    let answer = relay(context.0.clone(), call);
    if is_stream {
        let heartbeat = shared.catalogue.snapshot().policy.timeouts.heartbeat;
        let request_id = visitor.beginning.request_id.as_str();
        return respond(Box::pin(answer), Format::Chat, heartbeat, request_id).await;
    }
    let Reply::Whole(whole) = answer.await? else {
        return Err(Failure::Internal("a stream in reply to a whole call").into());
    };
    let mut response = HttpResponse::Ok();
    answer_headers::put(&mut response, &whole.rate_limits, &whole.told);
    Ok(response.insert_header((CONTENT_TYPE, "application/json")).body(whole.body))
}

/// A call of this visitor's.
///
/// # Errors
/// When its header of tags cannot be read.
pub fn call(
    (endpoint, selector): (Endpoint, Selector),
    body: ChatBody,
    visitor: &Visitor,
    seed: u64,
) -> Result<Call, Failure> {
    let Visitor { beginning, caller } = visitor;
    Ok(Call {
        request_id: beginning.request_id.clone(),
        origin: Origin::Client(endpoint),
        tags: tags(beginning.tags.as_deref())?,
        session: beginning.session.clone(),
        known_conversation: None,
        seed,
        selector,
        body,
        api_key: caller.key().cloned(),
        hops: beginning.hops.clone(),
        adjusted: Vec::new(),
        arrived: beginning.arrived,
        arrived_us: beginning.arrived_us,
    })
}

/// # Errors
/// When the expression cannot be read.
fn tags(expression: Option<&str>) -> Result<TagFilter, Failure> {
    let Some(expression) = expression else { return Ok(TagFilter::default()) };
    TagFilter::parse(expression).map_err(|bad| Failure::BadRequest {
        message: format!("the header `{TAGS}` cannot be read: {bad}"),
        param: Some(String::from(TAGS)),
    })
}
