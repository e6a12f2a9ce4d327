//! Sums of the tables, with those that are not there yet.

use std::collections::HashMap;

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::flush::{by_mark, unsummed_rows};
use super::row::{FiguresRow, PointRow, SumsRow};
use super::selection::{Depth, Part, Range, Selection};
use super::{Accumulators, Grain, Of, View, pairs};
use crate::domain::sums::Sums;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError, in_snapshot};
use crate::store::schema::sums;

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
    each(connection, log, &[Selection::all(view)], ranges, wants, |part| {
        let sums = found.entry((part.grain, part.bucket, part.of)).or_default();
        sums.merge(part.sums);
    })?;
    Ok(shown(found))
}

/// Shows the sums of these selections in these ranges that `wants` takes, each in one part or more.
/// All tell of the same calls.
///
/// # Errors
/// SQLite's error.
pub fn each(
    connection: &mut Connection,
    log: &CallLog,
    selections: &[Selection],
    ranges: &[Range],
    wants: impl Fn(Of) -> bool,
    mut visit: impl FnMut(Part<'_>),
) -> Result<(), StoreError> {
    in_snapshot(connection, |connection| {
        for selection in selections {
            for range in ranges.iter().filter(|range| range.from < range.to) {
                match selection.depth {
                    Depth::Counts if pairs::are_kept(selection) => {
                        pairs::each(connection, log, (selection, range), &wants, &mut visit)?;
                    }
                    _ => of_table(connection, selection, range, &wants, &mut visit)?,
                }
            }
        }
        each_unsummed(connection, log, |unsummed| {
            for selection in selections {
                of_memory(unsummed, selection, ranges, &wants, &mut visit);
            }
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
const MAX_SEEKS: i64 = 12_000;

/// So many are named in a statement.
const MAX_NAMED: usize = 5_000;

type CountRow = (i64, i32, i32, i32, i64);

fn rows_of<'a>(
    selection: &'a Selection,
    range: &Range,
) -> sums::BoxedQuery<'a, diesel::sqlite::Sqlite> {
    let mut query = sums::table
        .filter(sums::view.eq(selection.view as i32))
        .filter(sums::grain.eq(range.grain as i32))
        .into_boxed();
    let buckets = range.to.saturating_sub(range.from);
    let few = |ids: &&'a [i32]| ids.len() <= MAX_NAMED;
    let seeks = |only: &[i32]| i64::try_from(only.len().max(1)).ok()?.checked_mul(buckets);
    query = match selection.a.as_deref().filter(few) {
        // Each bucket is looked up, so that sums of others are not even read.
        Some(a) if seeks(a).is_some_and(|seeks| seeks <= MAX_SEEKS) => {
            query.filter(sums::bucket.eq_any(range.from..range.to)).filter(sums::a.eq_any(a))
        }
        a => {
            let query = query.filter(sums::bucket.ge(range.from)).filter(sums::bucket.lt(range.to));
            // The sign says that it is no reason to look each up.
            match a {
                Some(a) => query.filter(sql::<Integer>("+sums.a").eq_any(a)),
                None => query,
            }
        }
    };
    match selection.b.as_deref().filter(few) {
        Some(b) => query.filter(sql::<Integer>("+sums.b").eq_any(b)),
        None => query,
    }
}

fn of_table(
    connection: &mut Connection,
    selection: &Selection,
    range: &Range,
    wants: &impl Fn(Of) -> bool,
    visit: &mut impl FnMut(Part<'_>),
) -> Result<(), StoreError> {
    let rows = || rows_of(selection, range);
    let (view, grain) = (selection.view, range.grain);
    // The columns of what is not wanted, and its sketches, are read all the same, but not of many.
    macro_rules! shown {
        ($columns:expr, $row:ty, $key:expr, $sums:expr) => {
            for row in rows().select($columns).load_iter::<$row, DefaultLoadingMode>(connection)? {
                let row = row?;
                let (bucket, a, b, status) = $key(&row);
                let of = Of { view, a, b, status };
                if wants(of) {
                    visit(Part { grain, bucket, of, sums: &$sums(row) });
                }
            }
        };
    }
    match selection.depth {
        Depth::Whole => shown!(
            SumsRow::as_select(),
            SumsRow,
            |row: &SumsRow| (row.bucket, row.a, row.b, row.status),
            |row: SumsRow| row.sums()
        ),
        Depth::Figures => shown!(
            FiguresRow::as_select(),
            FiguresRow,
            |row: &FiguresRow| row.point.key(),
            FiguresRow::into_sums
        ),
        Depth::Points => {
            shown!(PointRow::as_select(), PointRow, PointRow::key, PointRow::into_sums);
        }
        Depth::Counts => shown!(
            (sums::bucket, sums::a, sums::b, sums::status, sums::calls),
            CountRow,
            |row: &CountRow| (row.0, row.1, row.2, row.3),
            |row: CountRow| only_calls(u64::try_from(row.4).unwrap_or_default())
        ),
    }
    Ok(())
}

fn only_calls(calls: u64) -> Sums {
    Sums { calls, ..Sums::default() }
}

fn of_memory(
    unsummed: &Accumulators,
    selection: &Selection,
    ranges: &[Range],
    wants: &impl Fn(Of) -> bool,
    visit: &mut impl FnMut(Part<'_>),
) {
    for (minute, of, sums) in unsummed.of_view(selection.view) {
        let Some(range) = ranges.iter().find(|range| range.holds(minute)) else { continue };
        if wants(of) {
            let (grain, bucket) = (range.grain, range.bucket_of(minute));
            match selection.depth {
                Depth::Whole | Depth::Figures | Depth::Points => {
                    visit(Part { grain, bucket, of, sums });
                }
                Depth::Counts => {
                    visit(Part { grain, bucket, of, sums: &only_calls(sums.calls) });
                }
            }
        }
    }
}
