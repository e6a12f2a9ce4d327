//! `batch` in a body of invoke or route: several requests side by side, their answers in order,
//! each with a status of its own.

use actix_web::HttpResponse;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::iter;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::config::routing::Batch;
use crate::dialects::Dialect;
use crate::dialects::errors::BadRequest;
use crate::dialects::invoke::client::answer::InvokeAnswer;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::request::ClientRequest;
use crate::domain::failure::Failure;
use crate::http::app_state::WorkerContext;
use crate::http::calls::invoke_answer::answer_view;
use crate::http::calls::serve::{CallContext, Target, next_call, relay_whole};
use crate::http::middleware::caller::Authenticated;
use crate::http::openapi::bodies::ErrorBody;
use crate::http::problem::Problem;
use crate::http::surface::Surface;

/// What `batch` holds, where the object has it.
///
/// # Errors
/// When it is no list, or something stands beside it that none of its requests would get.
pub fn requests<'a>(
    object: &RawObject<'a>,
    beside: &[&str],
) -> Result<Option<Vec<&'a RawValue>>, BadRequest> {
    let Some(batch) = object.get("batch").filter(|batch| Kind::of(batch) != Kind::Null) else {
        return Ok(None);
    };
    let mut names = object.members.iter().map(|(name, _)| name.as_ref());
    if let Some(name) = names.find(|name| *name != "batch" && !beside.contains(name)) {
        let message = format!("`{name}` stands beside `batch`: put it into each of its requests");
        return Err(BadRequest::new(message, name));
    }
    serde_json::from_str(batch.get())
        .map(Some)
        .map_err(|_| BadRequest::new("`batch` must be a list of requests", "batch"))
}

#[derive(Serialize, ToSchema)]
pub struct BatchAnswer {
    /// In the order of the requests.
    results: Vec<BatchItem>,
}

#[derive(Serialize, ToSchema)]
pub struct BatchItem {
    index: usize,
    /// As if the request had come alone.
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = InvokeAnswer)]
    response: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ErrorBody)]
    error: Option<Value>,
}

/// # Errors
/// When the batch is empty or too large; what is wrong with one request is that one's answer.
///
/// # Cancel safety
/// Dropping it gives up every call that is under way, and makes no further one.
pub async fn answer(
    requests: Vec<&RawValue>,
    target: Target,
    context: &CallContext,
) -> Result<HttpResponse, Problem> {
    let CallContext { auth, state, worker, .. } = context;
    let Batch { max_requests, concurrency } = state.catalogue.snapshot().policy.routing.batch;
    let count = requests.len();
    if count == 0 || count > max_requests {
        let message = format!(
            "`batch` holds {count} requests; it takes 1 to {max_requests} ([routing] max_batch)"
        );
        return Err(BadRequest::new(message, "batch").into());
    }
    let one = |(index, request): (usize, &RawValue)| {
        let auth = numbered(auth, index);
        let text = Bytes::from(request.get().to_owned());
        let target = target.clone();
        async move {
            let request_id = auth.meta.request_id.as_str();
            match answer_one(text, target, &auth, worker).await {
                Ok(response) => {
                    BatchItem { index, status: 200, response: Some(response), error: None }
                }
                Err(problem) => {
                    let error = Some(problem.body_alone(Surface::Router, request_id));
                    BatchItem { index, status: problem.status, response: None, error }
                }
            }
        }
    };
    let running = iter(requests.into_iter().enumerate()).map(one).buffer_unordered(concurrency);
    let mut results: Vec<BatchItem> = running.collect().await;
    results.sort_unstable_by_key(|item| item.index);
    Ok(HttpResponse::Ok().json(BatchAnswer { results }))
}

async fn answer_one(
    text: Bytes,
    target: Target,
    auth: &Authenticated,
    worker: &WorkerContext,
) -> Result<Box<RawValue>, Problem> {
    let request = ClientRequest::parse(Dialect::Invoke, text, None)?;
    if request.facts.is_stream {
        return Err(BadRequest::new("a request of a batch is not streamed", "stream").into());
    }
    let call = next_call(target, request, auth, worker)?;
    let whole = relay_whole(call, worker).await?;
    let view = answer_view(&whole, auth.meta.request_id.as_str())?;
    to_raw_value(&view).map_err(|_| Failure::Internal("an answer cannot be written").into())
}

/// Each request of a batch has an id, and so a record, of its own; its time begins with its turn.
fn numbered(auth: &Authenticated, index: usize) -> Authenticated {
    Authenticated { meta: auth.meta.numbered(index), ..auth.clone() }
}
