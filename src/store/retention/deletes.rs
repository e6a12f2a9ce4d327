//! What is deleted, a few rows at a time, oldest first. Called in a transaction.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::store::database::{Connection, StoreError};
use crate::store::invocations::FLAG_BODIES;
use crate::store::retained::Retained;
use crate::store::schema::{call_writers, invocations};
use crate::store::sums::{Grain, View};

/// Rows of one step; the time is looked at between two.
const STEP: i64 = 32;

/// Deletes what stands apart from calls that began before: bodies, the beginnings of prompt and
/// answer, and traces. Answers from how many calls, `None` where there are no more.
///
/// # Errors
/// SQLite's error.
pub fn apart(
    connection: &mut Connection,
    retained: &mut Retained,
    before_us: i64,
) -> Result<Option<u64>, StoreError> {
    let from_us = retained.bodies_until_us;
    if from_us >= before_us {
        return Ok(None);
    }
    let began = invocations::started_at_us;
    let next: Vec<(i64, i64)> = invocations::table
        .filter(began.ge(from_us))
        .filter(began.lt(before_us))
        .order(began)
        .limit(STEP)
        .select((invocations::id, began))
        .load(connection)?;
    let is_all = i64::try_from(next.len()).is_ok_and(|count| count < STEP);
    let (ids, until_us) = match next.last() {
        Some((_, last)) if !is_all => {
            let whole: Vec<i64> =
                next.iter().filter(|(_, at)| at < last).map(|(id, _)| *id).collect();
            match whole.is_empty() {
                false => (whole, *last),
                // More of them began at one moment than fit into a step.
                true => {
                    let same = invocations::table.filter(began.eq(*last)).select(invocations::id);
                    (same.load(connection)?, last.saturating_add(1))
                }
            }
        }
        _ => (next.iter().map(|(id, _)| *id).collect(), before_us),
    };
    if !ids.is_empty() {
        let ids = listed(&ids);
        run(connection, &format!("DELETE FROM invocation_bodies WHERE invocation_id IN ({ids})"))?;
        run(connection, &format!("DELETE FROM invocation_traces WHERE invocation_id IN ({ids})"))?;
        run(
            connection,
            &format!(
                "DELETE FROM invocation_texts WHERE invocation_id IN ({ids}) \
                 AND error_message IS NULL"
            ),
        )?;
        run(
            connection,
            &format!(
                "UPDATE invocation_texts SET prompt = NULL, answer = NULL, prompt_length = NULL, \
                 answer_length = NULL WHERE invocation_id IN ({ids}) \
                 AND (prompt IS NOT NULL OR answer IS NOT NULL)"
            ),
        )?;
        run(
            connection,
            &format!(
                "UPDATE invocations SET flags = flags - {FLAG_BODIES} WHERE id IN ({ids}) \
                 AND flags & {FLAG_BODIES}"
            ),
        )?;
    }
    retained.bodies_until_us = until_us;
    Ok(Some(ids.len() as u64))
}

/// Deletes calls that began before, with all that stands apart. One that is in no sum yet stays:
/// its sums are made from it, should they be lost. Answers how many, `None` where there are no more.
///
/// # Errors
/// SQLite's error.
pub fn calls(
    connection: &mut Connection,
    retained: &mut Retained,
    before_us: i64,
) -> Result<Option<u64>, StoreError> {
    let next: Vec<(i64, i64, i32)> = invocations::table
        .filter(invocations::started_at_us.lt(before_us))
        .order(invocations::started_at_us)
        .limit(STEP)
        .select((invocations::id, invocations::started_at_us, invocations::writer_id))
        .load(connection)?;
    let writers: Vec<(i32, i64)> = call_writers::table
        .select((call_writers::id, call_writers::summed_to_id))
        .load(connection)?;
    let writers: HashMap<i32, i64> = writers.into_iter().collect();
    let is_summed = |id: i64, writer: i32| writers.get(&writer).is_none_or(|to| id <= *to);
    let summed = next.iter().filter(|(id, _, writer)| is_summed(*id, *writer));
    let summed: Vec<(i64, i64)> = summed.map(|(id, at, _)| (*id, *at)).collect();
    let ids: Vec<i64> = summed.iter().map(|(id, _)| *id).collect();
    let (Some(highest), Some((_, last_us))) = (ids.iter().max(), summed.last()) else {
        return Ok(None);
    };
    let list = listed(&ids);
    for table in ["invocation_bodies", "invocation_traces", "invocation_texts"] {
        run(connection, &format!("DELETE FROM {table} WHERE invocation_id IN ({list})"))?;
    }
    run(connection, &format!("DELETE FROM invocations WHERE id IN ({list})"))?;
    retained.highest_id = retained.highest_id.max(*highest);
    retained.calls_until_us = retained.calls_until_us.max(last_us.saturating_add(1));
    Ok(Some(ids.len() as u64))
}

/// Deletes rows that the database refused before. Answers how many.
///
/// # Errors
/// SQLite's error.
pub fn set_aside(connection: &mut Connection, before_us: i64) -> Result<usize, StoreError> {
    let few = "DELETE FROM set_aside WHERE at_us < ? \
        AND id < (SELECT min(id) FROM set_aside) + 100";
    Ok(diesel::sql_query(few).bind::<BigInt, _>(before_us).execute(connection)?)
}

/// Deletes the oldest minute of a view's sums that lies before. Answers whether there was one.
///
/// # Errors
/// SQLite's error.
pub fn minute(connection: &mut Connection, view: View, before_us: i64) -> Result<bool, StoreError> {
    let of_view = format!("view = {} AND grain = {}", view as i32, Grain::Minute as i32);
    let before = Grain::Minute.bucket(before_us);
    let oldest = format!(
        "DELETE FROM sums WHERE {of_view} AND bucket = (SELECT bucket FROM sums \
         WHERE {of_view} AND bucket < {before} ORDER BY bucket LIMIT 1)"
    );
    Ok(run(connection, &oldest)? > 0)
}

/// Numbers, and so nothing that would have to be escaped.
fn listed(ids: &[i64]) -> String {
    let mut list = String::with_capacity(ids.len() * 9);
    for id in ids {
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(&id.to_string());
    }
    list
}

fn run(connection: &mut Connection, statement: &str) -> Result<usize, StoreError> {
    Ok(diesel::sql_query(statement).execute(connection)?)
}
