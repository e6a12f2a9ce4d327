//! Calls by duration, tokens or cost. No index orders them so: sums have the largest of each day,
//! hour and quarter of a model or a key, and the calls of those with the largest are read until none of the others can
//! hold a larger one. Calls without such a value come last; of equal ones, the newest is first.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::budget::Budget;
use super::measure::{Measure, Ranking};
use super::peak_order::{Next, PeakOrder};
use super::plan::{Plan, Range};
use super::total::Total;
use super::windows::Windows;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError};
use crate::store::schema::invocations;

#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub measure: Measure,
    pub is_descending: bool,
    /// The last call of the page before.
    pub after: Option<Ranking>,
    pub skip: i64,
    pub limit: i64,
}

pub struct Ranked {
    pub calls: Vec<Ranking>,
    /// Where the search was broken off: all after it has been searched.
    pub searched_to: Option<i64>,
}

/// # Errors
/// SQLite's error.
pub fn ranked(
    connection: &mut Connection,
    log: &CallLog,
    (plan, times): (&Plan, Option<Vec<(i64, i64)>>),
    order: Order,
    (total, budget): (Total, &Budget),
) -> Result<Ranked, StoreError> {
    let most = usize::try_from(order.skip.saturating_add(order.limit)).unwrap_or(usize::MAX);
    let mut best = Best { order, most, calls: Vec::new() };
    let mut searched_to = None;
    let are_few = total.is_exact && total.calls <= budget.rows.sorted && !plan.is_search;
    if are_few || plan.is_of_request() {
        for range in &plan.ranges {
            best.take(connection, plan, (range, None), (plan.start_us, plan.end_us))?;
        }
    } else if order.is_descending && plan.rest().is_bounded_by_sums() && !plan.is_of_session() {
        best.visit(connection, log, plan, budget.rows.few)?;
    } else {
        searched_to = best.search(connection, plan, times, budget)?;
    }
    let skip = usize::try_from(order.skip).unwrap_or(usize::MAX);
    Ok(Ranked { calls: best.calls.into_iter().skip(skip).collect(), searched_to })
}

/// The best so far, in order.
struct Best {
    order: Order,
    most: usize,
    calls: Vec<Ranking>,
}

impl Best {
    /// From the newest on, as long as the budget lasts.
    fn search(
        &mut self,
        connection: &mut Connection,
        plan: &Plan,
        times: Option<Vec<(i64, i64)>>,
        budget: &Budget,
    ) -> Result<Option<i64>, StoreError> {
        let mut windows = Windows::new(plan, true, false, budget);
        windows.only(times);
        while let Some(slice) = windows.next(connection)? {
            for range in &plan.ranges {
                self.take(connection, plan, (range, None), slice)?;
            }
            if budget.is_over() && !windows.is_at_end() {
                return Ok(Some(windows.edge_us()));
            }
        }
        Ok(None)
    }

    /// From what has the largest maximum on.
    fn visit(
        &mut self,
        connection: &mut Connection,
        log: &CallLog,
        plan: &Plan,
        few: i64,
    ) -> Result<(), StoreError> {
        let mut order = PeakOrder::open(connection, log, plan, (self.order.measure, few))?;
        while let Some(next) = order.next(connection, plan, self.last_if_full())? {
            self.take(connection, plan, (&next.range, Some(&next)), next.slice)?;
        }
        Ok(())
    }

    /// What a further call must be before to be shown.
    fn last_if_full(&self) -> Option<Ranking> {
        self.calls.last().filter(|_| self.calls.len() >= self.most).copied()
    }

    /// Adds the best of a slice; of one target or caller, where they are given.
    fn take(
        &mut self,
        connection: &mut Connection,
        plan: &Plan,
        (range, of): (&Range, Option<&Next>),
        slice: (i64, i64),
    ) -> Result<(), StoreError> {
        let Order { measure, is_descending, after, .. } = self.order;
        let column = measure.column(is_descending);
        let value = || sql::<BigInt>(column);
        let started = invocations::started_at_us;
        let mut query = plan.within(range, slice.0, slice.1);
        if let Some(of) = of {
            query = of.filter(query);
        }
        if let Some((last, at_us, id)) = after {
            let sign = if is_descending { '<' } else { '>' };
            let places = format!("({column}, invocations.started_at_us, invocations.id) {sign} (");
            query = query.filter(
                sql::<Bool>(&places)
                    .bind::<BigInt, _>(last)
                    .sql(", ")
                    .bind::<BigInt, _>(at_us)
                    .sql(", ")
                    .bind::<BigInt, _>(id)
                    .sql(")"),
            );
        }
        let query = match is_descending {
            true => query.order((value().desc(), started.desc(), invocations::id.desc())),
            false => query.order((value().asc(), started.asc(), invocations::id.asc())),
        };
        let limit = i64::try_from(self.most).unwrap_or(i64::MAX);
        let found = query.select((value(), started, invocations::id)).limit(limit);
        self.calls.extend(found.load::<Ranking>(connection)?);
        self.calls.sort_unstable();
        if is_descending {
            self.calls.reverse();
        }
        self.calls.truncate(self.most);
        Ok(())
    }
}
