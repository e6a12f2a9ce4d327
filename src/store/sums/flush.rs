//! Sums of memory come into the table, with the id up to which they are there.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::row::SumsRow;
use super::{Accumulators, Added, Grain, Of};
use crate::domain::sums::{Addend, Sums};
use crate::domain::usage::Usage;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError, transaction};
use crate::store::invocations::insert::NewInvocation;
use crate::store::invocations::{FLAG_ESTIMATED, FLAG_STREAM, highest_id};
use crate::store::schema::{call_writers, invocations, sums};

/// Rows that are added to sums in one transaction, where a process has ended before it did so.
const SLICE: i64 = 5_000;

/// Brings the sums of this process into the table.
///
/// # Errors
/// SQLite's error; the sums stay in memory then.
pub fn flush(connection: &mut Connection, log: &CallLog) -> Result<(), StoreError> {
    let writer_id = log.writer_id();
    let mut unsummed = log.unsummed();
    if writer_id == 0 || unsummed.is_empty() {
        return Ok(());
    }
    let to = transaction(connection, |connection| {
        let summed_to = summed_to(connection, writer_id)?;
        // Another process took this one for ended and added its calls up.
        if summed_to != unsummed.summed_to() {
            let mut anew = Accumulators::default();
            anew.flushed(summed_to);
            for call in unsummed_rows(connection, &[writer_id], summed_to, i64::MAX)? {
                anew.add(&call);
            }
            *unsummed = anew;
        }
        let to = unsummed.added_to();
        put(connection, &unsummed.by_grain(i64::MIN), &[writer_id], to)?;
        Ok::<_, StoreError>(to)
    })?;
    unsummed.flushed(to);
    Ok(())
}

/// Adds up the calls of other processes that have not done so themselves, because they ended, a
/// slice at a time. One that still runs notices it. Answers whether there may be more.
///
/// # Errors
/// SQLite's error.
pub fn catch_up(connection: &mut Connection, log: &CallLog) -> Result<bool, StoreError> {
    let own = log.writer_id();
    transaction(connection, |connection| {
        let highest = highest_id(connection)?;
        for (from, writers) in by_mark(connection, |writer| writer != own)? {
            let rows = unsummed_rows(connection, &writers, from, SLICE)?;
            let mut slice = Accumulators::default();
            rows.iter().for_each(|call| slice.add(call));
            let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= SLICE);
            let to = match rows.last() {
                Some(last) if is_full => last.id,
                // Nothing of them is missing, and so the next look need not begin so far back.
                _ => highest,
            };
            if to > from {
                put(connection, &slice.by_grain(i64::MIN), &writers, to)?;
            }
            if is_full {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// Processes by how far they have come, so that those that have ended, which are many after some
/// time and have come equally far, are looked up together.
///
/// # Errors
/// SQLite's error.
pub fn by_mark(
    connection: &mut Connection,
    wants: impl Fn(i32) -> bool,
) -> Result<BTreeMap<i64, Vec<i32>>, StoreError> {
    let all: Vec<(i32, i64)> = call_writers::table
        .select((call_writers::id, call_writers::summed_to_id))
        .load(connection)?;
    let mut by_mark: BTreeMap<i64, Vec<i32>> = BTreeMap::new();
    for (writer, summed_to) in all.into_iter().filter(|(writer, _)| wants(*writer)) {
        by_mark.entry(summed_to).or_default().push(writer);
    }
    Ok(by_mark)
}

fn summed_to(connection: &mut Connection, writer_id: i32) -> Result<i64, StoreError> {
    let found = call_writers::table.find(writer_id).select(call_writers::summed_to_id);
    Ok(found.first(connection)?)
}

/// Adds to what is there, up to this call. Called in a transaction.
fn put(
    connection: &mut Connection,
    by_grain: &HashMap<(Grain, i64, Of), Sums>,
    writers: &[i32],
    to: i64,
) -> Result<(), StoreError> {
    add_to_table(connection, by_grain)?;
    diesel::update(call_writers::table.filter(call_writers::id.eq_any(writers)))
        .set((
            call_writers::summed_to_id.eq(to),
            call_writers::at_us.eq(jiff::Timestamp::now().as_microsecond()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Adds to what is there. Called in a transaction.
///
/// # Errors
/// SQLite's error.
pub fn add_to_table(
    connection: &mut Connection,
    by_grain: &HashMap<(Grain, i64, Of), Sums>,
) -> Result<(), StoreError> {
    for ((grain, bucket, of), more) in by_grain {
        let key = (of.view as i32, *grain as i32, *bucket, of.a, of.b, of.status);
        // Not `first`: SQLite prepares a statement with `LIMIT ?` anew at each use.
        let known: Option<SumsRow> =
            sums::table.find(key).select(SumsRow::as_select()).get_result(connection).optional()?;
        let row = match known {
            Some(known) => {
                let mut sum = known.sums();
                sum.merge(more);
                SumsRow::new(*grain, *bucket, *of, &sum)
            }
            None => SumsRow::new(*grain, *bucket, *of, more),
        };
        diesel::replace_into(sums::table).values(&row).execute(connection)?;
    }
    Ok(())
}

/// A call's row, as far as sums need it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = invocations)]
pub struct CallRow {
    pub id: i64,
    started_at_us: i64,
    target_id: Option<i32>,
    caller_id: i32,
    endpoint_id: i32,
    flags: i32,
    status: i32,
    error_id: Option<i32>,
    attempts: i32,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    total_tokens: Option<i64>,
    pub cost_nano_usd: Option<i64>,
    duration_us: i64,
    ttft_us: Option<i64>,
    router_us: Option<i64>,
}

/// Calls of processes that are not in the table of sums, in the order of their ids.
///
/// # Errors
/// SQLite's error.
pub fn unsummed_rows(
    connection: &mut Connection,
    writers: &[i32],
    summed_to: i64,
    limit: i64,
) -> Result<Vec<Added>, StoreError> {
    let rows: Vec<CallRow> = invocations::table
        .filter(invocations::id.gt(summed_to))
        .filter(invocations::writer_id.eq_any(writers))
        .order(invocations::id)
        .limit(limit)
        .select(CallRow::as_select())
        .load(connection)?;
    Ok(rows.iter().map(CallRow::added).collect())
}

impl From<&NewInvocation> for CallRow {
    fn from(row: &NewInvocation) -> Self {
        Self {
            id: row.id,
            started_at_us: row.started_at_us,
            target_id: row.target_id,
            caller_id: row.caller_id,
            endpoint_id: row.endpoint_id,
            flags: row.flags,
            status: row.status,
            error_id: row.error_id,
            attempts: row.attempts,
            prompt_tokens: row.prompt_tokens,
            completion_tokens: row.completion_tokens,
            cached_tokens: row.cached_tokens,
            cache_write_tokens: row.cache_write_tokens,
            reasoning_tokens: row.reasoning_tokens,
            total_tokens: row.total_tokens,
            cost_nano_usd: row.cost_nano_usd,
            duration_us: row.duration_us,
            ttft_us: row.ttft_us,
            router_us: row.router_us,
        }
    }
}

impl CallRow {
    pub fn usage(&self) -> Option<Usage> {
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        let tokens = |value: Option<i64>| value.map_or(0, count);
        self.total_tokens.map(|total| Usage {
            prompt: tokens(self.prompt_tokens),
            completion: tokens(self.completion_tokens),
            cached: tokens(self.cached_tokens),
            cache_write: tokens(self.cache_write_tokens),
            reasoning: tokens(self.reasoning_tokens),
            total: count(total),
        })
    }

    pub fn added(&self) -> Added {
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        Added {
            id: self.id,
            started_at_us: self.started_at_us,
            target: self.target_id.unwrap_or(0),
            caller: self.caller_id,
            error: self.error_id.unwrap_or(0),
            endpoint: self.endpoint_id,
            status: self.status,
            addend: Addend {
                attempts: u32::try_from(self.attempts).unwrap_or_default(),
                is_success: self.status == 0,
                is_estimated: self.flags & FLAG_ESTIMATED != 0,
                usage: self.usage(),
                cost_nano_usd: self.cost_nano_usd.map(count),
                duration_us: count(self.duration_us),
                router_us: self.router_us.map(count),
                ttft_us: self.ttft_us.map(count),
                is_stream: self.flags & FLAG_STREAM != 0,
            },
        }
    }
}
