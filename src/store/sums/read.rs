//! Sums of the tables, with those that are not there yet.

use std::collections::HashMap;

use diesel::prelude::*;

use super::flush::{by_mark, unsummed_rows};
use super::row::SumsRow;
use super::{Accumulators, Grain, Of, View};
use crate::domain::sums::Sums;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError, in_snapshot};
use crate::store::schema::sums;

/// Buckets of one grain, from the first up to and without the last. Ranges of a reading do not
/// overlap in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub grain: Grain,
    pub from: i64,
    pub to: i64,
}

impl Range {
    pub fn holds(&self, minute: i64) -> bool {
        (self.from..self.to).contains(&self.bucket_of(minute))
    }

    pub fn bucket_of(&self, minute: i64) -> i64 {
        self.grain.bucket(minute * Grain::Minute.us())
    }
}

/// A sum with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summed {
    pub grain: Grain,
    pub bucket: i64,
    pub of: Of,
    pub sums: Sums,
}

impl Summed {
    pub fn start_us(&self) -> i64 {
        self.bucket * self.grain.us()
    }
}

/// All sums of a view in these ranges that `wants` takes.
///
/// # Errors
/// SQLite's error.
pub fn read(
    connection: &mut Connection,
    log: &CallLog,
    view: View,
    ranges: &[Range],
    wants: impl Fn(Of) -> bool,
) -> Result<Vec<Summed>, StoreError> {
    let mut found = ByKey::new();
    each(connection, log, (view, None), ranges, wants, |part| {
        let sums = found.entry((part.grain, part.bucket, part.of)).or_default();
        sums.merge(part.sums);
    })?;
    Ok(shown(found))
}

/// A part of a sum: what the table holds of it, or what a process has not brought there yet.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub grain: Grain,
    pub bucket: i64,
    pub of: Of,
    pub sums: &'a Sums,
}

/// Shows the sums of a view in these ranges that `wants` takes, each in one part or more. `only`
/// tells which `a` can be among them, where these are few.
///
/// # Errors
/// SQLite's error.
pub fn each(
    connection: &mut Connection,
    log: &CallLog,
    (view, only): (View, Option<&[i32]>),
    ranges: &[Range],
    wants: impl Fn(Of) -> bool,
    mut visit: impl FnMut(Part<'_>),
) -> Result<(), StoreError> {
    in_snapshot(connection, |connection| {
        for range in ranges.iter().filter(|range| range.from < range.to) {
            of_table(connection, (view, only), range, &wants, &mut visit)?;
        }
        each_unsummed(connection, log, |unsummed| {
            of_memory(unsummed, view, ranges, &wants, &mut visit);
        })
    })
}

/// Hands over what is not in the table: of this process from memory, of others from their rows.
/// Called in a snapshot.
pub fn each_unsummed(
    connection: &mut Connection,
    log: &CallLog,
    mut add: impl FnMut(&Accumulators),
) -> Result<(), StoreError> {
    let own = log.writer_id();
    for (summed_to, mut writers) in by_mark(connection, |_| true)? {
        if writers.contains(&own) {
            let unsummed = log.unsummed();
            if unsummed.summed_to() == summed_to {
                add(&unsummed);
                writers.retain(|writer| *writer != own);
            }
        }
        if writers.is_empty() {
            continue;
        }
        // Of other processes, or memory and this view of the table have moved apart.
        let mut unsummed = Accumulators::default();
        for call in unsummed_rows(connection, &writers, summed_to, i64::MAX)? {
            unsummed.add(&call);
        }
        add(&unsummed);
    }
    Ok(())
}

type ByKey = HashMap<(Grain, i64, Of), Sums>;

fn shown(found: ByKey) -> Vec<Summed> {
    let mut summed: Vec<Summed> = found
        .into_iter()
        .map(|((grain, bucket, of), sums)| Summed { grain, bucket, of, sums })
        .collect();
    summed.sort_unstable_by_key(|summed| (summed.start_us(), summed.of));
    summed
}

/// Beyond these a range is read whole, and what is not wanted passed over.
const MAX_SEEKS: i64 = 4_000;

fn of_table(
    connection: &mut Connection,
    (view, only): (View, Option<&[i32]>),
    range: &Range,
    wants: &impl Fn(Of) -> bool,
    visit: &mut impl FnMut(Part<'_>),
) -> Result<(), StoreError> {
    let mut query = sums::table
        .filter(sums::view.eq(view as i32))
        .filter(sums::grain.eq(range.grain as i32))
        .select(SumsRow::as_select())
        .into_boxed();
    let buckets = range.to.saturating_sub(range.from);
    let seeks = |only: &&[i32]| i64::try_from(only.len()).ok()?.checked_mul(buckets);
    query = match only.filter(|only| seeks(only).is_some_and(|seeks| seeks <= MAX_SEEKS)) {
        // Each bucket is looked up, so that sums of others are not even read.
        Some(only) => {
            query.filter(sums::bucket.eq_any(range.from..range.to)).filter(sums::a.eq_any(only))
        }
        None => query.filter(sums::bucket.ge(range.from)).filter(sums::bucket.lt(range.to)),
    };
    for row in query.load_iter::<SumsRow, diesel::connection::DefaultLoadingMode>(connection)? {
        let row = row?;
        if let Some(of) = row.of().filter(|of| wants(*of)) {
            visit(Part { grain: range.grain, bucket: row.bucket, of, sums: &row.sums() });
        }
    }
    Ok(())
}

fn of_memory(
    unsummed: &Accumulators,
    view: View,
    ranges: &[Range],
    wants: &impl Fn(Of) -> bool,
    visit: &mut impl FnMut(Part<'_>),
) {
    for (minute, of, sums) in unsummed.of_view(view) {
        let range = ranges.iter().find(|range| range.holds(minute));
        if let Some(range) = range.filter(|_| wants(of)) {
            visit(Part { grain: range.grain, bucket: range.bucket_of(minute), of, sums });
        }
    }
}
