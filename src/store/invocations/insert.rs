//! Calls become rows: batches of them, in the transaction of their batch.

use std::borrow::Cow;

use diesel::prelude::*;

use super::{FLAG_BODIES, FLAG_DROPPED, FLAG_ESTIMATED, FLAG_PARTIAL, FLAG_STREAM};
use crate::domain::invocation::{Invocation, Status};
use crate::domain::packed::{Beginning, PackedCall};
use crate::domain::sums::Addend;
use crate::domain::usage::Usage;
use crate::store::batches::Batched;
use crate::store::call_log::{CallLog, Open};
use crate::store::database::{Connection, StoreError};
use crate::store::dictionaries::Ids;
use crate::store::key_spend;
use crate::store::priority;
use crate::store::request_ids;
use crate::store::retained;
use crate::store::schema::{
    invocation_bodies, invocation_texts, invocation_traces, invocations, invocations_before,
};
use crate::store::sums::Added;

/// Rows own what they hold: diesel keeps a statement of many rows only if their type borrows nothing.
/// None is NULL in all of them: where it could be a default, diesel makes the text of a statement
/// anew at each use, and inserts many rows one by one.
#[derive(Insertable, Debug)]
#[diesel(table_name = invocations, treat_none_as_default_value = false)]
pub struct NewInvocation {
    pub id: i64,
    pub started_at_us: i64,
    pub model_id: Option<i32>,
    pub target_id: Option<i32>,
    pub api_key_id: Option<i32>,
    pub caller_id: i32,
    pub writer_id: i32,
    pub request_id: Vec<u8>,
    pub requested: Option<String>,
    pub endpoint_id: i32,
    pub flags: i32,
    pub status: i32,
    pub http_status: i32,
    pub error_id: Option<i32>,
    pub finish_reason: Option<Cow<'static, str>>,
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
    pub session_id: Option<Vec<u8>>,
}

#[derive(Insertable, Default)]
#[diesel(table_name = invocation_texts, treat_none_as_default_value = false)]
pub struct NewTexts {
    pub invocation_id: i64,
    pub error_message: Option<String>,
    pub prompt: Option<String>,
    pub answer: Option<String>,
    pub prompt_length: Option<i64>,
    pub answer_length: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = invocation_traces, treat_none_as_default_value = false)]
pub struct NewTrace {
    pub invocation_id: i64,
    pub trace: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = invocation_bodies, treat_none_as_default_value = false)]
pub struct NewBodies {
    pub invocation_id: i64,
    pub request: Vec<u8>,
    pub response: Vec<u8>,
    pub is_truncated: bool,
}

impl Batched for PackedCall {
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
            // In parts that stay in the processor's caches.
            for (first, part) in (next..).step_by(PART).zip(batch.chunks(PART)) {
                insert(connection, open, first, part)?;
            }
            Ok(())
        })?;
        if let Some(oldest_us) = batch.iter().map(|packed| packed.call.started_at_us).min() {
            retained::note_written(connection, oldest_us)?;
        }
        key_spend::add(connection, batch.iter().map(|packed| &packed.call))
    }

    fn written(log: &CallLog) {
        log.written();
    }

    /// The call's cost counts all the same.
    fn count_aside(&self, connection: &mut Connection) -> Result<(), StoreError> {
        key_spend::add(connection, std::iter::once(&self.call))
    }

    fn reference(&self) -> String {
        self.call.request_id.clone()
    }

    fn record(&self) -> String {
        record(&self.call).to_string()
    }
}

/// The highest id of any call, taken over or not, deleted or not.
///
/// # Errors
/// SQLite's error.
pub fn highest_id(connection: &mut Connection) -> Result<i64, StoreError> {
    let last: Option<i64> =
        invocations::table.select(diesel::dsl::max(invocations::id)).get_result(connection)?;
    let deleted = retained::highest_id(connection)?;
    if let Some(last) = last {
        return Ok(last.max(deleted));
    }
    let before: Option<i64> = invocations_before::table
        .select(diesel::dsl::max(invocations_before::id))
        .get_result(connection)?;
    Ok(before.unwrap_or(0).max(deleted))
}

/// Rows that are made before they are inserted.
const PART: usize = 256;

/// Rows of one statement. It is prepared once for each number of rows, and what diesel and SQLite
/// do for each statement is more than for each row.
const ROWS: usize = 32;

/// The same where a row is long.
const LONG_ROWS: usize = 16;

/// Inserts rows: as many as possible of them `N` in a statement, the others one by one.
///
/// Of many rows in a plain `INSERT` SQLite notes every page that it changes, in a file, to be able
/// to take back this statement alone. `OR IGNORE` needs no such notes. A row that it leaves out is
/// an error here as well, and the whole transaction is rolled back.
macro_rules! insert_all {
    ($connection:expr, $table:expr, $rows:expr, $at_once:expr) => {{
        let (chunks, rest) = $rows.as_chunks::<{ $at_once }>();
        for chunk in chunks {
            priority::give_way();
            let inserted =
                diesel::insert_or_ignore_into($table).values(chunk).execute($connection)?;
            if inserted != chunk.len() {
                return Err(StoreError::Refused);
            }
        }
        for row in rest {
            diesel::insert_into($table).values(row).execute($connection)?;
        }
    }};
}

/// Rows of calls, with what stands apart from them.
#[derive(Default)]
pub struct Rows {
    pub calls: Vec<NewInvocation>,
    pub texts: Vec<NewTexts>,
    pub traces: Vec<NewTrace>,
    pub bodies: Vec<NewBodies>,
}

impl Rows {
    /// # Errors
    /// SQLite's error. Called in a transaction, which is to be rolled back then.
    pub fn insert(self, connection: &mut Connection) -> Result<(), StoreError> {
        insert_all!(connection, invocations::table, self.calls, ROWS);
        insert_all!(connection, invocation_texts::table, self.texts, ROWS);
        insert_all!(connection, invocation_traces::table, self.traces, ROWS);
        insert_all!(connection, invocation_bodies::table, self.bodies, LONG_ROWS);
        Ok(())
    }
}

fn insert(
    connection: &mut Connection,
    open: &mut Open,
    first: i64,
    part: &[PackedCall],
) -> Result<(), StoreError> {
    let mut rows = Rows { calls: Vec::with_capacity(part.len()), ..Rows::default() };
    for (id, packed) in (first..).zip(part) {
        let call = &packed.call;
        let ids = open.dictionaries.ids(connection, call)?;
        rows.calls.push(row_of(id, open.writer_id, call, ids));
        rows.texts.extend(texts_of(id, packed));
        if let Some(trace) = &packed.trace {
            rows.traces.push(NewTrace { invocation_id: id, trace: trace.clone() });
        }
        if let Some(kept) = &call.bodies {
            rows.bodies.push(NewBodies {
                invocation_id: id,
                request: kept.request.to_vec(),
                response: kept.response.to_vec(),
                is_truncated: kept.is_truncated,
            });
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
    }
    rows.insert(connection)
}

/// `None` where there is nothing to be told.
fn texts_of(id: i64, PackedCall { call, texts, .. }: &PackedCall) -> Option<NewTexts> {
    if call.error_message.is_none() && texts.prompt.is_none() && texts.answer.is_none() {
        return None;
    }
    let text = |of: &Option<Beginning>| of.as_ref().map(|of| of.text.clone());
    let length =
        |of: &Option<Beginning>| of.as_ref().map(|of| i64::try_from(of.length).unwrap_or(i64::MAX));
    Some(NewTexts {
        invocation_id: id,
        error_message: call.error_message.clone(),
        prompt: text(&texts.prompt),
        answer: text(&texts.answer),
        prompt_length: length(&texts.prompt),
        answer_length: length(&texts.answer),
    })
}

pub fn row_of(id: i64, writer_id: i32, call: &Invocation, ids: Ids) -> NewInvocation {
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
        requested: (!is_model).then(|| call.requested.clone()),
        endpoint_id: ids.endpoint,
        flags: flags(call),
        status: status_code(call.status),
        http_status: i32::from(call.http_status),
        error_id: ids.error,
        finish_reason: call.finish_reason.as_deref().map(finish_reason),
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
        session_id: call.session_id.as_deref().map(request_ids::to_bytes),
    }
}

/// Most are one of these, and need no copy.
const FINISH_REASONS: [&str; 4] = ["stop", "tool_calls", "length", "content_filter"];

fn finish_reason(reason: &str) -> Cow<'static, str> {
    let known = FINISH_REASONS.into_iter().find(|known| *known == reason);
    known.map_or_else(|| Cow::Owned(reason.to_owned()), Cow::Borrowed)
}

pub fn status_code(status: Status) -> i32 {
    match status {
        Status::Success => 0,
        Status::Error => 1,
        Status::Cancelled => 2,
    }
}

fn flags(call: &Invocation) -> i32 {
    flags_of([
        (call.is_stream, FLAG_STREAM),
        (call.usage_estimated, FLAG_ESTIMATED),
        (call.usage_partial, FLAG_PARTIAL),
        (call.bodies.is_some(), FLAG_BODIES),
        (call.bodies_dropped.is_some(), FLAG_DROPPED),
    ])
}

/// The bits that are set.
pub fn flags_of<const N: usize>(flags: [(bool, i32); N]) -> i32 {
    flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum()
}

fn to_i64(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

/// The row as JSON, for the table of those that were refused.
pub(super) fn record(call: &Invocation) -> serde_json::Value {
    let target = call.target.as_ref();
    serde_json::json!({
        "request_id": call.request_id,
        "started_at_us": call.started_at_us,
        "endpoint": call.endpoint,
        "requested": call.requested,
        "session_id": call.session_id,
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

#[cfg(test)]
mod tests;
