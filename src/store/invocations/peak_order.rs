//! Where the largest calls are: days of a model or of a key with a model, the one with the largest
//! maximum first; a day of many calls is taken apart into hours and quarters.

use std::collections::{BinaryHeap, HashMap};

use diesel::prelude::*;

use super::cover::touched;
use super::filter::Boxed;
use super::ids::{keys_of_callers, models_of_targets};
use super::measure::{Measure, Ranking};
use super::plan::{Plan, Range};
use crate::store::call_log::CallLog;
use crate::store::database::{Connection, StoreError};
use crate::store::schema::invocations;
use crate::store::sums::{self, Grain, Peaks, View, peaks};

/// A key that makes more than one of so many calls makes most of its models' calls.
const MANY: i64 = 16;

/// By the largest maximum, the latest of equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    bound: i64,
    end_us: i64,
    grain: Grain,
    names: Names,
    calls: i64,
    /// The key has made so much of the day's calls that its model's are fewer than its own.
    is_by_model: bool,
}

/// The target of calls, and their caller where it is asked for one; a target 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Names {
    target: i32,
    caller: Option<i32>,
}

/// Calls to be read.
pub struct Next {
    pub range: Range,
    pub names: Names,
    pub slice: (i64, i64),
}

pub struct PeakOrder {
    measure: Measure,
    /// So many calls are read sooner than they are taken apart.
    few: i64,
    peaks: Peaks,
    is_by_caller: bool,
    heap: BinaryHeap<Bucket>,
    /// Of each day.
    all_calls: HashMap<i64, i64>,
    models: HashMap<i32, i32>,
    keys: HashMap<i32, Option<i32>>,
}

impl Names {
    pub fn filter<'a>(&self, query: Boxed<'a>) -> Boxed<'a> {
        let query = match self.target {
            0 => query.filter(invocations::target_id.is_null()),
            id => query.filter(invocations::target_id.eq(id)),
        };
        match self.caller {
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
        let is_by_caller = plan.keys.is_some();
        let view = if is_by_caller { View::CallerTarget } else { View::Target };
        let mut order = Self {
            measure,
            few,
            peaks: Peaks::open(connection, log, view)?,
            is_by_caller,
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
        if is_by_caller {
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
                Grain::Day if !self.is_by_caller => Some(Grain::Hour),
                Grain::Hour => Some(Grain::Quarter),
                Grain::Day | Grain::Quarter | Grain::Minute => None,
            };
            if let Some(finer) = finer.filter(|_| calls > self.few) {
                let inside = touched(finer, slice.0, slice.1);
                self.push(connection, plan, inside, Some(&[names.target]))?;
                continue;
            }
            let model = self.models.get(&names.target).copied();
            let range = match names.caller {
                Some(caller) if !is_by_model => {
                    Range::Key(self.keys.get(&caller).copied().flatten())
                }
                Some(_) | None => Range::Model(model),
            };
            return Ok(Some(Next { range, names, slice }));
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
            if self.is_by_caller {
                *of_callers.entry((start_us, of.a)).or_default() += peak.calls;
            }
            let names = match self.is_by_caller {
                true => Names { target: of.b, caller: Some(of.a) },
                false => Names { target: of.a, caller: None },
            };
            let has_target =
                plan.targets.as_ref().is_none_or(|targets| targets.ids.contains(&names.target));
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
            let is_by_model = of_caller.is_some_and(|calls| calls * MANY > of_all);
            let end_us = start_us + grain.us();
            Bucket { bound, end_us, grain, names, calls, is_by_model }
        }));
        Ok(())
    }
}
