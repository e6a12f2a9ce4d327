//! A page of calls: which they are, how many there are, and where the next page begins.

use utoipa::ToSchema;

use super::budget::Budget;
use super::filter::Filter;
use super::list::{InvocationRow, with_names};
use super::measure::{Measure, Ranking};
use super::plan::Plan;
use super::ranked::{Order, Ranked, ranked};
use super::total::{Total, promising, total};
use super::walk::{Stretch, Walked, walk};
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError, in_snapshot};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    #[default]
    StartedAt,
    DurationMs,
    TotalTokens,
    Cost,
}

#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub limit: i64,
    pub offset: i64,
    pub order_by: OrderBy,
    pub is_descending: bool,
    /// The last call of the page before.
    pub after: Option<Ranking>,
}

#[derive(Debug)]
pub struct PageOfCalls {
    pub rows: Vec<InvocationRow>,
    pub total: Total,
    /// [`Page::after`] of the next page; `None` at the end.
    pub next: Option<Ranking>,
    /// Where a search was broken off because its time was over.
    pub searched_to_us: Option<i64>,
}

/// # Errors
/// SQLite's error.
pub fn page(
    connection: &mut Connection,
    log: &CallLog,
    filter: &Filter,
    page: Page,
    budget: &Budget,
) -> Result<PageOfCalls, StoreError> {
    in_snapshot(connection, |connection| {
        let plan = Plan::of(connection, filter)?;
        let times = promising(connection, log, &plan)?;
        let found = match measure(page.order_by) {
            None => by_time(connection, log, (&plan, times), page, budget)?,
            Some(measure) => by_size(connection, log, (&plan, times), (measure, page), budget)?,
        };
        let Listed { mut calls, searched_to, edge, total } = found;
        // One more was read: it tells whether there is a next page.
        let shown = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let is_more = calls.len() > shown;
        calls.truncate(shown);
        let next = if is_more { calls.last().copied() } else { edge };
        let ids: Vec<i64> = calls.iter().map(|call| call.2).collect();
        let rows = with_names(connection, &ids)?;
        let searched_to_us =
            searched_to.filter(|_| !is_more || page.order_by != OrderBy::StartedAt);
        Ok(PageOfCalls { rows, total: at_least(total, page, ids.len()), next, searched_to_us })
    })
}

struct Listed {
    calls: Vec<Ranking>,
    searched_to: Option<i64>,
    /// Where a search that was broken off goes on.
    edge: Option<Ranking>,
    total: Total,
}

fn measure(order_by: OrderBy) -> Option<Measure> {
    match order_by {
        OrderBy::StartedAt => None,
        OrderBy::DurationMs => Some(Measure::Duration),
        OrderBy::TotalTokens => Some(Measure::Tokens),
        OrderBy::Cost => Some(Measure::Cost),
    }
}

fn by_time(
    connection: &mut Connection,
    log: &CallLog,
    (plan, times): (&Plan, Option<Vec<(i64, i64)>>),
    page: Page,
    budget: &Budget,
) -> Result<Listed, StoreError> {
    let Page { is_descending, .. } = page;
    let stretch = Stretch {
        is_descending,
        after: page.after.map(|(_, at_us, id)| (at_us, id)),
        skip: page.offset,
        limit: page.limit.saturating_add(1),
    };
    let Walked { places, searched_to } = walk(connection, plan, times.clone(), stretch, budget)?;
    // As if the last call had been one at the edge that is none: all on its other side is left.
    let edge = searched_to.map(|edge_us| match is_descending {
        true => (edge_us.saturating_sub(1), i64::MAX),
        false => (edge_us, 0),
    });
    let ranking = |(at_us, id)| (at_us, at_us, id);
    Ok(Listed {
        calls: places.into_iter().map(ranking).collect(),
        searched_to,
        edge: edge.map(ranking),
        total: total(connection, log, plan, times, budget)?,
    })
}

fn by_size(
    connection: &mut Connection,
    log: &CallLog,
    (plan, times): (&Plan, Option<Vec<(i64, i64)>>),
    (measure, page): (Measure, Page),
    budget: &Budget,
) -> Result<Listed, StoreError> {
    let total = total(connection, log, plan, times.clone(), budget)?;
    let order = Order {
        measure,
        is_descending: page.is_descending,
        after: page.after,
        skip: page.offset,
        limit: page.limit.saturating_add(1),
    };
    let ranked = ranked(connection, log, (plan, times), order, (total, budget))?;
    let Ranked { calls, searched_to } = ranked;
    Ok(Listed { calls, searched_to, edge: None, total })
}

/// The calls of the page are there, however far the count came, and although sums in memory are a
/// moment behind the rows.
fn at_least(total: Total, page: Page, shown: usize) -> Total {
    if page.after.is_some() || shown == 0 {
        return total;
    }
    let seen = page.offset.saturating_add(i64::try_from(shown).unwrap_or(0));
    Total { calls: total.calls.max(seen), ..total }
}
