//! Sums of calls that are on disk and not in the table yet, by the minute of their start.

use std::collections::HashMap;

use super::{Added, Grain, Of, View};
use crate::domain::hash::ById;
use crate::domain::sums::Sums;

type Minutes = HashMap<(i64, Of), Sums, ById>;

#[derive(Default)]
pub struct Accumulators {
    /// A call is added to its caller with its target, to its endpoint and to its error. The other
    /// views are sums of these, made when they are wanted.
    minutes: Minutes,
    /// All of this process up to this id are in the table.
    summed_to: i64,
    /// All of this process up to this id are here or in the table.
    added_to: i64,
}

impl Accumulators {
    pub fn add(&mut self, call: &Added) {
        let minute = Grain::Minute.bucket(call.started_at_us);
        let of = |view, a, b| Of { view, a, b, status: call.status };
        let keys = [
            of(View::Endpoint, call.endpoint, 0),
            of(View::CallerTarget, call.caller, call.target),
        ];
        for key in keys {
            self.minutes.entry((minute, key)).or_default().add(&call.addend);
        }
        if call.error != 0 {
            let key = of(View::Error, call.error, 0);
            self.minutes.entry((minute, key)).or_default().add(&call.addend);
        }
        self.added_to = self.added_to.max(call.id);
    }

    pub fn is_empty(&self) -> bool {
        self.minutes.is_empty()
    }

    pub fn summed_to(&self) -> i64 {
        self.summed_to
    }

    pub fn added_to(&self) -> i64 {
        self.added_to
    }

    /// The minutes of a view, each in one part or more.
    pub fn of_view(&self, view: View) -> impl Iterator<Item = (i64, Of, &Sums)> {
        let kept = match view {
            View::All => View::Endpoint,
            View::Target | View::Caller => View::CallerTarget,
            View::Error | View::Endpoint | View::CallerTarget => view,
        };
        let shown = move |of: Of| match view {
            View::All => Of { view, a: 0, ..of },
            View::Target => Of { view, a: of.b, b: 0, ..of },
            View::Caller => Of { view, b: 0, ..of },
            View::Error | View::Endpoint | View::CallerTarget => of,
        };
        let of_kept = self.minutes.iter().filter(move |((_, of), _)| of.view == kept);
        of_kept.map(move |((minute, of), sums)| (*minute, shown(*of), sums))
    }

    /// All of it, added up for each view and grain; by minute only what began from then on.
    pub fn by_grain(&self, minutes_from_us: i64) -> HashMap<(Grain, i64, Of), Sums> {
        let mut minutes = Minutes::default();
        for view in [View::All, View::Target, View::Caller] {
            for (minute, of, sums) in self.of_view(view) {
                minutes.entry((minute, of)).or_default().merge(sums);
            }
        }
        let mut by_grain: HashMap<(Grain, i64, Of), Sums> = HashMap::new();
        let minutes_from = Grain::Minute.bucket(minutes_from_us);
        for ((minute, of), sums) in minutes.iter().chain(&self.minutes) {
            let is_kept = |grain: &Grain| *grain != Grain::Minute || *minute >= minutes_from;
            let grains = Grain::ALL.into_iter().filter(is_kept);
            for grain in grains.filter(|grain| of.view.has(*grain)) {
                let bucket = grain.bucket(minute * Grain::Minute.us());
                by_grain.entry((grain, bucket, *of)).or_default().merge(sums);
            }
        }
        by_grain
    }

    /// It is in the table, up to this id.
    pub fn flushed(&mut self, to: i64) {
        self.minutes.clear();
        self.summed_to = to;
        self.added_to = self.added_to.max(to);
    }
}
