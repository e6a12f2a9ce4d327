//! `/monitor/invocations`: the call log, page by page and call by call.

use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::domain::ids::KeyId;
use crate::domain::money::NanoUsd;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::store::Connection;
use crate::store::invocations::{
    Filter, Found, InvocationRow, OrderBy, Page, count, find, list as list_rows,
};

const MAX_LIMIT: i64 = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    model_id: Option<i32>,
    provider_id: Option<i32>,
    model_name: Option<String>,
    provider_name: Option<String>,
    status: Option<String>,
    api_key_id: Option<String>,
    request_id: Option<String>,
    tag: Option<String>,
    q: Option<String>,
    #[param(format = DateTime)]
    start_time: Option<String>,
    #[param(format = DateTime)]
    end_time: Option<String>,
    limit: Option<i64>,
    offset: Option<i64>,
    #[serde(default)]
    #[param(inline)]
    order_by: OrderBy,
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
    query: Query<ListQuery>,
) -> Result<Json<InvocationList>, Problem> {
    let query = query.into_inner();
    let page = Page {
        limit: query.limit.unwrap_or(100).clamp(1, MAX_LIMIT),
        offset: query.offset.unwrap_or(0).max(0),
        order_by: query.order_by,
        is_descending: query.order_desc.unwrap_or(true),
    };
    let filter = query.into_filter(auth.caller.sees_only())?;
    let read = move |connection: &mut Connection| {
        Ok((list_rows(connection, &filter, page)?, count(connection, &filter)?))
    };
    let (rows, total) = state.read(read).await?;
    let items = rows.into_iter().map(InvocationView::from).collect();
    Ok(Json(InvocationList { items, total, limit: page.limit, offset: page.offset }))
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
    let may_see = |found: &Found| only.is_none_or(|id| found.row.api_key_id == Some(id.0));
    let Some(found) = found.filter(may_see) else {
        return Err(Problem::new(
            404,
            "invocation_not_found",
            format!("there is no invocation {id}"),
        ));
    };
    Ok(Json(InvocationDetail::new(found)))
}

impl ListQuery {
    /// `only`: the one key whose calls the caller may see.
    fn into_filter(self, only: Option<KeyId>) -> Result<Filter, Problem> {
        // A key's id, or its name.
        let key_id = self.api_key_id.as_ref().and_then(|text| text.parse().ok());
        Ok(Filter {
            model_id: self.model_id,
            provider_id: self.provider_id,
            model_name: self.model_name,
            provider_name: self.provider_name,
            status: self.status,
            api_key: self.api_key_id.filter(|_| key_id.is_none()),
            api_key_id: key_id,
            only_key: only.map(|id| id.0),
            request_id: self.request_id,
            tag: self.tag,
            text: self.q,
            start_us: time("start_time", self.start_time)?,
            end_us: time("end_time", self.end_time)?,
        })
    }
}

pub fn time(name: &str, text: Option<String>) -> Result<Option<i64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    let timestamp = parsed.map_err(|_| {
        let message = format!("`{name}` must be a time like 2026-11-23T10:00:00Z, not `{text}`");
        Problem::new(400, "invalid_request", message)
    })?;
    Ok(Some(timestamp.as_microsecond()))
}

/// RFC 3339.
pub fn time_of(microseconds: i64) -> String {
    jiff::Timestamp::from_microsecond(microseconds).map(|time| time.to_string()).unwrap_or_default()
}

impl From<InvocationRow> for InvocationView {
    fn from(row: InvocationRow) -> Self {
        let tags = row.tags.unwrap_or_default();
        Self {
            id: row.id,
            request_id: row.request_id,
            started_at: time_of(row.started_at_us),
            endpoint: row.endpoint,
            requested: row.requested,
            provider_id: row.provider_id,
            provider_name: row.provider_name,
            model_id: row.model_id,
            model_name: row.model_name,
            tags: tags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            provider_key: row.provider_key,
            api_key: row.api_key,
            api_key_id: row.api_key_id,
            is_stream: row.is_stream,
            status: row.status,
            http_status: row.http_status,
            error_code: row.error_code,
            error_message: row.error_message,
            finish_reason: row.finish_reason,
            prompt_tokens: row.prompt_tokens,
            completion_tokens: row.completion_tokens,
            cached_tokens: row.cached_tokens,
            cache_write_tokens: row.cache_write_tokens,
            reasoning_tokens: row.reasoning_tokens,
            total_tokens: row.total_tokens,
            cost: row.cost_nano_usd.map(|nano| NanoUsd(nano).as_dollars()),
            ttft_ms: row.ttft_us.map(millis),
            duration_ms: millis(row.duration_us),
            attempts: row.attempts,
        }
    }
}

impl InvocationDetail {
    fn new(found: Found) -> Self {
        let Found { row, bodies, route } = found;
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        Self {
            bodies_dropped: row.bodies_dropped.clone(),
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
