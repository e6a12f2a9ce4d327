//! Calls by time from one end on, merged from the ranges of a plan.

use diesel::prelude::*;

use super::budget::Budget;
use super::filter::Filter;
use super::list::{InvocationRow, with_names};
use super::plan::{Plan, Range};
use super::windows::Windows;
use crate::store::database::{Connection, StoreError};
use crate::store::schema::invocations;

/// A call's place in a list: what it is ordered by, and its id.
pub type Place = (i64, i64);

#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub is_descending: bool,
    /// The last call of the page before.
    pub after: Option<Place>,
    pub skip: i64,
    pub limit: i64,
}

pub struct Walked {
    pub places: Vec<Place>,
    /// Where the search was broken off: all before it, on the way, has been searched.
    pub searched_to: Option<i64>,
}

/// # Errors
/// SQLite's error.
pub fn walk(
    connection: &mut Connection,
    plan: &Plan,
    promising: Option<Vec<(i64, i64)>>,
    stretch: Stretch,
    budget: &Budget,
) -> Result<Walked, StoreError> {
    let is_whole = !plan.is_search && stretch.skip <= budget.rows.merged;
    let mut windows = Windows::new(plan, stretch.is_descending, is_whole, budget);
    windows.only(promising);
    if let Some((at_us, _)) = stretch.after {
        windows.go_on_from(at_us);
    }
    let (mut places, mut skip) = (Vec::<Place>::new(), stretch.skip);
    while let Some(slice) = windows.next(connection)? {
        let found = i64::try_from(places.len()).unwrap_or(i64::MAX);
        let wanted = skip.saturating_add(stretch.limit - found);
        if !is_whole && skip > budget.rows.merged {
            let inside = count_in(connection, plan, slice, stretch)?;
            if inside <= skip {
                skip -= inside;
                continue;
            }
        }
        let more = merged(connection, plan, slice, stretch, wanted)?;
        let skipped = skip.min(i64::try_from(more.len()).unwrap_or(i64::MAX));
        skip -= skipped;
        places.extend(more.into_iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)));
        if i64::try_from(places.len()).is_ok_and(|count| count >= stretch.limit) {
            break;
        }
        if plan.is_search && budget.is_over() && !windows.is_at_end() {
            return Ok(Walked { places, searched_to: Some(windows.edge_us()) });
        }
    }
    Ok(Walked { places, searched_to: None })
}

fn count_in(
    connection: &mut Connection,
    plan: &Plan,
    slice: (i64, i64),
    stretch: Stretch,
) -> Result<i64, StoreError> {
    let mut count = 0;
    for range in &plan.ranges {
        let after = after(plan, range, slice, stretch);
        count += after.count().get_result::<i64>(connection)?;
    }
    Ok(count)
}

/// The first calls of a slice, from all ranges.
fn merged(
    connection: &mut Connection,
    plan: &Plan,
    slice: (i64, i64),
    stretch: Stretch,
    limit: i64,
) -> Result<Vec<Place>, StoreError> {
    let mut places: Vec<Place> = Vec::new();
    for range in &plan.ranges {
        let query = beginning(plan, range, slice, stretch).limit(limit);
        places.extend(query.load::<Place>(connection)?);
    }
    places.sort_unstable();
    if stretch.is_descending {
        places.reverse();
    }
    places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(places)
}

type Places<'a> = diesel::dsl::IntoBoxed<
    'a,
    diesel::dsl::Select<invocations::table, (invocations::started_at_us, invocations::id)>,
    diesel::sqlite::Sqlite,
>;

/// What one range contributes, in the order of the list.
pub fn beginning<'a>(
    plan: &'a Plan,
    range: &Range,
    slice: (i64, i64),
    stretch: Stretch,
) -> Places<'a> {
    let query = after(plan, range, slice, stretch);
    let query = match stretch.is_descending {
        true => query.order((invocations::started_at_us.desc(), invocations::id.desc())),
        false => query.order((invocations::started_at_us.asc(), invocations::id.asc())),
    };
    query.select((invocations::started_at_us, invocations::id))
}

fn after<'a>(
    plan: &'a Plan,
    range: &Range,
    (from_us, to_us): (i64, i64),
    stretch: Stretch,
) -> super::filter::Boxed<'a> {
    use invocations::{id as call_id, started_at_us as started};
    let query = plan.within(range, from_us, to_us);
    match (stretch.after, stretch.is_descending) {
        (None, _) => query,
        (Some((at_us, id)), true) => {
            query.filter(started.le(at_us)).filter(started.lt(at_us).or(call_id.lt(id)))
        }
        (Some((at_us, id)), false) => {
            query.filter(started.ge(at_us)).filter(started.gt(at_us).or(call_id.gt(id)))
        }
    }
}

/// The calls that began just before and after one, of this key's or of all.
///
/// # Errors
/// SQLite's error.
pub fn neighbours(
    connection: &mut Connection,
    at: Place,
    only_key: Option<i32>,
) -> Result<(Option<i64>, Option<i64>), StoreError> {
    let plan = Plan::of(connection, &Filter { only_key, ..Filter::default() })?;
    let mut next = |is_descending| {
        let stretch = Stretch { is_descending, after: Some(at), skip: 0, limit: 1 };
        let found = merged(connection, &plan, (i64::MIN, i64::MAX), stretch, 1)?;
        Ok::<_, StoreError>(found.first().map(|place| place.1))
    };
    Ok((next(true)?, next(false)?))
}

/// The newest calls of a filter that no search is needed for.
///
/// # Errors
/// SQLite's error.
pub fn newest(
    connection: &mut Connection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<InvocationRow>, StoreError> {
    let plan = Plan::of(connection, filter)?;
    let stretch = Stretch { is_descending: true, after: None, skip: 0, limit };
    let found = merged(connection, &plan, (plan.start_us, plan.end_us), stretch, limit)?;
    with_names(connection, &found.iter().map(|place| place.1).collect::<Vec<_>>())
}
