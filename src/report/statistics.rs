//! What calls come to over a range, and by model, provider, key, tag and error.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Question;
use super::figures::{Figures, Tally};
use super::found::{Failures, Found, Stretch, key_of};
use super::scope::{Dimension, ERROR};
use super::source::{Part, Source};
use crate::domain::times::rfc3339;
use crate::store::call_log::CallLog;
use crate::store::invocations::rows::{self, By};
use crate::store::names::{CallerName, TargetName};
use crate::store::sums::{self, Depth, Grain, Selection, View};
use crate::store::takeover::left;
use crate::store::{Connection, StoreError, in_snapshot};

/// Everything but the calls that failed last.
#[derive(Clone, Debug)]
pub struct Statistics {
    pub overall: Overall,
    /// `None` where it was not asked for, or not all of its calls could be read in time.
    pub previous: Option<Overall>,
    pub by_model: Vec<ModelTotal>,
    pub by_provider: Vec<ProviderTotal>,
    pub by_key: Vec<KeyTotal>,
    pub by_tag: Vec<TagTotal>,
    pub errors: Vec<ErrorTotal>,
    pub covered_from: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Overall {
    /// As it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time_range: Option<String>,
    pub start_time: String,
    pub end_time: String,
    #[serde(flatten)]
    pub figures: Figures,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelTotal {
    pub model_id: i32,
    pub model_name: String,
    pub provider_id: i32,
    pub provider_name: String,
    #[serde(flatten)]
    pub figures: Figures,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderTotal {
    pub provider_id: i32,
    pub provider_name: String,
    #[serde(flatten)]
    pub figures: Figures,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyTotal {
    /// `null` for a caller on the router's own machine.
    pub api_key_id: Option<i32>,
    pub api_key: Option<String>,
    #[serde(flatten)]
    pub figures: Figures,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TagTotal {
    pub tag: String,
    #[serde(flatten)]
    pub figures: Figures,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorTotal {
    pub error_code: String,
    pub http_status: i32,
    pub calls: u64,
    pub first_at: String,
    pub last_at: String,
    /// Absent where the call itself is no longer kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_id: Option<i64>,
}

/// `limit`: of models, providers, keys, tags and errors each. `compare`: with the period before.
///
/// # Errors
/// SQLite's error.
pub fn statistics(
    connection: &mut Connection,
    log: &CallLog,
    question: &Question,
    (limit, compare): (usize, bool),
) -> Result<Statistics, StoreError> {
    in_snapshot(connection, |connection| {
        let mut source = Source::open(connection, log, question)?;
        let mut found = Found::default();
        let reached = found.read(&mut source, limit)?;
        let period = question.period;
        let overall = overall(&found.overall, (period.start_us, period.until_us));
        // As long as the period itself.
        let previous = match compare {
            true => {
                let length = period.until_us.saturating_sub(period.start_us);
                let before = (period.start_us.saturating_sub(length), period.start_us);
                let mut tally = Tally::default();
                let each = &mut |part: &Part<'_>| tally.add(part);
                let reached = source.read(Dimension::None, &[before], each)?;
                // A part of the period would be compared with all of this one.
                (reached <= before.0).then(|| self::overall(&tally, before))
            }
            false => None,
        };
        Ok(Statistics {
            overall,
            previous,
            by_model: found.by_model(&source, limit),
            by_provider: found.by_provider(&source, limit),
            by_key: found.by_key(&source, limit),
            by_tag: found.by_tag(&source, limit),
            errors: found.errors(&mut source, limit)?,
            covered_from: covered_from(&mut source, reached)?,
        })
    })
}

/// Since when all calls are counted: of an older file some may not have been taken over yet.
pub fn covered_from(source: &mut Source<'_>, reached: i64) -> Result<String, StoreError> {
    let left = left(source.connection)?.map_or(i64::MIN, |newest| newest.saturating_add(1));
    Ok(rfc3339(reached.max(left).max(source.period.start_us)))
}

fn overall(tally: &Tally, (start_us, end_us): (i64, i64)) -> Overall {
    Overall {
        time_range: None,
        start_time: rfc3339(start_us),
        end_time: rfc3339(end_us),
        figures: tally.into(),
    }
}

impl Found {
    /// Targets that are the same to `what`, with the name of the one that was seen last.
    fn of_targets<'a, K: Ord>(
        &self,
        source: &'a Source<'_>,
        what: impl Fn(&'a TargetName) -> Vec<K>,
    ) -> Vec<(K, &'a TargetName, Tally)> {
        let mut merged: BTreeMap<K, (&TargetName, Tally)> = BTreeMap::new();
        for (id, target) in &source.names.targets {
            let Some(tally) = self.targets.get(id) else { continue };
            for key in what(target) {
                let (name, sum) = merged.entry(key).or_insert((target, Tally::default()));
                *name = target;
                sum.merge(tally);
            }
        }
        merged.into_iter().map(|(key, (name, tally))| (key, name, tally)).collect()
    }

    fn by_model(&self, source: &Source<'_>, limit: usize) -> Vec<ModelTotal> {
        let models = self.of_targets(source, |target| vec![target.model_id]);
        let total = |(model_id, name, tally): (i32, &TargetName, Tally)| ModelTotal {
            model_id,
            model_name: name.model_name.clone(),
            provider_id: name.provider_id,
            provider_name: name.provider_name.clone(),
            figures: (&tally).into(),
        };
        ranked(models, |(_, _, tally)| tally, limit).into_iter().map(total).collect()
    }

    fn by_provider(&self, source: &Source<'_>, limit: usize) -> Vec<ProviderTotal> {
        let providers = self.of_targets(source, |target| vec![target.provider_id]);
        let total = |(provider_id, name, tally): (i32, &TargetName, Tally)| ProviderTotal {
            provider_id,
            provider_name: name.provider_name.clone(),
            figures: (&tally).into(),
        };
        ranked(providers, |(_, _, tally)| tally, limit).into_iter().map(total).collect()
    }

    fn by_tag(&self, source: &Source<'_>, limit: usize) -> Vec<TagTotal> {
        let tags = self.of_targets(source, |target| target.tags.clone());
        let total = |(tag, _, tally): (String, &TargetName, Tally)| TagTotal {
            tag,
            figures: (&tally).into(),
        };
        ranked(tags, |(_, _, tally)| tally, limit).into_iter().map(total).collect()
    }

    fn by_key(&self, source: &Source<'_>, limit: usize) -> Vec<KeyTotal> {
        let mut merged: BTreeMap<(i32, &str), (&CallerName, Tally)> = BTreeMap::new();
        for (id, caller) in &source.names.callers {
            let Some(tally) = self.callers.get(id) else { continue };
            let (name, sum) = merged.entry(key_of(caller)).or_insert((caller, Tally::default()));
            *name = caller;
            sum.merge(tally);
        }
        let keys: Vec<(&CallerName, Tally)> = merged.into_values().collect();
        let total = |(name, tally): (&CallerName, Tally)| KeyTotal {
            api_key_id: Some(name.api_key_id).filter(|id| *id != 0),
            api_key: Some(name.name.clone()).filter(|name| !name.is_empty()),
            figures: (&tally).into(),
        };
        ranked(keys, |(_, tally)| tally, limit).into_iter().map(total).collect()
    }

    fn errors(&self, source: &mut Source<'_>, limit: usize) -> Result<Vec<ErrorTotal>, StoreError> {
        let mut errors: Vec<(i32, Failures)> =
            self.errors.iter().map(|(id, failures)| (*id, *failures)).collect();
        errors.sort_by_key(|(id, failures)| (Reverse(failures.calls), *id));
        errors.truncate(limit);
        let mut totals = Vec::new();
        for (id, failures) in errors {
            let Some(error) = source.names.errors.get(&id).cloned() else { continue };
            let first = call_in(source, id, failures.first, false)?;
            let last = call_in(source, id, failures.last, true)?;
            totals.push(ErrorTotal {
                error_code: error.code,
                http_status: error.http_status,
                calls: failures.calls,
                first_at: rfc3339(first.from_us),
                last_at: rfc3339(last.from_us),
                last_id: last.id,
            });
        }
        Ok(totals)
    }
}

fn ranked<T>(mut totals: Vec<T>, tally: impl Fn(&T) -> &Tally, limit: usize) -> Vec<T> {
    totals.sort_by_key(|total| Reverse(tally(total).sums.calls));
    totals.truncate(limit);
    totals
}

/// The first or last call with an error in a stretch of which sums know that it holds one.
fn call_in(
    source: &mut Source<'_>,
    error: i32,
    stretch: Stretch,
    is_last: bool,
) -> Result<Stretch, StoreError> {
    if stretch.id.is_some() {
        return Ok(stretch);
    }
    let is_later = |one: &Stretch, other: &Stretch| {
        let order = |stretch: &Stretch| (stretch.from_us, stretch.id);
        (order(one) > order(other)) == is_last
    };
    let (mut nearest, mut found): (Option<Stretch>, Option<Stretch>) = (None, None);
    let keep = |kept: &mut Option<Stretch>, this: Stretch| {
        if kept.as_ref().is_none_or(|kept| is_later(&this, kept)) {
            *kept = Some(this);
        }
    };
    let (first, last) =
        (Grain::Quarter.bucket(stretch.from_us), Grain::Quarter.bucket(stretch.to_us));
    if last - first > 1 {
        let quarters = [sums::Range { grain: Grain::Quarter, from: first, to: last }];
        let wants = |of: sums::Of| of.a == error && of.status == ERROR;
        let only = Some(vec![error]);
        let selection = Selection { depth: Depth::Counts, a: only, ..Selection::all(View::Error) };
        sums::each(source.connection, source.log, &[selection], &quarters, wants, |part| {
            let from_us = part.bucket * part.grain.us();
            let to_us = from_us + part.grain.us();
            keep(&mut nearest, Stretch { from_us, to_us, id: None });
        })?;
    }
    let near = nearest.unwrap_or(stretch);
    let (filter, span) = (source.scope.filter.clone(), (near.from_us, near.to_us));
    let scope = &source.scope;
    let by = By::Failures { keys: None, models: None };
    rows::each(source.connection, &filter, by, span, |call| {
        if call.error == error && call.status == ERROR && scope.takes(call) {
            let from_us = call.started_at_us;
            keep(&mut found, Stretch { from_us, to_us: from_us + 1, id: Some(call.id) });
        }
    })?;
    Ok(found.unwrap_or(near))
}
