//! Counts and maxima of sums without their sketches, for lists of calls: how many there are, and
//! where the largest are.

use std::collections::HashMap;

use diesel::prelude::*;

use super::read::each_unsummed;
use super::selection::Range;
use super::{Of, View};
use crate::domain::hash::ById;
use crate::domain::sums::Sums;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError, in_snapshot};
use crate::store::schema::sums;

/// More seeks into the table than this take longer than reading all of it.
const MOST_SEEKS: i64 = 20_000;
const SEEKS_AT_ONCE: usize = 5_000;

/// So few may well be outside of what there is.
const FEW_BUCKETS: i64 = 100;

/// Of one bucket of a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    pub calls: i64,
    pub retried: i64,
    pub unpriced: i64,
    pub priced: i64,
    pub max_duration_us: i64,
    pub max_cost_nano_usd: i64,
    pub max_tokens: i64,
}

impl Peak {
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.retried += other.retried;
        self.unpriced += other.unpriced;
        self.priced += other.priced;
        self.max_duration_us = self.max_duration_us.max(other.max_duration_us);
        self.max_cost_nano_usd = self.max_cost_nano_usd.max(other.max_cost_nano_usd);
        self.max_tokens = self.max_tokens.max(other.max_tokens);
    }

    fn of(sums: &Sums) -> Self {
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            calls: count(sums.calls),
            retried: count(sums.retried),
            unpriced: count(sums.unpriced),
            priced: count(sums.priced),
            max_duration_us: count(sums.max_duration_us),
            max_cost_nano_usd: count(sums.max_cost_nano_usd),
            max_tokens: count(sums.max_tokens),
        }
    }
}

type Row = (i64, i32, i32, i32, (i64, i64, i64, i64, i64, i64, i64));

/// Peaks of one view. What is not in the table yet is read once.
pub struct Peaks {
    view: View,
    /// By minute.
    unsummed: Vec<(i64, Of, Peak)>,
}

impl Peaks {
    /// Called in a snapshot, in which they are read.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn open(
        connection: &mut Connection,
        log: &CallLog,
        view: View,
    ) -> Result<Self, StoreError> {
        let mut unsummed: HashMap<(i64, Of), Peak, ById> = HashMap::default();
        each_unsummed(connection, log, |part| {
            for (minute, of, sums) in part.of_view(view) {
                unsummed.entry((minute, of)).or_default().add(&Peak::of(sums));
            }
        })?;
        let unsummed = unsummed.into_iter().map(|((minute, of), peak)| (minute, of, peak));
        Ok(Self { view, unsummed: unsummed.collect() })
    }

    /// By the bucket's beginning in microseconds and by what it is of. `ids`: only those with such
    /// an `a`.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn within(
        &self,
        connection: &mut Connection,
        ranges: &[Range],
        ids: Option<&[i32]>,
    ) -> Result<HashMap<(i64, Of), Peak>, StoreError> {
        let wants = |of: Of| ids.is_none_or(|ids| ids.contains(&of.a));
        let mut found: HashMap<(i64, Of), Peak> = HashMap::new();
        for range in ranges.iter().filter(|range| range.from < range.to) {
            for (bucket, a, b, status, counts) in of_table(connection, self.view, *range, ids)? {
                let of = Of { view: self.view, a, b, status };
                let (calls, retried, unpriced, priced, duration, cost, tokens) = counts;
                let peak = Peak {
                    calls,
                    retried,
                    unpriced,
                    priced,
                    max_duration_us: duration,
                    max_cost_nano_usd: cost,
                    max_tokens: tokens,
                };
                if wants(of) {
                    found.entry((bucket * range.grain.us(), of)).or_default().add(&peak);
                }
            }
        }
        for (minute, of, peak) in self.unsummed.iter().filter(|(_, of, _)| wants(*of)) {
            if let Some(range) = ranges.iter().find(|range| range.holds(*minute)) {
                let start_us = range.bucket_of(*minute) * range.grain.us();
                found.entry((start_us, *of)).or_default().add(peak);
            }
        }
        Ok(found)
    }
}

/// [`Peaks::within`], once.
///
/// # Errors
/// SQLite's error.
pub fn peaks(
    connection: &mut Connection,
    log: &CallLog,
    view: View,
    ranges: &[Range],
    ids: Option<&[i32]>,
) -> Result<HashMap<(i64, Of), Peak>, StoreError> {
    in_snapshot(connection, |connection| {
        Peaks::open(connection, log, view)?.within(connection, ranges, ids)
    })
}

/// How many calls the table has of these, for an estimate.
///
/// # Errors
/// SQLite's error.
pub fn calls_in_table(
    connection: &mut Connection,
    view: View,
    range: Range,
    ids: &[i32],
) -> Result<i64, StoreError> {
    let rows = of_table(connection, view, range, Some(ids))?;
    Ok(rows.iter().filter(|row| ids.contains(&row.1)).map(|row| row.4.0).sum())
}

/// How many calls of these callers these targets have, by day; `None` where so many sums would have
/// to be looked up that it takes long.
///
/// # Errors
/// SQLite's error.
pub fn calls_of_pairs(
    connection: &mut Connection,
    log: &CallLog,
    days: Range,
    callers: &[i32],
    targets: &[i32],
) -> Result<Option<Vec<(Of, i64)>>, StoreError> {
    let view = View::CallerTarget;
    in_snapshot(connection, |connection| {
        let Range { from, to, .. } = clipped(connection, view, days)?;
        let pairs = i64::try_from(callers.len().saturating_mul(targets.len())).unwrap_or(i64::MAX);
        if (to - from).saturating_mul(pairs) > MOST_SEEKS {
            return Ok(None);
        }
        let rows: Vec<(i32, i32, i32, i64)> = sums::table
            .filter(sums::view.eq(view as i32))
            .filter(sums::grain.eq(days.grain as i32))
            .filter(sums::bucket.eq_any(from..to))
            .filter(sums::a.eq_any(callers))
            .filter(sums::b.eq_any(targets))
            .select((sums::a, sums::b, sums::status, sums::calls))
            .load(connection)?;
        let of_table = rows.into_iter();
        let mut found: Vec<(Of, i64)> =
            of_table.map(|(a, b, status, calls)| (Of { view, a, b, status }, calls)).collect();
        let unsummed = Peaks::open(connection, log, view)?.unsummed.into_iter();
        found.extend(
            unsummed
                .filter(|(minute, of, _)| {
                    days.holds(*minute) && callers.contains(&of.a) && targets.contains(&of.b)
                })
                .map(|(_, of, peak)| (of, peak.calls)),
        );
        Ok(Some(found))
    })
}

fn of_table(
    connection: &mut Connection,
    view: View,
    range: Range,
    ids: Option<&[i32]>,
) -> Result<Vec<Row>, StoreError> {
    let of_view = || {
        sums::table
            .filter(sums::view.eq(view as i32))
            .filter(sums::grain.eq(range.grain as i32))
            .into_boxed()
    };
    let Range { from, to, .. } = clipped(connection, view, range)?;
    if from >= to {
        return Ok(Vec::new());
    }
    let columns = (
        sums::bucket,
        sums::a,
        sums::b,
        sums::status,
        (
            sums::calls,
            sums::retried,
            sums::unpriced,
            sums::priced,
            sums::max_duration_us,
            sums::max_cost_nano_usd,
            sums::max_tokens,
        ),
    );
    let seeks = |ids: &[i32]| {
        i64::try_from(ids.len()).is_ok_and(|count| (to - from).saturating_mul(count) < MOST_SEEKS)
    };
    let Some(ids) = ids.filter(|ids| seeks(ids)) else {
        let rows = of_view().filter(sums::bucket.ge(from)).filter(sums::bucket.lt(to));
        return Ok(rows.select(columns).load(connection)?);
    };
    let buckets: Vec<i64> = (from..to).collect();
    let mut found = Vec::new();
    for buckets in buckets.chunks(SEEKS_AT_ONCE) {
        let rows = of_view()
            .filter(sums::bucket.eq_any(buckets))
            .filter(sums::a.eq_any(ids))
            .select(columns);
        found.extend(rows.load::<Row>(connection)?);
    }
    Ok(found)
}

/// As far as there is anything: seeks are few enough to be made then.
fn clipped(connection: &mut Connection, view: View, range: Range) -> Result<Range, StoreError> {
    if range.to - range.from <= FEW_BUCKETS {
        return Ok(range);
    }
    let mut edge = |is_last: bool| -> Result<Option<i64>, StoreError> {
        let query = sums::table
            .filter(sums::view.eq(view as i32))
            .filter(sums::grain.eq(range.grain as i32))
            .select(sums::bucket)
            .limit(1)
            .into_boxed();
        let query = match is_last {
            true => query.order(sums::bucket.desc()),
            false => query.order(sums::bucket.asc()),
        };
        Ok(query.first(connection).optional()?)
    };
    Ok(match (edge(false)?, edge(true)?) {
        (Some(first), Some(last)) => {
            Range { from: range.from.max(first), to: range.to.min(last + 1), ..range }
        }
        _ => Range { to: range.from, ..range },
    })
}
