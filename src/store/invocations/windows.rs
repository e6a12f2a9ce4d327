//! A range of time in slices, from one end on: each holds some thousands of rows, more and more of
//! them while nothing is found.

use std::time::Duration;

use diesel::prelude::*;

use super::budget::Budget;
use super::filter::{Filter, filtered};
use super::plan::{Plan, Range, in_range};
use crate::store::database::{Connection, StoreError};
use crate::store::schema::invocations;

pub struct Windows {
    /// Whose rows are counted, each by itself.
    ranges: Vec<Range>,
    is_descending: bool,
    from_us: i64,
    to_us: i64,
    /// All of it is one slice.
    is_whole: bool,
    budget: Budget,
    /// Of the slice before, and when it was begun.
    last: Option<(i64, Duration)>,
    /// The only times that can hold anything, in their order; `None` for all.
    promising: Option<Vec<(i64, i64)>>,
    none: Filter,
}

impl Windows {
    pub fn new(plan: &Plan, is_descending: bool, is_whole: bool, budget: &Budget) -> Self {
        let is_of_failures = |range: &Range| matches!(range, Range::Failures(_));
        let ranges = match plan.ranges.as_slice() {
            [range] => vec![range.clone()],
            // Few of all calls lie in these.
            ranges if ranges.iter().all(is_of_failures) => ranges.to_vec(),
            _ => vec![Range::Time],
        };
        Self {
            is_whole: is_whole || matches!(ranges.as_slice(), [Range::Request(_)]),
            ranges,
            is_descending,
            from_us: plan.start_us,
            to_us: plan.end_us,
            budget: *budget,
            last: None,
            promising: None,
            none: Filter::default(),
        }
    }

    /// Goes on where an earlier page has ended; what began at this time belongs to it.
    pub fn go_on_from(&mut self, at_us: i64) {
        match self.is_descending {
            true => self.to_us = self.to_us.min(at_us.saturating_add(1)),
            false => self.from_us = self.from_us.max(at_us),
        }
    }

    /// Looks into these times alone, which are in order and do not overlap.
    pub fn only(&mut self, promising: Option<Vec<(i64, i64)>>) {
        self.promising = promising;
    }

    /// The next slice: its beginning, and its end, which is not in it.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn next(&mut self, connection: &mut Connection) -> Result<Option<(i64, i64)>, StoreError> {
        let Some((from_us, to_us)) = self.promising() else { return Ok(None) };
        let now = self.budget.now();
        let rows = match self.last {
            None => self.budget.rows.first_slice,
            Some((rows, begun)) => self.budget.next_slice(rows, now.saturating_sub(begun)),
        };
        self.last = Some((rows, now));
        let slice = match (self.is_whole, self.is_descending) {
            (true, _) => (from_us, to_us),
            (false, true) => {
                (self.edge(connection, (from_us, to_us), rows)?.unwrap_or(from_us), to_us)
            }
            (false, false) => {
                let edge = self.edge(connection, (from_us, to_us), rows)?;
                (from_us, edge.map_or(to_us, |edge| edge.saturating_add(1).min(to_us)))
            }
        };
        match self.is_descending {
            true => self.to_us = slice.0,
            false => self.from_us = slice.1,
        }
        Ok(Some(slice))
    }

    /// Where the next slice begins, on the way.
    pub fn edge_us(&self) -> i64 {
        if self.is_descending { self.to_us } else { self.from_us }
    }

    pub fn is_at_end(&self) -> bool {
        self.promising().is_none()
    }

    /// What is left, up to the next gap.
    fn promising(&self) -> Option<(i64, i64)> {
        if self.from_us >= self.to_us {
            return None;
        }
        let Some(times) = &self.promising else { return Some((self.from_us, self.to_us)) };
        let clipped = times.iter().map(|(from, to)| (self.from_us.max(*from), self.to_us.min(*to)));
        let mut left = clipped.filter(|(from, to)| from < to);
        if self.is_descending { left.next_back() } else { left.next() }
    }

    /// The time of the row so many rows further on, in the range where that is the nearest.
    fn edge(
        &self,
        connection: &mut Connection,
        (from_us, to_us): (i64, i64),
        count: i64,
    ) -> Result<Option<i64>, StoreError> {
        let started = invocations::started_at_us;
        let mut nearest: Option<i64> = None;
        for range in &self.ranges {
            let rows = in_range(filtered(&self.none), range)
                .filter(started.ge(from_us))
                .filter(started.lt(to_us));
            let rows = match self.is_descending {
                true => rows.order(started.desc()),
                false => rows.order(started.asc()),
            };
            let edge = rows.select(started).offset(count - 1).limit(1);
            let edge: Option<i64> = edge.first(connection).optional()?;
            nearest = match (nearest, edge) {
                (Some(nearest), Some(edge)) if self.is_descending => Some(nearest.max(edge)),
                (Some(nearest), Some(edge)) => Some(nearest.min(edge)),
                (nearest, edge) => nearest.or(edge),
            };
        }
        Ok(nearest)
    }
}
