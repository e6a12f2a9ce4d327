//! Sums of calls that are on disk and not in the table yet, by the minute of their start.

use std::collections::HashMap;

use super::{Added, Grain, Of, View};
use crate::domain::sums::Sums;

#[derive(Default)]
pub struct Accumulators {
    minutes: HashMap<(i64, Of), Sums>,
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
            of(View::All, 0, 0),
            of(View::Target, call.target, 0),
            of(View::Caller, call.caller, 0),
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

    /// The minutes of a view.
    pub fn of_view(&self, view: View) -> impl Iterator<Item = (i64, Of, &Sums)> {
        let all = self.minutes.iter().map(|((minute, of), sums)| (*minute, *of, sums));
        all.filter(move |(_, of, _)| of.view == view)
    }

    /// All of it, added up for each grain that is kept.
    pub fn by_grain(&self) -> HashMap<(Grain, i64, Of), Sums> {
        let mut by_grain: HashMap<(Grain, i64, Of), Sums> = HashMap::new();
        for ((minute, of), sums) in &self.minutes {
            for grain in Grain::ALL.into_iter().filter(|grain| of.view.has(*grain)) {
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
