//! The table of calls in slices of time, oldest first. Calls that are written after the start have
//! higher ids and are left out, and rows do not change: what is read is consistent without a
//! transaction that is held open.

use std::collections::VecDeque;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use crate::domain::sums::Sums;
use crate::store::database::{Connection, StoreError};
use crate::store::invocations::filter::{Boxed, filtered};
use crate::store::invocations::{Filter, InvocationRow, highest_id, with_names};
use crate::store::schema::{invocations, invocations_before};
use crate::store::sums::CallRow;

/// Rows of the table that one read looks at; their times come from an index.
const SLICE: i64 = 50_000;
/// Rows that are in memory at once.
const PAGE: usize = 500;

/// From the first up to and without the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    from_us: i64,
    to_us: i64,
}

/// What is going to be exported, found out slice by slice.
pub struct Plan {
    filter: Filter,
    /// The highest id of the calls of an older table that were not taken over at the start.
    above: i64,
    up_to: i64,
    from_us: i64,
    wants_sums: bool,
    slices: VecDeque<Slice>,
    total: u64,
    /// By the number of the status.
    sums: [Sums; 3],
    slice: i64,
}

impl Plan {
    /// `wants_sums`: whether to add the calls up, too.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn begin(
        connection: &mut Connection,
        filter: Filter,
        wants_sums: bool,
    ) -> Result<Self, StoreError> {
        let above: Option<i64> = invocations_before::table
            .select(diesel::dsl::max(invocations_before::id))
            .first(connection)?;
        Ok(Self {
            above: above.unwrap_or(0),
            up_to: highest_id(connection)?,
            from_us: filter.start_us.unwrap_or(i64::MIN),
            filter,
            wants_sums,
            slices: VecDeque::new(),
            total: 0,
            sums: Default::default(),
            slice: SLICE,
        })
    }

    #[cfg(test)]
    pub fn with_slices_of(self, slice: i64) -> Self {
        Self { slice, ..self }
    }

    /// Counts the next slice. Answers whether there are more.
    ///
    /// # Errors
    /// SQLite's error; the slice is not counted then.
    pub fn extend(&mut self, connection: &mut Connection) -> Result<bool, StoreError> {
        let slice = self.next_slice(connection)?;
        let count = match self.wants_sums {
            true => self.add_up(connection, slice)?,
            false => {
                let count: i64 = self.calls(slice).count().get_result(connection)?;
                u64::try_from(count).unwrap_or_default()
            }
        };
        if count > 0 {
            self.slices.push_back(slice);
            self.total += count;
        }
        self.from_us = slice.to_us;
        let end_us = self.filter.end_us.unwrap_or(i64::MAX);
        Ok(slice.to_us < end_us)
    }

    /// How many calls there are, once there are no more slices.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// What they come to: of those that succeeded, failed, and were cancelled.
    pub fn sums(&self) -> &[Sums; 3] {
        &self.sums
    }

    /// Row by row: a slice in memory would be larger than all the rest of an export.
    fn add_up(&mut self, connection: &mut Connection, slice: Slice) -> Result<u64, StoreError> {
        let mut sums: [Sums; 3] = Default::default();
        let mut count = 0;
        let calls = self.calls(slice).select(CallRow::as_select());
        for call in calls.load_iter::<CallRow, DefaultLoadingMode>(connection)? {
            let call = call?.added();
            let status = usize::try_from(call.status).unwrap_or_default();
            if let Some(sums) = sums.get_mut(status) {
                sums.add(&call.addend);
            }
            count += 1;
        }
        for (sum, more) in self.sums.iter_mut().zip(&sums) {
            sum.merge(more);
        }
        Ok(count)
    }

    fn next_slice(&self, connection: &mut Connection) -> Result<Slice, StoreError> {
        let from_us = self.from_us;
        let last: Option<i64> = invocations::table
            .filter(invocations::started_at_us.ge(from_us))
            .order(invocations::started_at_us)
            .offset(self.slice)
            .select(invocations::started_at_us)
            .first(connection)
            .optional()?;
        // Many calls may have begun at the same time.
        let to_us = last.map_or(i64::MAX, |last| last.max(from_us.saturating_add(1)));
        Ok(Slice { from_us, to_us })
    }

    fn calls(&self, slice: Slice) -> Boxed<'_> {
        filtered(&self.filter)
            .filter(invocations::started_at_us.ge(slice.from_us))
            .filter(invocations::started_at_us.lt(slice.to_us))
            .filter(invocations::id.gt(self.above))
            .filter(invocations::id.le(self.up_to))
    }
}

/// The calls of a plan, page by page.
pub struct Pages {
    plan: Plan,
    /// Of the slice under way, the next one first.
    ids: VecDeque<i64>,
}

impl From<Plan> for Pages {
    fn from(plan: Plan) -> Self {
        Self { plan, ids: VecDeque::new() }
    }
}

impl Pages {
    /// Ids of the next calls; none at the end.
    ///
    /// # Errors
    /// SQLite's error; the same page can be asked for again.
    pub fn next_ids(&mut self, connection: &mut Connection) -> Result<Vec<i64>, StoreError> {
        while self.ids.is_empty() {
            let Some(slice) = self.plan.slices.front().copied() else { return Ok(Vec::new()) };
            let ids: Vec<i64> = self
                .plan
                .calls(slice)
                .order((invocations::started_at_us, invocations::id))
                .select(invocations::id)
                .load(connection)?;
            self.ids = ids.into();
            self.plan.slices.pop_front();
        }
        let count = PAGE.min(self.ids.len());
        Ok(self.ids.drain(..count).collect())
    }

    /// The next calls; none at the end.
    ///
    /// # Errors
    /// SQLite's error; the same page can be asked for again.
    pub fn next(&mut self, connection: &mut Connection) -> Result<Vec<InvocationRow>, StoreError> {
        loop {
            let ids = self.next_ids(connection)?;
            let rows = match with_names(connection, &ids) {
                Ok(rows) => rows,
                Err(error) => {
                    ids.into_iter().rev().for_each(|id| self.ids.push_front(id));
                    return Err(error);
                }
            };
            // All of a page may have been deleted meanwhile.
            if ids.is_empty() || !rows.is_empty() {
                return Ok(rows);
            }
        }
    }
}
