//! Calls become rows: batches of them, in the transaction of their batch.

use diesel::prelude::*;

use super::{FLAG_BODIES, FLAG_DROPPED, FLAG_ESTIMATED, FLAG_PARTIAL, FLAG_STREAM};
use crate::domain::invocation::{Invocation, Status};
use crate::domain::sums::Addend;
use crate::domain::usage::Usage;
use crate::store::batches::Batched;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError};
use crate::store::dictionaries::Ids;
use crate::store::key_spend;
use crate::store::request_ids;
use crate::store::schema::{
    invocation_bodies, invocation_texts, invocation_traces, invocations, invocations_before,
};
use crate::store::sums::Added;

#[derive(Insertable, Debug)]
#[diesel(table_name = invocations, treat_none_as_default_value = false)]
pub struct NewInvocation<'a> {
    pub id: i64,
    pub started_at_us: i64,
    pub model_id: Option<i32>,
    pub target_id: Option<i32>,
    pub api_key_id: Option<i32>,
    pub caller_id: i32,
    pub writer_id: i32,
    pub request_id: Vec<u8>,
    pub requested: Option<&'a str>,
    pub endpoint_id: i32,
    pub flags: i32,
    pub status: i32,
    pub http_status: i32,
    pub error_id: Option<i32>,
    pub finish_reason: Option<&'a str>,
    pub attempts: i32,
    pub provider_key: Option<i32>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub cache_write_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    pub total_tokens: Option<i64>,
    pub cost_nano_usd: Option<i64>,
    pub price_id: Option<i32>,
    pub duration_us: i64,
    pub ttft_us: Option<i64>,
    pub router_us: Option<i64>,
    pub wait_us: Option<i64>,
}

#[derive(Insertable, Default)]
#[diesel(table_name = invocation_texts, treat_none_as_default_value = false)]
pub struct NewTexts<'a> {
    pub invocation_id: i64,
    pub error_message: Option<&'a str>,
    pub prompt: Option<&'a str>,
    pub answer: Option<&'a str>,
    pub prompt_length: Option<i64>,
    pub answer_length: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = invocation_traces)]
pub struct NewTrace {
    pub invocation_id: i64,
    pub trace: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = invocation_bodies)]
pub struct NewBodies {
    pub invocation_id: i64,
    pub request: Vec<u8>,
    pub response: Vec<u8>,
    pub is_truncated: bool,
}

impl Batched for Invocation {
    const STREAM: &'static str = "invocations";
    type Sink = CallLog;

    fn begin(log: &CallLog) {
        log.begin();
    }

    /// Ids continue from the highest, by any process: the write lock is held.
    fn insert_all(
        log: &CallLog,
        connection: &mut Connection,
        batch: &[Self],
    ) -> Result<(), StoreError> {
        let next = highest_id(connection)? + 1;
        log.insert(connection, |connection, open| {
            for (id, call) in (next..).zip(batch) {
                let ids = open.dictionaries.ids(connection, call)?;
                insert(connection, open, (id, call, ids))?;
            }
            Ok(())
        })?;
        key_spend::add(connection, batch)
    }

    fn written(log: &CallLog) {
        log.written();
    }

    /// The call's cost counts all the same.
    fn count_aside(&self, connection: &mut Connection) -> Result<(), StoreError> {
        key_spend::add(connection, std::slice::from_ref(self))
    }

    fn reference(&self) -> String {
        self.request_id.clone()
    }

    fn record(&self) -> String {
        record(self).to_string()
    }
}

/// The highest id of any call, taken over or not.
///
/// # Errors
/// SQLite's error.
pub fn highest_id(connection: &mut Connection) -> Result<i64, StoreError> {
    let last: Option<i64> =
        invocations::table.select(diesel::dsl::max(invocations::id)).first(connection)?;
    if let Some(last) = last {
        return Ok(last);
    }
    let before: Option<i64> = invocations_before::table
        .select(diesel::dsl::max(invocations_before::id))
        .first(connection)?;
    Ok(before.unwrap_or(0))
}

fn insert(
    connection: &mut Connection,
    open: &mut crate::store::call_log::Open,
    (id, call, ids): (i64, &Invocation, Ids),
) -> Result<(), StoreError> {
    let row = row_of(id, open.writer_id, call, ids);
    diesel::insert_into(invocations::table).values(&row).execute(connection)?;
    if let Some(message) = &call.error_message {
        let texts =
            NewTexts { invocation_id: id, error_message: Some(message), ..NewTexts::default() };
        diesel::insert_into(invocation_texts::table).values(&texts).execute(connection)?;
    }
    if let Some(route) = &call.route {
        let trace = NewTrace { invocation_id: id, trace: open.packer.pack(route.as_bytes()) };
        diesel::insert_into(invocation_traces::table).values(&trace).execute(connection)?;
    }
    if let Some(bodies) = &call.bodies {
        let row = NewBodies {
            invocation_id: id,
            request: open.packer.pack(&bodies.request),
            response: open.packer.pack(&bodies.response),
            is_truncated: bodies.is_truncated,
        };
        diesel::insert_into(invocation_bodies::table).values(&row).execute(connection)?;
    }
    open.added.push(Added {
        id,
        started_at_us: call.started_at_us,
        target: ids.target.unwrap_or(0),
        caller: ids.caller,
        error: ids.error.unwrap_or(0),
        endpoint: ids.endpoint,
        status: status_code(call.status),
        addend: Addend::of(call),
    });
    Ok(())
}

pub fn row_of(id: i64, writer_id: i32, call: &Invocation, ids: Ids) -> NewInvocation<'_> {
    let target = call.target.as_ref();
    let tokens = |of: fn(&Usage) -> u64| call.usage.as_ref().map(|usage| to_i64(of(usage)));
    let is_model = target.is_some_and(|target| target.model == call.requested);
    NewInvocation {
        id,
        started_at_us: call.started_at_us,
        model_id: target.map(|target| target.model_id.0),
        target_id: ids.target,
        api_key_id: call.api_key_id.map(|id| id.0),
        caller_id: ids.caller,
        writer_id,
        request_id: request_ids::to_bytes(&call.request_id),
        requested: (!is_model).then_some(call.requested.as_str()),
        endpoint_id: ids.endpoint,
        flags: flags(call),
        status: status_code(call.status),
        http_status: i32::from(call.http_status),
        error_id: ids.error,
        finish_reason: call.finish_reason.as_deref(),
        attempts: i32::try_from(call.attempts).unwrap_or(i32::MAX),
        provider_key: target
            .and_then(|target| target.provider_key)
            .and_then(|index| i32::try_from(index).ok()),
        prompt_tokens: tokens(|usage| usage.prompt),
        completion_tokens: tokens(|usage| usage.completion),
        cached_tokens: tokens(|usage| usage.cached),
        cache_write_tokens: tokens(|usage| usage.cache_write),
        reasoning_tokens: tokens(|usage| usage.reasoning),
        total_tokens: tokens(|usage| usage.total),
        cost_nano_usd: call.cost.map(|cost| cost.0),
        price_id: ids.price,
        duration_us: call.duration_us,
        ttft_us: call.ttft_us,
        router_us: call.phases.router_us,
        wait_us: call.phases.wait_us,
    }
}

pub fn status_code(status: Status) -> i32 {
    match status {
        Status::Success => 0,
        Status::Error => 1,
        Status::Cancelled => 2,
    }
}

fn flags(call: &Invocation) -> i32 {
    let flags = [
        (call.is_stream, FLAG_STREAM),
        (call.usage_estimated, FLAG_ESTIMATED),
        (call.usage_partial, FLAG_PARTIAL),
        (call.bodies.is_some(), FLAG_BODIES),
        (call.bodies_dropped.is_some(), FLAG_DROPPED),
    ];
    flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum()
}

fn to_i64(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

/// The row as JSON, for the table of those that were refused.
fn record(call: &Invocation) -> serde_json::Value {
    let target = call.target.as_ref();
    serde_json::json!({
        "request_id": call.request_id,
        "started_at_us": call.started_at_us,
        "endpoint": call.endpoint,
        "requested": call.requested,
        "provider_name": target.map(|target| &target.provider),
        "model_name": target.map(|target| &target.model),
        "api_key": call.api_key,
        "api_key_id": call.api_key_id.map(|id| id.0),
        "is_stream": call.is_stream,
        "status": call.status.as_str(),
        "http_status": call.http_status,
        "error_code": call.error_code,
        "error_message": call.error_message,
        "finish_reason": call.finish_reason,
        "prompt_tokens": call.usage.map(|usage| usage.prompt),
        "completion_tokens": call.usage.map(|usage| usage.completion),
        "cached_tokens": call.usage.map(|usage| usage.cached),
        "total_tokens": call.usage.map(|usage| usage.total),
        "cost_nano_usd": call.cost.map(|cost| cost.0),
        "duration_us": call.duration_us,
        "ttft_us": call.ttft_us,
        "attempts": call.attempts,
    })
}
