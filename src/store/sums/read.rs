//! Sums of the tables, with those that are not there yet.

use std::collections::HashMap;

use diesel::prelude::*;

use super::flush::unsummed_rows;
use super::row::SumsRow;
use super::{Accumulators, Grain, Of, View};
use crate::domain::sums::Sums;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError, in_snapshot};
use crate::store::schema::{call_writers, sums};

/// Buckets of one grain, from the first up to and without the last. Ranges of a reading do not
/// overlap in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub grain: Grain,
    pub from: i64,
    pub to: i64,
}

impl Range {
    fn holds(&self, minute: i64) -> bool {
        (self.from..self.to).contains(&self.bucket_of(minute))
    }

    fn bucket_of(&self, minute: i64) -> i64 {
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
    let own = log.writer_id();
    let found = in_snapshot(connection, |connection| {
        let mut found = of_table(connection, view, ranges, &wants)?;
        for (writer_id, summed_to) in writers(connection)? {
            if writer_id == own {
                let unsummed = log.unsummed();
                if unsummed.summed_to() == summed_to {
                    add(&unsummed, view, ranges, &wants, &mut found);
                    continue;
                }
            }
            // Of another process, or memory and this view of the table have moved apart.
            let mut unsummed = Accumulators::default();
            for call in unsummed_rows(connection, writer_id, summed_to, i64::MAX)? {
                unsummed.add(&call);
            }
            add(&unsummed, view, ranges, &wants, &mut found);
        }
        Ok(found)
    })?;
    Ok(shown(found))
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

fn writers(connection: &mut Connection) -> Result<Vec<(i32, i64)>, StoreError> {
    Ok(call_writers::table
        .select((call_writers::id, call_writers::summed_to_id))
        .load(connection)?)
}

fn of_table(
    connection: &mut Connection,
    view: View,
    ranges: &[Range],
    wants: &impl Fn(Of) -> bool,
) -> Result<ByKey, StoreError> {
    let mut found = ByKey::new();
    for range in ranges.iter().filter(|range| range.from < range.to) {
        let rows = sums::table
            .filter(sums::view.eq(view as i32))
            .filter(sums::grain.eq(range.grain as i32))
            .filter(sums::bucket.ge(range.from))
            .filter(sums::bucket.lt(range.to))
            .select(SumsRow::as_select())
            .load_iter::<SumsRow, diesel::connection::DefaultLoadingMode>(connection)?;
        for row in rows {
            let row = row?;
            if let Some(of) = row.of().filter(|of| wants(*of)) {
                found.insert((range.grain, row.bucket, of), row.sums());
            }
        }
    }
    Ok(found)
}

fn add(
    unsummed: &Accumulators,
    view: View,
    ranges: &[Range],
    wants: &impl Fn(Of) -> bool,
    found: &mut ByKey,
) {
    for (minute, of, sums) in unsummed.of_view(view) {
        let range = ranges.iter().find(|range| range.holds(minute));
        if let Some(range) = range.filter(|_| wants(of)) {
            let key = (range.grain, range.bucket_of(minute), of);
            found.entry(key).or_default().merge(sums);
        }
    }
}
