//! `POST /models/{provider}/{model}/invoke`: a direct call in the router's own format.

use actix_web::http::header::ACCEPT;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::dialects::invoke::client::request::decode;
use crate::dialects::invoke::client::stream::Framing;
use crate::dialects::json::RawObject;
use crate::dialects::openai::body::ChatBody;
use crate::domain::failure::Failure;
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::calls::answer_headers;
use crate::http::calls::batch;
use crate::http::calls::chat::call;
use crate::http::calls::invoke_answer::answer_view;
use crate::http::calls::stream::{Format, respond};
use crate::http::middleware::body::read_json;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::relay::{Endpoint, Reply, WholeReply, relay};
use crate::routing::Selector;

pub async fn invoke(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    auth: Authenticated,
    state: Data<AppState>,
    context: Data<WorkerContext>,
) -> Result<HttpResponse, Problem> {
    let text = read_json(&request, payload, state.max_body_bytes).await?;
    let (provider, model) = path.into_inner();
    let selector = Selector::Named(format!("{provider}/{model}"));
    let endpoint = Endpoint::Invoke;
    // What is no object is refused below.
    let object = RawObject::parse(&text).unwrap_or_default();
    if let Some(requests) = batch::requests(&object, &[])? {
        return batch::answer(requests, (endpoint, selector), &auth, &state, &context).await;
    }
    let body = decode(&text)?;
    let invocation = Invoke { endpoint, selector, body, framing: framing(&request) };
    invocation.answer(&auth, &state, &context).await
}

/// A call in the router's own format, direct or routed.
pub struct Invoke {
    pub endpoint: Endpoint,
    pub selector: Selector,
    pub body: ChatBody,
    pub framing: Framing,
}

impl Invoke {
    pub async fn answer(
        self,
        auth: &Authenticated,
        state: &AppState,
        context: &WorkerContext,
    ) -> Result<HttpResponse, Problem> {
        let Self { endpoint, selector, body, framing } = self;
        let is_stream = body.is_stream;
        let request_id = auth.meta.request_id.as_str();
        let seed = context.0.turns.next(&selector);
        let call = call((endpoint, selector), body, auth, seed)?;
        let answer = relay(context.0.clone(), call);
        if is_stream {
            let heartbeat = state.catalogue.snapshot().policy.timeouts.heartbeat;
            return respond(Box::pin(answer), Format::Invoke(framing), heartbeat, request_id).await;
        }
        let Reply::Whole(whole) = answer.await? else {
            return Err(Failure::Internal("a stream in reply to a whole call").into());
        };
        whole_answer(&whole, request_id)
    }
}

fn whole_answer(whole: &WholeReply, request_id: &str) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    answer_headers::put(&mut response, &whole.rate_limits, &whole.told);
    Ok(response.json(answer_view(whole, request_id)?))
}

/// Lines, unless the client prefers events.
pub fn framing(request: &HttpRequest) -> Framing {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    match accept {
        Some(accept) if accept.contains("text/event-stream") => Framing::Events,
        _ => Framing::Lines,
    }
}
