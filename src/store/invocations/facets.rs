//! What calls can be narrowed to, each with how many there are: from the sums and the names.

use std::collections::HashMap;

use diesel::prelude::*;

use super::cover::touched;
use super::filter::{Filter, status_name};
use super::plan::{Plan, Range};
use crate::domain::invocation::Status;
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError, in_snapshot};
use crate::store::schema::{callers, endpoints, errors, invocations, targets};
use crate::store::sums::{Grain, Of, View, calls_of_pairs, peaks};

/// Errors of one key or model are counted along the index of failures, up to so many.
const MOST_FAILURES: i64 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    pub id: Option<i32>,
    pub name: String,
    /// `None` where no sums tell it.
    pub calls: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    pub models: Vec<Facet>,
    pub providers: Vec<Facet>,
    pub keys: Vec<Facet>,
    pub tags: Vec<Facet>,
    pub statuses: Vec<Facet>,
    pub error_codes: Vec<Facet>,
    pub endpoints: Vec<Facet>,
}

/// Of targets, keys, status and time of the filter, in whole quarters of an hour; in whole days
/// for keys, and where it asks for some of them.
///
/// # Errors
/// SQLite's error.
pub fn facets(
    connection: &mut Connection,
    log: &CallLog,
    filter: &Filter,
) -> Result<Facets, StoreError> {
    in_snapshot(connection, |connection| {
        let plan = Plan::of(connection, &narrowing(filter))?;
        let counts = Counts::read(connection, log, &plan)?;
        let mut facets = Facets::default();
        of_targets(connection, &counts.targets, &mut facets)?;
        facets.keys = keys(connection, counts.callers.as_ref())?;
        let all = [Status::Success, Status::Error, Status::Cancelled];
        facets.statuses = ranked(all.into_iter().zip(0..).map(|(status, code)| Facet {
            id: None,
            name: status.as_str().to_owned(),
            calls: Some(counts.statuses.get(&code).copied().unwrap_or(0)),
        }));
        debug_assert_eq!(status_name(2), Status::Cancelled.as_str());
        let codes: Vec<(i32, String)> =
            errors::table.select((errors::id, errors::code)).load(connection)?;
        facets.error_codes = named(codes, &counts.errors);
        let names: Vec<(i32, String)> =
            endpoints::table.select((endpoints::id, endpoints::name)).load(connection)?;
        facets.endpoints = match &counts.endpoints {
            Some(counts) => named(names, counts),
            None => {
                ranked(names.into_iter().map(|(_, name)| Facet { id: None, name, calls: None }))
            }
        };
        Ok(facets)
    })
}

/// What sums can be narrowed to; others would need a look at each call.
fn narrowing(filter: &Filter) -> Filter {
    let filter = filter.clone();
    Filter {
        model_id: filter.model_id,
        provider_id: filter.provider_id,
        model_name: filter.model_name,
        provider_name: filter.provider_name,
        tag: filter.tag,
        status: filter.status,
        api_key: filter.api_key,
        api_key_id: filter.api_key_id,
        only_key: filter.only_key,
        start_us: filter.start_us,
        end_us: filter.end_us,
        ..Filter::default()
    }
}

type ById = HashMap<i32, i64>;

#[derive(Default)]
struct Counts {
    targets: ById,
    /// `None` where it would take long.
    callers: Option<ById>,
    statuses: ById,
    errors: ById,
    endpoints: Option<ById>,
}

impl Counts {
    fn read(connection: &mut Connection, log: &CallLog, plan: &Plan) -> Result<Self, StoreError> {
        let quarters = cover_whole(Grain::Quarter, plan);
        let mut counts = Self::default();
        let of_view = |connection: &mut Connection, view, ranges: &[_], ids: Option<&[i32]>| {
            let found = peaks(connection, log, view, ranges, ids)?.into_iter();
            let found = found.filter(|((_, of), _)| plan.status.is_none_or(|is| is == of.status));
            Ok::<_, StoreError>(found.map(|((_, of), peak)| (of, peak.calls)).collect::<Vec<_>>())
        };
        if plan.targets.is_none() && plan.keys.is_none() {
            for (of, calls) in of_view(connection, View::Target, &quarters, None)? {
                *counts.targets.entry(of.a).or_default() += calls;
                *counts.statuses.entry(of.status).or_default() += calls;
            }
            counts.callers = Some(by_a(of_view(connection, View::Caller, &quarters, None)?));
            counts.errors = by_a(of_view(connection, View::Error, &quarters, None)?);
            counts.endpoints = Some(by_a(of_view(connection, View::Endpoint, &quarters, None)?));
            return Ok(counts);
        }
        let days = touched(Grain::Day, plan.start_us, plan.end_us);
        let Some(keys) = &plan.keys else {
            let targets = plan.targets.as_ref().map(|targets| targets.ids.as_slice());
            for (of, calls) in of_view(connection, View::Target, &quarters, targets)? {
                *counts.targets.entry(of.a).or_default() += calls;
                *counts.statuses.entry(of.status).or_default() += calls;
            }
            let callers: Vec<i32> = callers::table.select(callers::id).load(connection)?;
            let targets = targets.unwrap_or_default();
            let pairs = calls_of_pairs(connection, log, days, &callers, targets)?;
            counts.callers = pairs.map(|pairs| {
                let wanted = |of: &Of| plan.status.is_none_or(|is| is == of.status);
                by_a(pairs.into_iter().filter(|(of, _)| wanted(of)).collect())
            });
            counts.errors = errors_of(connection, plan)?;
            return Ok(counts);
        };
        let mut of_callers = ById::new();
        for (of, calls) in of_view(connection, View::CallerTarget, &[days], Some(&keys.callers))? {
            if plan.targets.as_ref().is_none_or(|targets| targets.ids.contains(&of.b)) {
                *of_callers.entry(of.a).or_default() += calls;
                *counts.targets.entry(of.b).or_default() += calls;
                *counts.statuses.entry(of.status).or_default() += calls;
            }
        }
        counts.callers = Some(of_callers);
        counts.errors = errors_of(connection, plan)?;
        Ok(counts)
    }
}

/// As days, hours and quarters, which are fewer.
fn cover_whole(grain: Grain, plan: &Plan) -> Vec<crate::store::sums::Range> {
    let whole = touched(grain, plan.start_us, plan.end_us);
    super::cover::cover(whole.from * grain.us(), whole.to * grain.us()).sums
}

fn by_a(found: Vec<(Of, i64)>) -> ById {
    let mut counts = ById::new();
    for (of, calls) in found {
        *counts.entry(of.a).or_default() += calls;
    }
    counts
}

/// Without a look at any row: the index has all that is asked for, unless names have changed.
fn errors_of(connection: &mut Connection, plan: &Plan) -> Result<ById, StoreError> {
    let mut counts = ById::new();
    for status in [1, 2].into_iter().filter(|status| plan.status.is_none_or(|is| is == *status)) {
        let found: Vec<Option<i32>> = plan
            .within(&Range::Failures(status), plan.start_us, plan.end_us)
            .select(invocations::error_id)
            .limit(MOST_FAILURES)
            .load(connection)?;
        for id in found.into_iter().flatten() {
            *counts.entry(id).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Models and providers with their last names, and tags.
fn of_targets(
    connection: &mut Connection,
    counts: &ById,
    facets: &mut Facets,
) -> Result<(), StoreError> {
    let rows: Vec<(i32, i32, String, i32, String, String)> = targets::table
        .order(targets::id)
        .select((
            targets::id,
            targets::provider_id,
            targets::provider_name,
            targets::model_id,
            targets::model_name,
            targets::tags,
        ))
        .load(connection)?;
    let (mut models, mut providers) = (HashMap::new(), HashMap::new());
    let mut by_tag: HashMap<String, i64> = HashMap::new();
    for (id, provider_id, provider, model_id, model, tags) in rows {
        let Some(calls) = counts.get(&id) else { continue };
        let known: &mut (String, i64) = models.entry(model_id).or_default();
        *known = (format!("{provider}/{model}"), known.1 + calls);
        let known: &mut (String, i64) = providers.entry(provider_id).or_default();
        *known = (provider, known.1 + calls);
        for tag in tags.split(',').filter(|tag| !tag.is_empty()) {
            *by_tag.entry(tag.to_owned()).or_default() += calls;
        }
    }
    facets.models = with_ids(models);
    facets.providers = with_ids(providers);
    let tags = by_tag.into_iter();
    facets.tags = ranked(tags.map(|(name, calls)| Facet { id: None, name, calls: Some(calls) }));
    Ok(())
}

/// With their last names; all of them where no counts are known.
fn keys(connection: &mut Connection, counts: Option<&ById>) -> Result<Vec<Facet>, StoreError> {
    let rows: Vec<(i32, i32, String)> = callers::table
        .order(callers::id)
        .select((callers::id, callers::api_key_id, callers::name))
        .load(connection)?;
    let mut keys: HashMap<i32, (String, Option<i64>)> = HashMap::new();
    // Callers without a key share the id 0, whatever they were called.
    for (id, key, name) in rows.into_iter().filter(|(_, key, _)| *key != 0) {
        let calls = counts.map(|counts| counts.get(&id));
        if calls != Some(None) {
            let known = keys.entry(key).or_default();
            let calls = calls.flatten().map(|calls| calls + known.1.unwrap_or(0));
            *known = (name, calls);
        }
    }
    let keys = keys.into_iter();
    Ok(ranked(keys.map(|(id, (name, calls))| Facet { id: Some(id), name, calls })))
}

fn with_ids(found: HashMap<i32, (String, i64)>) -> Vec<Facet> {
    let found = found.into_iter();
    ranked(found.map(|(id, (name, calls))| Facet { id: Some(id), name, calls: Some(calls) }))
}

/// One for each name that has calls.
fn named(names: Vec<(i32, String)>, counts: &ById) -> Vec<Facet> {
    let mut by_name: HashMap<String, i64> = HashMap::new();
    for (id, name) in names {
        if let Some(calls) = counts.get(&id) {
            *by_name.entry(name).or_default() += calls;
        }
    }
    let by_name = by_name.into_iter();
    ranked(by_name.map(|(name, calls)| Facet { id: None, name, calls: Some(calls) }))
}

/// The most frequent first.
fn ranked(facets: impl Iterator<Item = Facet>) -> Vec<Facet> {
    let mut facets: Vec<Facet> = facets.collect();
    facets.sort_unstable_by(|one, other| {
        other.calls.cmp(&one.calls).then_with(|| one.name.cmp(&other.name))
    });
    facets
}
