//! Calls page by page, and one whole.

use diesel::prelude::*;

use super::filter::{Filter, filtered, status_name};
use super::{FLAG_DROPPED, FLAG_STREAM};
use crate::domain::invocation::DROPPED_FOR_MEMORY;
use crate::store::database::{Connection, StoreError};
use crate::store::packing::unpack;
use crate::store::request_ids;
use crate::store::schema::{
    callers, endpoints, errors, invocation_bodies, invocation_texts, invocation_traces,
    invocations, prices, targets,
};

/// A row of the table.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = invocations)]
pub struct CallRow {
    pub id: i64,
    pub started_at_us: i64,
    pub api_key_id: Option<i32>,
    pub request_id: Vec<u8>,
    pub requested: Option<String>,
    pub flags: i32,
    pub status: i32,
    pub http_status: i32,
    pub finish_reason: Option<String>,
    pub attempts: i32,
    pub provider_key: Option<i32>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub cache_write_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    pub total_tokens: Option<i64>,
    pub cost_nano_usd: Option<i64>,
    pub duration_us: i64,
    pub ttft_us: Option<i64>,
    pub router_us: Option<i64>,
    pub wait_us: Option<i64>,
    pub session_id: Option<Vec<u8>>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = targets)]
pub struct TargetRow {
    pub provider_id: i32,
    pub provider_name: String,
    pub model_id: i32,
    pub model_name: String,
    pub tags: String,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = invocation_texts)]
pub struct TextsRow {
    pub error_message: Option<String>,
    pub prompt: Option<String>,
    pub answer: Option<String>,
    pub prompt_length: Option<i64>,
    pub answer_length: Option<i64>,
}

/// The price that a call was counted with: nano-dollars per million tokens, -1 where unknown.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = prices)]
pub struct PriceRow {
    pub prompt: i64,
    pub cached: i64,
    pub cache_write: i64,
    pub completion: i64,
    pub reasoning: i64,
    pub source: String,
    pub as_of: String,
}

/// A row of a list.
#[derive(Clone, Debug)]
pub struct InvocationRow {
    pub call: CallRow,
    pub target: Option<TargetRow>,
    pub api_key: Option<String>,
    pub error_code: Option<String>,
    pub endpoint: String,
    pub texts: Option<TextsRow>,
    pub price: Option<PriceRow>,
}

impl InvocationRow {
    pub fn request_id(&self) -> String {
        request_ids::from_bytes(&self.call.request_id)
    }

    /// The client's session that it belongs to.
    pub fn session_id(&self) -> Option<String> {
        self.call.session_id.as_deref().map(request_ids::from_bytes)
    }

    /// What the caller asked for.
    pub fn requested(&self) -> String {
        let model = self.target.as_ref().map(|target| target.model_name.as_str());
        self.call.requested.as_deref().or(model).unwrap_or_default().to_owned()
    }

    pub fn is_stream(&self) -> bool {
        self.call.flags & FLAG_STREAM != 0
    }

    pub fn status(&self) -> &'static str {
        status_name(self.call.status)
    }

    /// Why its bodies are not kept although they should have been.
    pub fn bodies_dropped(&self) -> Option<&'static str> {
        (self.call.flags & FLAG_DROPPED != 0).then_some(DROPPED_FOR_MEMORY)
    }
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

/// # Errors
/// SQLite's error.
pub fn count(connection: &mut Connection, filter: &Filter) -> Result<i64, StoreError> {
    Ok(filtered(filter).count().get_result(connection)?)
}

type Named = (
    CallRow,
    Option<TargetRow>,
    String,
    Option<String>,
    String,
    Option<TextsRow>,
    Option<PriceRow>,
);

/// The calls of these ids with their names, in the same order.
///
/// # Errors
/// SQLite's error.
pub fn with_names(
    connection: &mut Connection,
    ids: &[i64],
) -> Result<Vec<InvocationRow>, StoreError> {
    let mut rows: Vec<InvocationRow> = Vec::with_capacity(ids.len());
    for slice in ids.chunks(500) {
        let named: Vec<Named> = invocations::table
            .left_join(targets::table)
            .inner_join(callers::table)
            .left_join(errors::table)
            .inner_join(endpoints::table)
            .left_join(invocation_texts::table)
            .left_join(prices::table)
            .filter(invocations::id.eq_any(slice))
            .select((
                CallRow::as_select(),
                Option::<TargetRow>::as_select(),
                callers::name,
                errors::code.nullable(),
                endpoints::name,
                Option::<TextsRow>::as_select(),
                Option::<PriceRow>::as_select(),
            ))
            .load(connection)?;
        rows.extend(named.into_iter().map(InvocationRow::from));
    }
    let place = |row: &InvocationRow| ids.iter().position(|id| *id == row.call.id);
    rows.sort_by_cached_key(place);
    Ok(rows)
}

impl From<Named> for InvocationRow {
    fn from((call, target, caller, error_code, endpoint, texts, price): Named) -> Self {
        let api_key = (!caller.is_empty()).then_some(caller);
        Self { call, target, api_key, error_code, endpoint, texts, price }
    }
}

/// A call with its bodies; `None` when there is no such call.
///
/// # Errors
/// SQLite's error.
pub fn find(connection: &mut Connection, id: i64) -> Result<Option<Found>, StoreError> {
    let Some(row) = with_names(connection, &[id])?.pop() else { return Ok(None) };
    let trace = invocation_traces::table.find(id).select(invocation_traces::trace);
    let trace: Option<Vec<u8>> = trace.first(connection).optional()?;
    let bodies = invocation_bodies::table.find(id).select(BodiesRow::as_select());
    let bodies: Option<BodiesRow> = bodies.first(connection).optional()?;
    let bodies = bodies.map(|bodies| BodiesRow {
        request: unpack(&bodies.request),
        response: unpack(&bodies.response),
        ..bodies
    });
    let route = trace.and_then(|trace| String::from_utf8(unpack(&trace)).ok());
    Ok(Some(Found { row, bodies, route }))
}
