//! How many calls each caller has made of each target, by day, kept in memory once they were read:
//! the table has so many of these sums that those of a quarter of a year take longer to read than
//! all else. Sums of a day only grow, and in the transaction that adds to one view of it the calls
//! are added to all: a day is as it was read while all its calls are as many.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use diesel::prelude::*;

use super::selection::{Part, Range, Selection};
use super::{Of, View};
use crate::domain::hash::ById;
use crate::domain::sums::Sums;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError};
use crate::store::schema::sums;

/// So many sums are kept, of 12 bytes each.
const MOST: usize = 1_500_000;

#[derive(Default)]
pub struct PairCounts {
    days: BTreeMap<i64, Arc<Day>>,
    kept: usize,
}

struct Day {
    /// How many calls the table had of it.
    calls: i64,
    /// By status: caller, target, and how many calls.
    counts: [Vec<(i32, i32, u32)>; 3],
}

impl Day {
    fn len(&self) -> usize {
        self.counts.iter().map(Vec::len).sum()
    }
}

impl PairCounts {
    fn of(&self, day: i64, calls: i64) -> Option<Arc<Day>> {
        self.days.get(&day).filter(|kept| kept.calls == calls).cloned()
    }

    /// As far as there is room. Days before those that are asked for make some.
    fn keep(&mut self, day: i64, counts: &Arc<Day>, asked_from: i64) {
        self.drop_day(day);
        while self.kept + counts.len() > MOST {
            let Some(oldest) = self.days.keys().next().copied() else { return };
            if oldest >= asked_from {
                return;
            }
            self.drop_day(oldest);
        }
        self.kept += counts.len();
        self.days.insert(day, Arc::clone(counts));
    }

    fn drop_day(&mut self, day: i64) {
        if let Some(dropped) = self.days.remove(&day) {
            self.kept -= dropped.len();
        }
    }
}

/// Whether such a reading is of most pairs, whose counts are kept.
pub fn are_kept(selection: &Selection) -> bool {
    selection.view == View::CallerTarget && selection.a.is_none()
}

/// Shows the counts that the table has of days. Called in a snapshot.
///
/// # Errors
/// SQLite's error.
pub fn each(
    connection: &mut Connection,
    log: &CallLog,
    (selection, range): (&Selection, &Range),
    wants: &impl Fn(Of) -> bool,
    visit: &mut impl FnMut(Part<'_>),
) -> Result<(), StoreError> {
    let targets: Option<HashSet<i32, ById>> =
        selection.b.as_ref().map(|ids| ids.iter().copied().collect());
    let mut calls: BTreeMap<i64, i64> = BTreeMap::new();
    let of_all: Vec<(i64, i64)> = of_view(View::All, range)
        .filter(sums::bucket.ge(range.from))
        .filter(sums::bucket.lt(range.to))
        .select((sums::bucket, sums::calls))
        .load(connection)?;
    for (day, more) in of_all {
        *calls.entry(day).or_default() += more;
    }
    let mut shown = Sums::default();
    for (bucket, calls) in calls {
        let kept = log.pairs().of(bucket, calls);
        let day = match kept {
            Some(day) => day,
            None => {
                let day = Arc::new(read(connection, range, (bucket, calls))?);
                log.pairs().keep(bucket, &day, range.from);
                day
            }
        };
        for (status, counts) in (0..).zip(&day.counts) {
            for (a, b, calls) in counts {
                let of = Of { view: View::CallerTarget, a: *a, b: *b, status };
                if targets.as_ref().is_none_or(|targets| targets.contains(b)) && wants(of) {
                    shown.calls = u64::from(*calls);
                    visit(Part { grain: range.grain, bucket, of, sums: &shown });
                }
            }
        }
    }
    Ok(())
}

fn read(
    connection: &mut Connection,
    range: &Range,
    (day, calls): (i64, i64),
) -> Result<Day, StoreError> {
    let rows: Vec<(i32, i32, i32, i64)> = of_view(View::CallerTarget, range)
        .filter(sums::bucket.eq(day))
        .select((sums::a, sums::b, sums::status, sums::calls))
        .load(connection)?;
    let mut read = Day { calls, counts: Default::default() };
    for (a, b, status, calls) in rows {
        let counts = usize::try_from(status).ok().and_then(|end| read.counts.get_mut(end));
        if let Some(counts) = counts {
            counts.push((a, b, u32::try_from(calls).unwrap_or(u32::MAX)));
        }
    }
    read.counts.iter_mut().for_each(Vec::shrink_to_fit);
    Ok(read)
}

fn of_view(view: View, range: &Range) -> sums::BoxedQuery<'static, diesel::sqlite::Sqlite> {
    sums::table
        .filter(sums::view.eq(view as i32))
        .filter(sums::grain.eq(range.grain as i32))
        .into_boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(calls: i64, sums: usize) -> Arc<Day> {
        Arc::new(Day { calls, counts: [vec![(1, 1, 1); sums], Vec::new(), Vec::new()] })
    }

    #[test]
    fn a_day_is_kept_until_it_has_more_calls_or_room_is_wanted() {
        let mut kept = PairCounts::default();
        for (number, day_of) in (0..4).zip([10, 11, 12, 13]) {
            kept.keep(day_of, &day(number, MOST / 3), 10);
        }
        assert!(kept.of(12, 2).is_some() && kept.of(12, 3).is_none());
        assert!(kept.of(13, 3).is_none(), "there is no room, and all others are asked for");
        kept.keep(13, &day(3, MOST / 3), 11);
        assert!(kept.of(13, 3).is_some() && kept.of(10, 0).is_none() && kept.of(11, 1).is_some());
        kept.keep(13, &day(4, 1), 11);
        assert!(kept.of(13, 4).is_some());
        assert_eq!(kept.kept, MOST / 3 * 2 + 1);
    }
}
