//! `/monitor/invocations`: the call log, page by page and call by call.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::domain::money::NanoUsd;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::monitor::filters::{self, time_of};
use crate::http::monitor::params::Params;
use crate::http::problem::Problem;
use crate::store::Connection;
use crate::store::invocations::{
    Found, InvocationRow, OrderBy, Page, count, find, list as list_rows,
};

const MAX_LIMIT: i64 = 1000;
const MAX_HOURS: i64 = 366 * 24;

/// As the document describes them, beside the filters.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct PageParams {
    limit: Option<i64>,
    offset: Option<i64>,
    #[param(inline)]
    order_by: Option<OrderBy>,
    order_desc: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct InvocationList {
    items: Vec<InvocationView>,
    total: i64,
    limit: i64,
    offset: i64,
}

#[derive(Serialize, ToSchema)]
pub struct InvocationView {
    id: i64,
    request_id: String,
    started_at: String,
    endpoint: String,
    requested: String,
    provider_id: Option<i32>,
    provider_name: Option<String>,
    model_id: Option<i32>,
    model_name: Option<String>,
    tags: Vec<String>,
    /// Which of the provider's keys, by its place; `1` is the first.
    provider_key: Option<i32>,
    api_key: Option<String>,
    api_key_id: Option<i32>,
    is_stream: bool,
    status: String,
    http_status: i32,
    error_code: Option<String>,
    error_message: Option<String>,
    finish_reason: Option<String>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    total_tokens: Option<i64>,
    /// Dollars; `null` where the price or the usage is unknown.
    cost: Option<f64>,
    ttft_ms: Option<f64>,
    duration_ms: f64,
    attempts: i32,
}

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
    #[schema(value_type = Value)]
    route: Option<Box<RawValue>>,
}

pub async fn list(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<Json<InvocationList>, Problem> {
    let mut params = Params::of(&request)?;
    let filter = filters::read(&mut params, &auth.caller, 1..=MAX_HOURS)?.filter;
    let page = page(&mut params)?;
    params.end()?;
    let read = move |connection: &mut Connection| {
        Ok((list_rows(connection, &filter, page)?, count(connection, &filter)?))
    };
    let (rows, total) = state.read(read).await?;
    let items = rows.into_iter().map(InvocationView::from).collect();
    Ok(Json(InvocationList { items, total, limit: page.limit, offset: page.offset }))
}

/// A number beyond its bounds becomes the next that is allowed.
fn page(params: &mut Params) -> Result<Page, Problem> {
    let limit = params.number("limit", i64::MIN..=i64::MAX)?.unwrap_or(100);
    let offset = params.number("offset", i64::MIN..=i64::MAX)?.unwrap_or(0);
    let orders = [
        ("started_at", OrderBy::StartedAt),
        ("duration_ms", OrderBy::DurationMs),
        ("total_tokens", OrderBy::TotalTokens),
        ("cost", OrderBy::Cost),
    ];
    Ok(Page {
        limit: limit.clamp(1, MAX_LIMIT),
        offset: offset.max(0),
        order_by: params.word("order_by", &orders)?.unwrap_or_default(),
        is_descending: params.flag("order_desc")?.unwrap_or(true),
    })
}

pub async fn get(
    auth: Authenticated,
    state: Data<AppState>,
    id: Path<i64>,
) -> Result<Json<InvocationDetail>, Problem> {
    let id = id.into_inner();
    let found = state.read(move |connection| find(connection, id)).await?;
    let only = auth.caller.sees_only();
    // A caller does not learn that another key's call exists.
    let may_see = |found: &Found| only.is_none_or(|id| found.row.call.api_key_id == Some(id.0));
    let Some(found) = found.filter(may_see) else {
        return Err(Problem::new(
            404,
            "invocation_not_found",
            format!("there is no invocation {id}"),
        ));
    };
    Ok(Json(InvocationDetail::new(found)))
}

impl From<InvocationRow> for InvocationView {
    fn from(row: InvocationRow) -> Self {
        let (request_id, requested) = (row.request_id(), row.requested());
        let (is_stream, status) = (row.is_stream(), row.status().to_owned());
        let InvocationRow { call, target, api_key, error_code, endpoint, texts, .. } = row;
        let tags = target.as_ref().map(|target| target.tags.as_str()).unwrap_or_default();
        Self {
            id: call.id,
            request_id,
            started_at: time_of(call.started_at_us),
            endpoint,
            requested,
            tags: tags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            provider_id: target.as_ref().map(|target| target.provider_id),
            provider_name: target.as_ref().map(|target| target.provider_name.clone()),
            model_id: target.as_ref().map(|target| target.model_id),
            model_name: target.map(|target| target.model_name),
            provider_key: call.provider_key,
            api_key,
            api_key_id: call.api_key_id,
            is_stream,
            status,
            http_status: call.http_status,
            error_code,
            error_message: texts.and_then(|texts| texts.error_message),
            finish_reason: call.finish_reason,
            prompt_tokens: call.prompt_tokens,
            completion_tokens: call.completion_tokens,
            cached_tokens: call.cached_tokens,
            cache_write_tokens: call.cache_write_tokens,
            reasoning_tokens: call.reasoning_tokens,
            total_tokens: call.total_tokens,
            cost: call.cost_nano_usd.map(|nano| NanoUsd(nano).as_dollars()),
            ttft_ms: call.ttft_us.map(millis),
            duration_ms: millis(call.duration_us),
            attempts: call.attempts,
        }
    }
}

impl InvocationDetail {
    fn new(found: Found) -> Self {
        let Found { row, bodies, route } = found;
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        Self {
            bodies_dropped: row.bodies_dropped().map(str::to_owned),
            invocation: row.into(),
            request_body: bodies.as_ref().map(|bodies| text(&bodies.request)),
            response_body: bodies.as_ref().map(|bodies| text(&bodies.response)),
            bodies_truncated: bodies.as_ref().map(|bodies| bodies.is_truncated),
            route: route.and_then(|route| RawValue::from_string(route).ok()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration of 285 years is still exact")]
fn millis(microseconds: i64) -> f64 {
    microseconds as f64 / 1000.0
}
