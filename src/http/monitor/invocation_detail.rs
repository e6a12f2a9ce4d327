//! `/monitor/invocations/{id}`: one call whole, and its bodies as they went over the wire.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::invocation_view::InvocationView;
use super::transcript::{AnswerParts, RequestParts, read_answer, read_request};
use crate::domain::money::NanoUsd;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::routing::trace::{Timings, Trace};
use crate::store::invocations::{BodiesRow, Found, PriceRow, find, neighbours};

#[derive(Serialize, ToSchema)]
pub struct InvocationDetail {
    #[serde(flatten)]
    invocation: InvocationView,
    /// The bodies as they went over the wire; absent where they were not kept.
    request_body: Option<String>,
    response_body: Option<String>,
    bodies_truncated: Option<bool>,
    /// Why they were not kept although they should have been: `memory`, where too many bytes
    /// waited for the disk.
    bodies_dropped: Option<String>,
    /// What was decided and what each attempt did.
    #[schema(value_type = Option<Trace>, required)]
    route: Option<Box<RawValue>>,
    /// Where its time went, by part, in milliseconds.
    #[schema(value_type = Option<Timings>, required)]
    timings: Option<Value>,
    /// The client's parameters that the model's provider was not sent.
    dropped: Vec<String>,
    /// Those that were changed to the key's limits, with what was sent: `max_tokens=100`.
    adjusted: Vec<String>,
    /// What it was counted with.
    #[schema(required)]
    price: Option<CallPrice>,
    /// The call that began before it, and the one after it, of those that the caller may see.
    previous_id: Option<i64>,
    next_id: Option<i64>,
}

/// Dollars per million tokens; `null` where unknown.
#[derive(Serialize, ToSchema)]
pub struct CallPrice {
    #[schema(required)]
    input_per_1m: Option<f64>,
    #[schema(required)]
    cached_per_1m: Option<f64>,
    #[schema(required)]
    cache_write_per_1m: Option<f64>,
    #[schema(required)]
    output_per_1m: Option<f64>,
    #[schema(required)]
    reasoning_per_1m: Option<f64>,
    source: String,
    /// The date of the list it is from.
    #[schema(required)]
    as_of: Option<String>,
}

pub async fn get(
    auth: Authenticated,
    state: Data<AppState>,
    id: Path<i64>,
) -> Result<Json<InvocationDetail>, Problem> {
    let found = seen(&auth, &state, id.into_inner()).await?;
    let (id, only) = (found.row.call.id, auth.caller.sees_only().map(|key| key.0));
    let at_us = found.row.call.started_at_us;
    let (previous_id, next_id) =
        state.read(move |connection| neighbours(connection, (at_us, id), only)).await?;
    Ok(Json(InvocationDetail { previous_id, next_id, ..InvocationDetail::new(found) }))
}

pub async fn request(
    auth: Authenticated,
    state: Data<AppState>,
    id: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let found = seen(&auth, &state, id).await?;
    Ok(bytes(bodies(found, id)?.request))
}

pub async fn response(
    auth: Authenticated,
    state: Data<AppState>,
    id: Path<i64>,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let found = seen(&auth, &state, id).await?;
    Ok(bytes(bodies(found, id)?.response))
}

/// A caller does not learn that another key's call exists.
async fn seen(auth: &Authenticated, state: &AppState, id: i64) -> Result<Found, Problem> {
    let found = state.read(move |connection| find(connection, id)).await?;
    let only = auth.caller.sees_only();
    let may_see = |found: &Found| only.is_none_or(|id| found.row.call.api_key_id == Some(id.0));
    found.filter(may_see).ok_or_else(|| {
        Problem::new(404, "invocation_not_found", format!("there is no invocation {id}"))
    })
}

fn bodies(found: Found, id: i64) -> Result<BodiesRow, Problem> {
    found.bodies.ok_or_else(|| {
        let message = format!("the bodies of invocation {id} were not kept");
        Problem::new(404, "bodies_not_kept", message)
    })
}

/// As a download: a browser must not take a recorded answer for a page of the router.
fn bytes(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header(("x-content-type-options", "nosniff"))
        .body(body)
}

impl InvocationDetail {
    fn new(found: Found) -> Self {
        let Found { row, bodies, route } = found;
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let (bodies_dropped, price) = (row.bodies_dropped(), row.price.clone());
        let mut invocation = InvocationView::from(row);
        if let Some(bodies) = &bodies {
            let RequestParts { messages, parameters } = read_request(&bodies.request);
            let AnswerParts { text, raw } = read_answer(&bodies.response);
            invocation.request_messages = messages;
            invocation.request_parameters = parameters;
            invocation.raw_response = raw;
            if let Some(text) = text {
                invocation.response_text_length = i64::try_from(text.chars().count()).ok();
                invocation.response_text = Some(text);
            }
        }
        let told = route.as_ref().and_then(|route| serde_json::from_str(route).ok());
        let Told { timings, dropped, adjusted } = told.unwrap_or_default();
        Self {
            bodies_dropped: bodies_dropped.map(str::to_owned),
            invocation,
            request_body: bodies.as_ref().map(|bodies| text(&bodies.request)),
            response_body: bodies.as_ref().map(|bodies| text(&bodies.response)),
            bodies_truncated: bodies.as_ref().map(|bodies| bodies.is_truncated),
            route: route.and_then(|route| RawValue::from_string(route).ok()),
            timings,
            dropped,
            adjusted,
            price: price.map(CallPrice::from),
            previous_id: None,
            next_id: None,
        }
    }
}

/// What of the trace is also shown by itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    timings: Option<Value>,
    dropped: Vec<String>,
    adjusted: Vec<String>,
}

impl From<PriceRow> for CallPrice {
    fn from(row: PriceRow) -> Self {
        Self {
            input_per_1m: dollars(row.prompt),
            cached_per_1m: dollars(row.cached),
            cache_write_per_1m: dollars(row.cache_write),
            output_per_1m: dollars(row.completion),
            reasoning_per_1m: dollars(row.reasoning),
            source: row.source,
            as_of: Some(row.as_of).filter(|date| !date.is_empty()),
        }
    }
}

/// Of nano-dollars; -1 stands for unknown.
fn dollars(nano: i64) -> Option<f64> {
    (nano >= 0).then(|| NanoUsd(nano).as_dollars())
}
