//! What statistics are made of: each view is read once, and the calls at its edges for all at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::figures::Tally;
use super::scope::{Dimension, ERROR};
use super::source::{Covered, Part, Source};
use crate::store::StoreError;
use crate::store::names::CallerName;
use crate::store::sums::{Depth, Selection, View};

/// What one reading is to fill.
#[derive(Clone, Copy, Default)]
struct Wanted {
    overall: bool,
    targets: bool,
    callers: bool,
    errors: bool,
}

/// Which sums tell what; `None` where only calls do.
#[derive(Clone, Copy, Default)]
struct Views {
    overall: Option<View>,
    targets: Option<View>,
    callers: Option<View>,
    errors: Option<View>,
    /// Sums of callers are counted first, since there are many of which few are shown.
    ranks_callers: bool,
}

#[derive(Default)]
pub struct Found {
    views: Views,
    pub overall: Tally,
    pub targets: HashMap<i32, Tally>,
    pub callers: HashMap<i32, Tally>,
    calls_of_callers: HashMap<i32, u64>,
    pub errors: HashMap<i32, Failures>,
}

#[derive(Clone, Copy, Debug)]
pub struct Failures {
    pub calls: u64,
    pub first: Stretch,
    pub last: Stretch,
}

/// A call, or when it was about.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub from_us: i64,
    pub to_us: i64,
    pub id: Option<i64>,
}

impl Views {
    fn of(source: &Source<'_>, limit: usize) -> Self {
        let view = |by| source.scope.view(by);
        let (overall, targets) = (view(Dimension::None), view(Dimension::Target));
        let (callers, errors) = (view(Dimension::Caller), view(Dimension::Error));
        let is_of_callers_alone = callers != overall && callers != targets;
        let ranks_callers = is_of_callers_alone && source.names.callers.len() > limit;
        Self { overall, targets, callers, errors, ranks_callers }
    }

    fn wanted(&self, is_wanted: impl Fn(Option<View>) -> bool) -> Wanted {
        Wanted {
            overall: is_wanted(self.overall),
            targets: is_wanted(self.targets),
            callers: is_wanted(self.callers),
            errors: is_wanted(self.errors),
        }
    }

    fn depth(&self, view: View) -> Depth {
        let callers = self.callers.filter(|_| !self.ranks_callers);
        match [self.overall, self.targets, callers].contains(&Some(view)) {
            true => Depth::Figures,
            false => Depth::Counts,
        }
    }
}

impl Found {
    pub fn read(&mut self, source: &mut Source<'_>, limit: usize) -> Result<i64, StoreError> {
        self.views = Views::of(source, limit);
        let views = self.views;
        let spans = [(source.period.start_us, source.period.end_us)];
        let mut reached = source.period.start_us;
        // Each leaves edges of its own, whose calls are read once for all that it tells.
        for is_of_days in [false, true] {
            let is_read = |view: &View| (*view == View::CallerTarget) == is_of_days;
            let mut read: Vec<View> = [views.overall, views.targets, views.callers, views.errors]
                .into_iter()
                .flatten()
                .filter(is_read)
                .collect();
            read.sort_unstable();
            read.dedup();
            let Some(first) = read.first() else { continue };
            let wanted = views.wanted(|view| view.is_some_and(|view| is_read(&view)));
            let by = if is_of_days { Dimension::Caller } else { Dimension::None };
            let add = &mut |part: &Part<'_>| self.add(wanted, part);
            let covered = source.edges(by, *first, &spans, add)?;
            let selection = |view: &View| source.scope.selection(*view, views.depth(*view));
            let selections: Vec<Selection> = read.iter().map(selection).collect();
            source.sums(&covered, &selections, add)?;
            reached = reached.max(covered.reached);
            if let Some(view) = views.callers.filter(|_| wanted.callers && views.ranks_callers) {
                self.read_callers(source, &covered, view, limit)?;
            }
        }
        // What sums do not tell comes from one reading of the calls.
        let left = views.wanted(|view| view.is_none());
        if let Wanted { overall: false, targets: false, callers: false, errors: true } = left
            && let Some(this) = source.errors(&spans, &mut |part| self.add(left, part))?
        {
            return Ok(reached.max(this));
        }
        let by = match left {
            Wanted { targets: true, .. } => Dimension::Target,
            Wanted { callers: true, .. } => Dimension::Caller,
            Wanted { errors: true, .. } => Dimension::Error,
            _ => return Ok(reached),
        };
        let this = source.read(by, &spans, &mut |part| self.add(left, part))?;
        Ok(reached.max(this))
    }

    /// Those with the most calls, whose calls at the edges were added.
    fn read_callers(
        &mut self,
        source: &mut Source<'_>,
        covered: &Covered,
        view: View,
        limit: usize,
    ) -> Result<(), StoreError> {
        let mut keys: BTreeMap<(i32, &str), (u64, Vec<i32>)> = BTreeMap::new();
        for (id, caller) in &source.names.callers {
            let Some(calls) = self.calls_of_callers.get(id) else { continue };
            let (sum, ids) = keys.entry(key_of(caller)).or_default();
            *sum += calls;
            ids.push(*id);
        }
        let mut keys: Vec<(u64, Vec<i32>)> = keys.into_values().collect();
        keys.sort_by_key(|(calls, _)| Reverse(*calls));
        let ids: Vec<i32> = keys.into_iter().take(limit).flat_map(|(_, ids)| ids).collect();
        self.callers.retain(|id, _| ids.contains(id));
        let selection = source.scope.selection(view, Depth::Figures);
        let selection = Selection { a: Some(ids.clone()), ..selection };
        source.sums(covered, &[selection], &mut |part| {
            if ids.contains(&part.caller) {
                self.callers.entry(part.caller).or_default().add(part);
            }
        })
    }

    fn add(&mut self, wanted: Wanted, part: &Part<'_>) {
        let views = self.views;
        let is_of = |view| part.view.is_none() || part.view == view;
        if wanted.overall && is_of(views.overall) {
            self.overall.add(part);
        }
        if wanted.targets && part.target != 0 && is_of(views.targets) {
            self.targets.entry(part.target).or_default().add(part);
        }
        if wanted.callers && is_of(views.callers) {
            if views.ranks_callers {
                *self.calls_of_callers.entry(part.caller).or_default() += part.calls();
            }
            if !views.ranks_callers || part.view.is_none() {
                self.callers.entry(part.caller).or_default().add(part);
            }
        }
        if wanted.errors && is_of(views.errors) && part.error != 0 && part.status == ERROR {
            let this = Stretch { from_us: part.from_us, to_us: part.to_us, id: part.id };
            let known = self.errors.entry(part.error);
            let known = known.or_insert(Failures { calls: 0, first: this, last: this });
            known.calls += part.calls();
            let order = |stretch: &Stretch| (stretch.from_us, stretch.id);
            if order(&this) < order(&known.first) {
                known.first = this;
            }
            if order(&this) > order(&known.last) {
                known.last = this;
            }
        }
    }
}

/// Callers without a key are told apart by their names.
pub fn key_of(caller: &CallerName) -> (i32, &str) {
    (caller.api_key_id, if caller.api_key_id == 0 { caller.name.as_str() } else { "" })
}
