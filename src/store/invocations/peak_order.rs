//! Where the largest calls are: days of a model, of a key, or of a key with a model, the one with the
//! largest maximum first; a day of many calls is taken apart into hours and quarters, of which there
//! are sums of all but keys with models.

use std::collections::{BinaryHeap, HashMap};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Nullable};

use super::cover::touched;
use super::filter::Boxed;
use super::ids::{Targets, keys_of_callers, models_of_targets};
use super::measure::{Measure, Ranking};
use super::plan::{Plan, Range};
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError};
use crate::store::schema::invocations;
use crate::store::sums::{self, Grain, Peaks, View, peaks};

/// A call is looked up in the time in which an index tells so many apart.
const LOOKUP: i64 = 20;

/// By the largest maximum, the latest of equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    bound: i64,
    end_us: i64,
    grain: Grain,
    names: Names,
    calls: i64,
    /// The model's calls of the day are sooner looked through than those of the key.
    is_by_model: bool,
}

/// The target of calls, their caller, or both; a target 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Names {
    target: Option<i32>,
    caller: Option<i32>,
}

/// Calls to be read.
pub struct Next {
    pub range: Range,
    pub slice: (i64, i64),
    names: Names,
    /// Of the target.
    model: Option<i32>,
}

pub struct PeakOrder {
    measure: Measure,
    /// So many calls are read sooner than they are taken apart.
    few: i64,
    view: View,
    peaks: Peaks,
    heap: BinaryHeap<Bucket>,
    /// Of each day.
    all_calls: HashMap<i64, i64>,
    models: HashMap<i32, i32>,
    keys: HashMap<i32, Option<i32>>,
}

impl Next {
    pub fn filter<'a>(&self, query: Boxed<'a>) -> Boxed<'a> {
        let query = match (self.names.target, &self.range) {
            // The index by key knows the model, and so only this model's calls are looked up.
            (Some(_), Range::Key(_)) => {
                let model = sql::<Nullable<Integer>>("+invocations.model_id");
                match self.model {
                    Some(id) => query.filter(model.eq(id)),
                    None => query.filter(sql::<Bool>("+invocations.model_id IS NULL")),
                }
            }
            _ => query,
        };
        let query = match self.names.target {
            Some(0) => query.filter(invocations::target_id.is_null()),
            Some(id) => query.filter(invocations::target_id.eq(id)),
            None => query,
        };
        match self.names.caller {
            Some(id) => query.filter(invocations::caller_id.eq(id)),
            None => query,
        }
    }
}

impl PeakOrder {
    /// Called in a snapshot, in which it is used.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn open(
        connection: &mut Connection,
        log: &CallLog,
        plan: &Plan,
        (measure, few): (Measure, i64),
    ) -> Result<Self, StoreError> {
        let view = match (&plan.keys, &plan.targets) {
            (Some(_), Some(_)) => View::CallerTarget,
            (Some(_), None) => View::Caller,
            (None, _) => View::Target,
        };
        let mut order = Self {
            measure,
            few,
            view,
            peaks: Peaks::open(connection, log, view)?,
            heap: BinaryHeap::new(),
            all_calls: HashMap::new(),
            models: models_of_targets(connection)?,
            keys: keys_of_callers(connection)?,
        };
        let ids = match (&plan.keys, &plan.targets) {
            (Some(keys), _) => Some(keys.callers.as_slice()),
            (None, Some(targets)) => Some(targets.ids.as_slice()),
            (None, None) => None,
        };
        let days = touched(Grain::Day, plan.start_us, plan.end_us);
        if view == View::CallerTarget {
            for ((day_us, _), peak) in peaks(connection, log, View::All, &[days], None)? {
                *order.all_calls.entry(day_us).or_default() += peak.calls;
            }
        }
        order.push(connection, plan, days, ids)?;
        Ok(order)
    }

    /// What may hold calls that come before `last`; `None` where nothing does.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn next(
        &mut self,
        connection: &mut Connection,
        plan: &Plan,
        last: Option<Ranking>,
    ) -> Result<Option<Next>, StoreError> {
        while let Some(bucket) = self.heap.pop() {
            let Bucket { bound, end_us, grain, names, calls, is_by_model } = bucket;
            // All others are behind this one.
            if last.is_some_and(|(value, at_us, _)| (value, at_us) >= (bound, end_us)) {
                return Ok(None);
            }
            let slice = (plan.start_us.max(end_us - grain.us()), plan.end_us.min(end_us));
            let finer = match grain {
                Grain::Day if self.view.has(Grain::Hour) => Some(Grain::Hour),
                Grain::Hour => Some(Grain::Quarter),
                Grain::Day | Grain::Quarter | Grain::Minute => None,
            };
            if let Some(finer) = finer.filter(|_| calls > self.few) {
                let inside = touched(finer, slice.0, slice.1);
                let id = if self.view == View::Caller { names.caller } else { names.target };
                self.push(connection, plan, inside, id.as_ref().map(std::slice::from_ref))?;
                continue;
            }
            let model = names.target.and_then(|target| self.models.get(&target).copied());
            let range = match names.caller {
                Some(caller) if !is_by_model => {
                    Range::Key(self.keys.get(&caller).copied().flatten())
                }
                Some(_) | None => Range::Model(model),
            };
            return Ok(Some(Next { range, slice, names, model }));
        }
        Ok(None)
    }

    fn push(
        &mut self,
        connection: &mut Connection,
        plan: &Plan,
        range: sums::Range,
        ids: Option<&[i32]>,
    ) -> Result<(), StoreError> {
        let mut buckets: HashMap<(i64, Names), (i64, i64)> = HashMap::new();
        let mut of_callers: HashMap<(i64, i32), i64> = HashMap::new();
        for ((start_us, of), peak) in self.peaks.within(connection, &[range], ids)? {
            if self.view == View::CallerTarget {
                *of_callers.entry((start_us, of.a)).or_default() += peak.calls;
            }
            let names = match self.view {
                View::CallerTarget => Names { target: Some(of.b), caller: Some(of.a) },
                View::Caller => Names { target: None, caller: Some(of.a) },
                _ => Names { target: Some(of.a), caller: None },
            };
            let is_wanted =
                |targets: &Targets| names.target.is_none_or(|target| targets.ids.contains(&target));
            let has_target = plan.targets.as_ref().is_none_or(is_wanted);
            let has_status = plan.status.is_none_or(|status| status == of.status)
                && (plan.errors.is_none() || of.status != 0);
            if has_target && has_status && plan.rest().may_be_in(&peak) {
                let bound = self.measure.bound(&peak);
                let (known, calls) = buckets.entry((start_us, names)).or_insert((bound, 0));
                (*known, *calls) = ((*known).max(bound), *calls + peak.calls);
            }
        }
        self.heap.extend(buckets.into_iter().map(|((start_us, names), (bound, calls))| {
            let grain = range.grain;
            let of_caller = names.caller.and_then(|caller| of_callers.get(&(start_us, caller)));
            let of_all = self.all_calls.get(&start_us).copied().unwrap_or(0);
            let is_by_model = of_caller.is_some_and(|own| is_by_model(*own, calls, of_all));
            let end_us = start_us + grain.us();
            Bucket { bound, end_us, grain, names, calls, is_by_model }
        }));
        Ok(())
    }
}

/// Whether the day's calls of a model are sooner looked up than those of a key are told apart by
/// their model; the model's are about as many as if all keys used it as much as this one.
fn is_by_model(of_key: i64, of_both: i64, of_all: i64) -> bool {
    let of_others = of_all.saturating_sub(of_key);
    of_key.saturating_mul(of_key) > of_both.saturating_mul(of_others).saturating_mul(LOOKUP)
}
