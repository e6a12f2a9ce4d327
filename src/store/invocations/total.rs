//! How many calls a filter has: from the sums where these know it, else counted up to a bound.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::budget::Budget;
use super::cover::{cover, touched};
use super::ids::Errors;
use super::plan::Plan;
use super::windows::Windows;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError};
use crate::store::schema::{endpoints, invocations};
use crate::store::sums::{Cover, Grain, View, peaks};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    pub calls: i64,
    /// There may be more of them otherwise.
    pub is_exact: bool,
}

/// # Errors
/// SQLite's error.
pub fn total(
    connection: &mut Connection,
    log: &CallLog,
    plan: &Plan,
    promising: Option<Vec<(i64, i64)>>,
    budget: &Budget,
) -> Result<Total, StoreError> {
    match known_by(plan) {
        Some((view, ids)) => by_sums(connection, log, plan, view, ids),
        None => counted(connection, plan, promising, budget),
    }
}

/// The view that has sums of these calls and of no others.
fn known_by(plan: &Plan) -> Option<(View, Option<&[i32]>)> {
    if !plan.is_plain() || plan.is_of_request() || plan.is_of_session() {
        return None;
    }
    match (&plan.targets, &plan.keys, &plan.errors) {
        (None, None, None) => Some((View::All, None)),
        (Some(targets), None, None) => Some((View::Target, Some(&targets.ids))),
        (None, Some(keys), None) => Some((View::Caller, Some(&keys.callers))),
        (None, None, Some(errors)) => Some((View::Error, Some(&errors.ids))),
        _ => None,
    }
}

fn by_sums(
    connection: &mut Connection,
    log: &CallLog,
    plan: &Plan,
    view: View,
    ids: Option<&[i32]>,
) -> Result<Total, StoreError> {
    // Sums outlive the rows that were deleted for their age.
    let oldest: Option<i64> = invocations::table
        .select(diesel::dsl::min(invocations::started_at_us))
        .get_result(connection)?;
    let Some(oldest_us) = oldest else { return Ok(Total { calls: 0, is_exact: true }) };
    let Cover { sums, calls: rest } = cover(plan.start_us.max(oldest_us), plan.end_us);
    let mut calls = 0;
    for ((_, of), peak) in peaks(connection, log, view, &sums, ids)? {
        if plan.status.is_none_or(|status| status == of.status) {
            calls += peak.calls;
        }
    }
    for (from_us, to_us) in rest {
        for range in &plan.ranges {
            let count = plan.within(range, from_us, to_us).count();
            calls += count.get_result::<i64>(connection)?;
        }
    }
    Ok(Total { calls, is_exact: true })
}

/// From the newest on, as long as the budget lasts.
fn counted(
    connection: &mut Connection,
    plan: &Plan,
    promising: Option<Vec<(i64, i64)>>,
    budget: &Budget,
) -> Result<Total, StoreError> {
    let mut windows = Windows::new(plan, true, !plan.is_search, budget);
    windows.only(promising);
    let (mut calls, most) = (0, budget.rows.counted);
    while let Some((from_us, to_us)) = windows.next(connection)? {
        for range in &plan.ranges {
            let found: Vec<i64> = plan
                .within(range, from_us, to_us)
                .select(invocations::id)
                .limit(most + 1 - calls)
                .load(connection)?;
            calls += i64::try_from(found.len()).unwrap_or(i64::MAX);
            if calls > most {
                return Ok(Total { calls: most, is_exact: false });
            }
        }
        if plan.is_search && budget.is_over() {
            return Ok(Total { calls, is_exact: windows.is_at_end() });
        }
    }
    Ok(Total { calls, is_exact: true })
}

/// The times that can hold what a filter wants beside its indexes, where sums know it; `None`
/// where all can.
///
/// # Errors
/// SQLite's error.
pub fn promising(
    connection: &mut Connection,
    log: &CallLog,
    plan: &Plan,
) -> Result<Option<Vec<(i64, i64)>>, StoreError> {
    let endpoint = &plan.rest().endpoint;
    if !plan.is_search {
        return Ok(None);
    }
    if !plan.rest().asks_for_peaks() && endpoint.is_none() {
        return match &plan.errors {
            Some(errors) if errors.or_none => {
                hours_of_failures(connection, log, plan, errors).map(Some)
            }
            _ => days_of_both(connection, log, plan),
        };
    }
    let hours = [touched(Grain::Hour, plan.start_us, plan.end_us)];
    let of_endpoint: Option<Vec<i32>> = match endpoint {
        Some(name) => {
            let ids = endpoints::table.filter(endpoints::name.eq(name)).select(endpoints::id);
            Some(ids.load(connection)?)
        }
        None => None,
    };
    let (view, ids) = match (&of_endpoint, &plan.targets) {
        (Some(ids), _) => (View::Endpoint, Some(ids.as_slice())),
        (None, Some(targets)) => (View::Target, Some(targets.ids.as_slice())),
        (None, None) => (View::All, None),
    };
    let found = peaks(connection, log, view, &hours, ids)?.into_iter();
    let wanted = found.filter(|((_, of), peak)| {
        plan.status.is_none_or(|status| status == of.status) && plan.rest().may_be_in(peak)
    });
    Ok(Some(joined(wanted.map(|((start_us, _), _)| start_us).collect(), Grain::Hour)))
}

/// The hours with one of these errors, or with failures that are none: calls whose client left.
fn hours_of_failures(
    connection: &mut Connection,
    log: &CallLog,
    plan: &Plan,
    errors: &Errors,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let hours = [touched(Grain::Hour, plan.start_us, plan.end_us)];
    // Of each hour: failures that can be wanted, as far as sums by error do not tell that they are
    // others.
    let mut left: BTreeMap<i64, i64> = BTreeMap::new();
    for ((start_us, of), peak) in peaks(connection, log, View::All, &hours, None)? {
        if of.status != 0 {
            *left.entry(start_us).or_default() += peak.calls;
        }
    }
    for ((start_us, of), peak) in peaks(connection, log, View::Error, &hours, None)? {
        if of.status != 0 && !errors.ids.contains(&of.a) {
            *left.entry(start_us).or_default() -= peak.calls;
        }
    }
    let hours = left.into_iter().filter(|(_, calls)| *calls != 0);
    Ok(joined(hours.map(|(start_us, _)| start_us).collect(), Grain::Hour))
}

/// The days on which its keys have used its models.
fn days_of_both(
    connection: &mut Connection,
    log: &CallLog,
    plan: &Plan,
) -> Result<Option<Vec<(i64, i64)>>, StoreError> {
    let (Some(keys), Some(targets)) = (&plan.keys, &plan.targets) else { return Ok(None) };
    let days = [touched(Grain::Day, plan.start_us, plan.end_us)];
    let found = peaks(connection, log, View::CallerTarget, &days, Some(&keys.callers))?.into_iter();
    let wanted = found.filter(|((_, of), _)| {
        targets.ids.contains(&of.b) && plan.status.is_none_or(|status| status == of.status)
    });
    Ok(Some(joined(wanted.map(|((start_us, _), _)| start_us).collect(), Grain::Day)))
}

/// Buckets by their beginnings, those that follow each other as one time.
fn joined(mut starts: Vec<i64>, grain: Grain) -> Vec<(i64, i64)> {
    starts.sort_unstable();
    let mut times: Vec<(i64, i64)> = Vec::new();
    for start_us in starts {
        let end_us = start_us + grain.us();
        match times.last_mut() {
            Some(last) if last.1 >= start_us => last.1 = end_us,
            _ => times.push((start_us, end_us)),
        }
    }
    times
}
