//! Rows of `invocations` and `invocation_bodies`: written in batches, read in pages.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use utoipa::ToSchema;

use super::batches::Batched;
use super::database::{Connection, StoreError};
use super::key_spend;
use super::schema::{invocation_bodies, invocations};
use crate::domain::invocation::Invocation;
use crate::domain::usage::Usage;

#[derive(Insertable, serde::Serialize)]
#[diesel(table_name = invocations, treat_none_as_default_value = false)]
struct NewInvocation<'a> {
    id: i64,
    request_id: &'a str,
    started_at_us: i64,
    endpoint: &'a str,
    requested: &'a str,
    provider_id: Option<i32>,
    provider_name: Option<&'a str>,
    model_id: Option<i32>,
    model_name: Option<&'a str>,
    tags: Option<String>,
    provider_key: Option<i32>,
    api_key: Option<&'a str>,
    is_stream: bool,
    status: &'a str,
    http_status: i32,
    error_code: Option<&'a str>,
    error_message: Option<&'a str>,
    finish_reason: Option<&'a str>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    total_tokens: Option<i64>,
    cost_nano_usd: Option<i64>,
    ttft_us: Option<i64>,
    duration_us: i64,
    attempts: i32,
    route: Option<&'a str>,
    api_key_id: Option<i32>,
    bodies_dropped: Option<&'a str>,
}

#[derive(Insertable)]
#[diesel(table_name = invocation_bodies)]
struct NewBodies<'a> {
    invocation_id: i64,
    request: &'a [u8],
    response: &'a [u8],
    is_truncated: bool,
}

impl Batched for Invocation {
    const STREAM: &'static str = "invocations";

    /// Ids continue from the highest in the table, by any process: the write lock is held.
    fn insert_all(connection: &mut Connection, batch: &[Self]) -> Result<(), StoreError> {
        let last: Option<i64> =
            invocations::table.select(diesel::dsl::max(invocations::id)).first(connection)?;
        for (id, invocation) in (last.unwrap_or(0) + 1..).zip(batch) {
            insert(connection, id, invocation)?;
        }
        key_spend::add(connection, batch)
    }

    /// The call's cost counts all the same.
    fn count_aside(&self, connection: &mut Connection) -> Result<(), StoreError> {
        key_spend::add(connection, std::slice::from_ref(self))
    }

    fn reference(&self) -> String {
        self.request_id.clone()
    }

    fn record(&self) -> String {
        serde_json::to_string(&row_of(0, self)).unwrap_or_default()
    }
}

fn row_of(id: i64, invocation: &Invocation) -> NewInvocation<'_> {
    let target = invocation.target.as_ref();
    let tokens = |of: fn(&Usage) -> u64| invocation.usage.as_ref().map(|usage| to_i64(of(usage)));
    NewInvocation {
        id,
        request_id: &invocation.request_id,
        started_at_us: invocation.started_at_us,
        endpoint: invocation.endpoint,
        requested: &invocation.requested,
        provider_id: target.map(|target| target.provider_id.0),
        provider_name: target.map(|target| target.provider.as_str()),
        model_id: target.map(|target| target.model_id.0),
        model_name: target.map(|target| target.model.as_str()),
        tags: target.map(|target| fenced(&target.tags)),
        provider_key: target
            .and_then(|target| target.provider_key)
            .and_then(|place| i32::try_from(place).ok()),
        api_key: invocation.api_key.as_deref(),
        is_stream: invocation.is_stream,
        status: invocation.status.as_str(),
        http_status: i32::from(invocation.http_status),
        error_code: invocation.error_code,
        error_message: invocation.error_message.as_deref(),
        finish_reason: invocation.finish_reason.as_deref(),
        prompt_tokens: tokens(|usage| usage.prompt),
        completion_tokens: tokens(|usage| usage.completion),
        cached_tokens: tokens(|usage| usage.cached),
        cache_write_tokens: tokens(|usage| usage.cache_write),
        reasoning_tokens: tokens(|usage| usage.reasoning),
        total_tokens: tokens(|usage| usage.total),
        cost_nano_usd: invocation.cost.map(|cost| cost.0),
        ttft_us: invocation.ttft_us,
        duration_us: invocation.duration_us,
        attempts: i32::try_from(invocation.attempts).unwrap_or(i32::MAX),
        route: invocation.route.as_deref(),
        api_key_id: invocation.api_key_id.map(|id| id.0),
        bodies_dropped: invocation.bodies_dropped,
    }
}

fn insert(connection: &mut Connection, id: i64, invocation: &Invocation) -> Result<(), StoreError> {
    let row = row_of(id, invocation);
    diesel::insert_into(invocations::table).values(&row).execute(connection)?;
    if let Some(bodies) = &invocation.bodies {
        let row = NewBodies {
            invocation_id: id,
            request: &bodies.request,
            response: &bodies.response,
            is_truncated: bodies.is_truncated,
        };
        diesel::insert_into(invocation_bodies::table).values(&row).execute(connection)?;
    }
    Ok(())
}

/// Tags as `,coding,fast,`, so that one tag can be searched for with its commas.
fn fenced(tags: &[String]) -> String {
    format!(",{},", tags.join(","))
}

fn to_i64(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

/// A row of a list.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = invocations)]
pub struct InvocationRow {
    pub id: i64,
    pub request_id: String,
    pub started_at_us: i64,
    pub endpoint: String,
    pub requested: String,
    pub provider_id: Option<i32>,
    pub provider_name: Option<String>,
    pub model_id: Option<i32>,
    pub model_name: Option<String>,
    pub tags: Option<String>,
    pub provider_key: Option<i32>,
    pub api_key: Option<String>,
    pub is_stream: bool,
    pub status: String,
    pub http_status: i32,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub finish_reason: Option<String>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub cache_write_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    pub total_tokens: Option<i64>,
    pub cost_nano_usd: Option<i64>,
    pub ttft_us: Option<i64>,
    pub duration_us: i64,
    pub attempts: i32,
    pub api_key_id: Option<i32>,
    pub bodies_dropped: Option<String>,
}

/// One call with everything that is kept of it.
#[derive(Clone, Debug)]
pub struct Found {
    pub row: InvocationRow,
    pub bodies: Option<BodiesRow>,
    /// JSON.
    pub route: Option<String>,
}

/// The bodies of a call, as far as they were kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = invocation_bodies)]
pub struct BodiesRow {
    pub request: Vec<u8>,
    pub response: Vec<u8>,
    pub is_truncated: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    #[default]
    StartedAt,
    DurationMs,
    TotalTokens,
    Cost,
}

/// The filter of a list. Times are microseconds, both ends inclusive.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub model_id: Option<i32>,
    pub provider_id: Option<i32>,
    pub model_name: Option<String>,
    pub provider_name: Option<String>,
    pub status: Option<String>,
    pub api_key: Option<String>,
    pub api_key_id: Option<i32>,
    /// The only key whose calls are visible.
    pub only_key: Option<i32>,
    pub request_id: Option<String>,
    pub tag: Option<String>,
    /// Part of the error, the requested model, or the request id.
    pub text: Option<String>,
    pub start_us: Option<i64>,
    pub end_us: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub limit: i64,
    pub offset: i64,
    pub order_by: OrderBy,
    pub is_descending: bool,
}

/// # Errors
/// SQLite's error.
pub fn count(connection: &mut Connection, filter: &Filter) -> Result<i64, StoreError> {
    Ok(filtered(filter).count().get_result(connection)?)
}

/// # Errors
/// SQLite's error.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    page: Page,
) -> Result<Vec<InvocationRow>, StoreError> {
    let query = ordered(filtered(filter), page).limit(page.limit).offset(page.offset);
    Ok(query.select(InvocationRow::as_select()).load(connection)?)
}

/// A call with its bodies; `None` when there is no such call.
///
/// # Errors
/// SQLite's error.
pub fn find(connection: &mut Connection, id: i64) -> Result<Option<Found>, StoreError> {
    let row = invocations::table
        .find(id)
        .select((InvocationRow::as_select(), invocations::route))
        .first::<(InvocationRow, Option<String>)>(connection)
        .optional()?;
    let Some((row, route)) = row else { return Ok(None) };
    let bodies = invocation_bodies::table
        .find(id)
        .select(BodiesRow::as_select())
        .first(connection)
        .optional()?;
    Ok(Some(Found { row, bodies, route }))
}

type Boxed<'a> = invocations::BoxedQuery<'a, Sqlite>;

fn filtered(filter: &Filter) -> Boxed<'_> {
    let mut query = invocations::table.into_boxed();
    if let Some(id) = filter.model_id {
        query = query.filter(invocations::model_id.eq(id));
    }
    if let Some(id) = filter.provider_id {
        query = query.filter(invocations::provider_id.eq(id));
    }
    if let Some(name) = &filter.model_name {
        query = query.filter(invocations::model_name.eq(name));
    }
    if let Some(name) = &filter.provider_name {
        query = query.filter(invocations::provider_name.eq(name));
    }
    if let Some(status) = &filter.status {
        query = query.filter(invocations::status.eq(status));
    }
    if let Some(key) = &filter.api_key {
        query = query.filter(invocations::api_key.eq(key));
    }
    for id in [filter.api_key_id, filter.only_key].into_iter().flatten() {
        query = query.filter(invocations::api_key_id.eq(id));
    }
    if let Some(id) = &filter.request_id {
        query = query.filter(invocations::request_id.eq(id));
    }
    if let Some(tag) = &filter.tag {
        query = query.filter(invocations::tags.like(format!("%,{},%", escaped(tag))).escape('\\'));
    }
    if let Some(text) = &filter.text {
        let pattern = format!("%{}%", escaped(text));
        query = query.filter(
            invocations::error_message
                .assume_not_null()
                .like(pattern.clone())
                .escape('\\')
                .or(invocations::requested.like(pattern.clone()).escape('\\'))
                .or(invocations::request_id.like(pattern).escape('\\')),
        );
    }
    if let Some(start) = filter.start_us {
        query = query.filter(invocations::started_at_us.ge(start));
    }
    if let Some(end) = filter.end_us {
        query = query.filter(invocations::started_at_us.le(end));
    }
    query
}

fn ordered(query: Boxed<'_>, page: Page) -> Boxed<'_> {
    macro_rules! by {
        ($column:ident) => {
            if page.is_descending {
                query.order((invocations::$column.desc(), invocations::id.desc()))
            } else {
                query.order((invocations::$column.asc(), invocations::id.asc()))
            }
        };
    }
    match page.order_by {
        OrderBy::StartedAt => by!(started_at_us),
        OrderBy::DurationMs => by!(duration_us),
        OrderBy::TotalTokens => by!(total_tokens),
        OrderBy::Cost => by!(cost_nano_usd),
    }
}

/// Escapes the wildcards of `LIKE`.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
