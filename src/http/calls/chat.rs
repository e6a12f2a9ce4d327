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
use crate::http::middleware::caller::{Authenticated, TAGS};
use crate::http::problem::Problem;
use crate::relay::{Call, Endpoint, Origin, Reply, relay};
use crate::routing::Selector;
use crate::routing::tags::TagFilter;

pub async fn chat(
    request: HttpRequest,
    payload: Payload,
    auth: Authenticated,
    state: Data<AppState>,
    context: Data<WorkerContext>,
) -> Result<HttpResponse, Problem> {
    let body = read_json(&request, payload, state.max_body_bytes).await?;
    let body = ChatBody::parse(body)?;
    let name = auth.model_of(&body).ok_or(Failure::NoModelNamed)?;
    answer(body, Selector::Named(name), auth, &state, &context).await
}

/// The model of the path serves, whatever the body names.
pub async fn chat_with(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    auth: Authenticated,
    state: Data<AppState>,
    context: Data<WorkerContext>,
) -> Result<HttpResponse, Problem> {
    let body = read_json(&request, payload, state.max_body_bytes).await?;
    let (provider, model) = path.into_inner();
    let selector = Selector::Named(format!("{provider}/{model}"));
    answer(ChatBody::parse(body)?, selector, auth, &state, &context).await
}

async fn answer(
    body: ChatBody,
    selector: Selector,
    auth: Authenticated,
    state: &AppState,
    context: &WorkerContext,
) -> Result<HttpResponse, Problem> {
    let is_stream = body.is_stream;
    let seed = context.0.turns.next(&selector);
    let call = call((Endpoint::Chat, selector), body, &auth, seed)?;
    let answer = relay(context.0.clone(), call);
    if is_stream {
        let heartbeat = state.catalogue.snapshot().policy.timeouts.heartbeat;
        let request_id = auth.meta.request_id.as_str();
        return respond(Box::pin(answer), Format::Chat, heartbeat, request_id).await;
    }
    let Reply::Whole(whole) = answer.await? else {
        return Err(Failure::Internal("a stream in reply to a whole call").into());
    };
    let mut response = HttpResponse::Ok();
    answer_headers::put(&mut response, &whole.rate_limits, &whole.told);
    Ok(response.insert_header((CONTENT_TYPE, "application/json")).body(whole.body))
}

/// A call of this client's.
///
/// # Errors
/// When its header of tags cannot be read.
pub fn call(
    (endpoint, selector): (Endpoint, Selector),
    body: ChatBody,
    auth: &Authenticated,
    seed: u64,
) -> Result<Call, Failure> {
    let Authenticated { meta, caller } = auth;
    Ok(Call {
        request_id: meta.request_id.clone(),
        origin: Origin::Client(endpoint),
        tags: tags(meta.tags.as_deref())?,
        session: meta.session.clone(),
        known_conversation: None,
        seed,
        selector,
        body,
        api_key: caller.key().cloned(),
        hops: meta.hops.clone(),
        adjusted: Vec::new(),
        arrived: meta.arrived,
        arrived_us: meta.arrived_us,
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
