//! Reads what a range holds: sums where they are, calls where they are not.

use std::time::{Duration, Instant};

use super::cover::cover;
use super::scope::{Dimension, ERROR, KeysAndModels, Scope};
use super::{Period, Question};
use crate::domain::sums::{Addend, Sums};
use crate::store::call_log::CallLog;
use crate::store::invocations::Filter;
use crate::store::invocations::rows::{self, By, Extent};
use crate::store::names::Names;
use crate::store::retained;
use crate::store::sums::{self, Cover, Depth, Range, Selection, View};
use crate::store::{Connection, StoreError};

/// Calls of a slice, at first; between two slices the time is looked at.
const SLICE: i64 = 5_000;

/// So few are read whole, whatever the time.
const FEW: i64 = 20_000;

const SHORT: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_millis(40);

/// As long as the edges are that sums leave of one range: these are read whole, too.
const EDGES_US: i64 = 30 * 60_000_000;

/// More are not looked up one by one.
const MAX_KEYS: usize = 20;
const MAX_MODELS: usize = 100;

/// Calls with the same end that began within a stretch of time.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub from_us: i64,
    /// Exclusive.
    pub to_us: i64,
    /// Of a single call.
    pub id: Option<i64>,
    /// Of a sum: whose it is. `None` for a call.
    pub view: Option<View>,
    /// 0 where it is none, or not told apart.
    pub target: i32,
    pub caller: i32,
    pub error: i32,
    pub status: i32,
    pub more: More<'a>,
}

/// Reads the calls of a slice of time.
type ReadSlice<'a> = dyn FnMut(&mut Connection, (i64, i64)) -> Result<(), StoreError> + 'a;

#[derive(Clone, Copy, Debug)]
pub enum More<'a> {
    Sums(&'a Sums),
    Call(&'a Addend),
}

impl Part<'_> {
    pub fn calls(&self) -> u64 {
        match self.more {
            More::Sums(sums) => sums.calls,
            More::Call(_) => 1,
        }
    }

    pub fn add_to(&self, sums: &mut Sums) {
        match self.more {
            More::Sums(more) => sums.merge(more),
            More::Call(call) => sums.add(call),
        }
    }
}

/// Where the calls of a range are known from sums, and since when.
pub struct Covered {
    ranges: Vec<Range>,
    pub reached: i64,
}

pub struct Source<'a> {
    pub connection: &'a mut Connection,
    pub log: &'a CallLog,
    pub names: Names,
    pub scope: Scope,
    pub period: Period,
    time_limit: Option<Duration>,
    extent: Extent,
    /// Of calls that began before, some were deleted.
    kept_from_us: i64,
}

impl<'a> Source<'a> {
    pub fn open(
        connection: &'a mut Connection,
        log: &'a CallLog,
        question: &Question,
    ) -> Result<Self, StoreError> {
        let names = Names::load(connection)?;
        let extent = rows::extent(connection)?;
        let time_limit = question.time_limit.filter(|_| extent.calls > FEW);
        let kept_from_us = retained::calls_until_us(connection)?;
        Ok(Self {
            connection,
            log,
            scope: Scope::of(&question.filter, &names),
            names,
            period: question.period,
            time_limit,
            extent,
            kept_from_us,
        })
    }

    /// Shows everything in these ranges, which ascend, with what the dimension tells apart.
    /// Answers since when all of it was shown, and nothing of before.
    pub fn read(
        &mut self,
        by: Dimension,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<i64, StoreError> {
        self.read_to(Depth::Figures, by, spans, visit)
    }

    /// The same, but the parts tell no more than a point of a series shows.
    pub fn points(
        &mut self,
        by: Dimension,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<i64, StoreError> {
        self.read_to(Depth::Points, by, spans, visit)
    }

    /// The same, but the parts tell no more than how many calls they are of.
    pub fn count(
        &mut self,
        by: Dimension,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<i64, StoreError> {
        self.read_to(Depth::Counts, by, spans, visit)
    }

    fn read_to(
        &mut self,
        depth: Depth,
        by: Dimension,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<i64, StoreError> {
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return Ok(self.period.start_us);
        };
        let Some(view) = self.scope.view(by) else {
            let filter = self.scope.filter.clone();
            let whole = [(first.0, last.1)];
            let reached = self.calls(&filter, by, &whole, visit)?;
            return Ok(reached.max(self.gone_until(&whole)));
        };
        let covered = self.edges(by, view, spans, visit)?;
        self.sums(&covered, &[self.scope.selection(view, depth)], visit)?;
        Ok(covered.reached)
    }

    /// Whether sums of all calls and sums by this dimension both answer the filter, and tell of the
    /// same calls: what one part of these has and what all have then tells what the others have.
    pub fn is_part_of_all(&self, by: Dimension, spans: &[(i64, i64)]) -> bool {
        let has_each_call = matches!(self.scope.view(by), Some(View::Target | View::Caller));
        let is_of_all = self.scope.view(Dimension::None) == Some(View::All);
        let edges = cover(View::All, spans, self.period.now_us).calls;
        has_each_call && is_of_all && length(&edges) <= EDGES_US
    }

    /// Shows sums of those with these ids and, apart from them, of all calls; single calls once,
    /// whose they may be. They tell what a point of a series shows. Only where that
    /// [is a part of all](Self::is_part_of_all).
    pub fn points_with_all(
        &mut self,
        by: Dimension,
        ids: Vec<i32>,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<i64, StoreError> {
        let Some(view) = self.scope.view(by) else { return self.points(by, spans, visit) };
        let covered = self.edges(by, view, spans, visit)?;
        let all = |view| Selection { depth: Depth::Points, ..Selection::all(view) };
        let some = Selection { a: Some(ids), ..all(view) };
        self.sums(&covered, &[some, all(View::All)], visit)?;
        Ok(covered.reached)
    }

    /// Shows the calls that the sums of a view leave over. What is left to be shown are sums of this
    /// view, or of another of which the same lengths of time are kept.
    pub fn edges(
        &mut self,
        by: Dimension,
        view: View,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<Covered, StoreError> {
        let start_us = spans.first().map_or(self.period.start_us, |first| first.0);
        let Cover { mut sums, calls } = cover(view, spans, self.period.now_us);
        // Sums of days leave long edges, whose calls an index must find.
        let (filter, by) = match view {
            View::CallerTarget => (self.scope.filter.clone(), by),
            _ => (Filter::default(), Dimension::None),
        };
        let reached = match calls.is_empty() {
            true => start_us,
            false => self.calls(&filter, by, &calls, visit)?.max(start_us),
        };
        // What is left over at the end is short, and no reason to leave the sums before it out.
        let sums_end = sums.last().map_or(i64::MAX, |range| range.to * range.grain.us());
        let edges = calls.partition_point(|(start, _)| *start < sums_end);
        let reached = reached.max(self.gone_until(calls.get(..edges).unwrap_or_default()));
        if calls.first().is_some_and(|(start, _)| reached > *start) {
            sums.retain(|range| range.from * range.grain.us() >= reached);
        }
        let is_whole = calls.first().is_none_or(|(start, _)| reached <= *start);
        Ok(Covered { ranges: sums, reached: if is_whole { start_us } else { reached } })
    }

    pub fn sums(
        &mut self,
        covered: &Covered,
        selections: &[Selection],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<(), StoreError> {
        let scope = &self.scope;
        let wants = |of| scope.wants(of);
        let each = |part: sums::Part<'_>| {
            let of = part.of;
            let mut shown = Part {
                from_us: part.bucket * part.grain.us(),
                to_us: (part.bucket + 1) * part.grain.us(),
                id: None,
                view: Some(of.view),
                target: 0,
                caller: 0,
                error: 0,
                status: of.status,
                more: More::Sums(part.sums),
            };
            match of.view {
                View::Target => shown.target = of.a,
                View::Caller => shown.caller = of.a,
                View::Error => shown.error = of.a,
                View::CallerTarget => (shown.caller, shown.target) = (of.a, of.b),
                View::All | View::Endpoint => {}
            }
            visit(&shown);
        };
        sums::each(self.connection, self.log, selections, &covered.ranges, wants, each)
    }

    /// Up to where calls of these ranges were deleted.
    fn gone_until(&self, spans: &[(i64, i64)]) -> i64 {
        let last = spans.iter().rev().find(|(from, _)| *from < self.kept_from_us);
        last.map_or(i64::MIN, |(_, to)| self.kept_from_us.min(*to))
    }

    /// Calls of these ranges, the newest range first. Answers how far back it came.
    fn calls(
        &mut self,
        filter: &Filter,
        by: Dimension,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<i64, StoreError> {
        let keys = self.scope.keys(&self.names).filter(|keys| keys.len() <= MAX_KEYS);
        let models = self.scope.models(&self.names).filter(|models| models.len() <= MAX_MODELS);
        let (keys, models) = (keys.as_deref(), models.as_deref());
        let is_of_failures = by == Dimension::Error || self.scope.errors.is_some();
        let index = match (keys, models) {
            _ if *filter == Filter::default() => By::Time,
            _ if filter.session_id.is_some() => By::Session,
            _ if is_of_failures => By::Failures { keys, models },
            (Some(keys), _) => By::Keys(keys),
            (None, Some(models)) => By::Models(models),
            (None, None) => By::Time,
        };
        // Edges of sums are short: without them the sums would be of no use.
        let is_edge =
            matches!(index, By::Time) && *filter == Filter::default() && length(spans) <= EDGES_US;
        let time_limit = self.time_limit.filter(|_| !is_edge);
        let deadline = time_limit.map(|time_limit| Instant::now() + time_limit);
        let scope = self.scope.clone();
        self.slices(spans, deadline, &mut |connection, slice| {
            rows::each(connection, filter, index, slice, |call| {
                if scope.takes(call) {
                    visit(&Part {
                        from_us: call.started_at_us,
                        to_us: call.started_at_us + 1,
                        id: Some(call.id),
                        view: None,
                        target: call.target,
                        caller: call.caller,
                        error: call.error,
                        status: call.status,
                        more: More::Call(&call.addend),
                    });
                }
            })
        })
    }

    /// Shows the errors of all calls of the scope, with no more than when each call was and which
    /// it was, where the index of failures tells that. Answers how far back it came; `None` where
    /// the index does not tell.
    pub fn errors(
        &mut self,
        spans: &[(i64, i64)],
        visit: &mut dyn FnMut(&Part<'_>),
    ) -> Result<Option<i64>, StoreError> {
        let Some(KeysAndModels { keys, models }) = self.scope.of_failures(&self.names) else {
            return Ok(None);
        };
        let deadline = self.time_limit.map(|time_limit| Instant::now() + time_limit);
        let nothing = Addend::default();
        let reached = self.slices(spans, deadline, &mut |connection, slice| {
            let (keys, models) = (keys.as_deref(), models.as_deref());
            rows::each_error(connection, (keys, models), slice, |(id, at_us, error)| {
                visit(&Part {
                    from_us: at_us,
                    to_us: at_us + 1,
                    id: Some(id),
                    view: None,
                    target: 0,
                    caller: 0,
                    error,
                    status: ERROR,
                    more: More::Call(&nothing),
                });
            })
        })?;
        Ok(Some(reached.max(self.gone_until(spans))))
    }

    /// Reads ranges in slices, the newest first, until the time is over. Answers how far back it
    /// came.
    fn slices(
        &mut self,
        spans: &[(i64, i64)],
        deadline: Option<Instant>,
        read: &mut ReadSlice<'_>,
    ) -> Result<i64, StoreError> {
        let Extent { calls, first_us, last_us } = self.extent;
        let length = i128::from(last_us.saturating_sub(first_us)) * i128::from(SLICE);
        let mut width = i64::try_from(length / i128::from(calls.max(1))).unwrap_or(i64::MAX);
        for (from, to) in spans.iter().rev() {
            let (from, mut end) = ((*from).max(first_us), (*to).min(last_us.saturating_add(1)));
            while from < end {
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    return Ok(end);
                }
                // So few are one slice.
                let is_all = deadline.is_none();
                let start = if is_all { from } else { from.max(end.saturating_sub(width.max(1))) };
                let begun = Instant::now();
                read(self.connection, (start, end))?;
                end = start;
                let took = begun.elapsed();
                if took < SHORT {
                    width = width.saturating_mul(4);
                } else if took > LONG {
                    width /= 2;
                }
            }
        }
        Ok(spans.first().map_or(self.period.start_us, |(from, _)| *from))
    }
}

fn length(spans: &[(i64, i64)]) -> i64 {
    spans.iter().map(|(from, to)| to - from).sum()
}
