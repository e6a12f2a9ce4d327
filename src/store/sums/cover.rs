//! A stretch of time as whole buckets that sums are kept of, and what is left over.

use super::{Grain, Range};

/// Each instant lies in exactly one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    pub sums: Vec<Range>,
    /// Covered by calls themselves: microseconds, the end exclusive.
    pub calls: Vec<(i64, i64)>,
}

impl Cover {
    /// Covers stretches that do not overlap, in their order, with these grains, the longest first;
    /// with minutes only from `minutes_from` on.
    pub fn of(spans: &[(i64, i64)], grains: &[Grain], minutes_from: i64) -> Self {
        let mut cover = Self::default();
        for span in spans {
            cover.add(*span, grains, minutes_from);
        }
        cover
    }

    fn add(&mut self, (from_us, to_us): (i64, i64), grains: &[Grain], minutes_from: i64) {
        if from_us >= to_us {
            return;
        }
        let Some((grain, finer)) = grains.split_first() else {
            return self.add_calls((from_us, to_us));
        };
        let least = match grain {
            Grain::Minute => from_us.max(minutes_from),
            _ => from_us,
        };
        let us = grain.us();
        let first = least.div_euclid(us) + i64::from(least.rem_euclid(us) != 0);
        let last = grain.bucket(to_us);
        if first >= last {
            return self.add((from_us, to_us), finer, minutes_from);
        }
        self.add((from_us, first * us), finer, minutes_from);
        self.add_sums(Range { grain: *grain, from: first, to: last });
        self.add((last * us, to_us), finer, minutes_from);
    }

    fn add_sums(&mut self, range: Range) {
        match self.sums.last_mut() {
            Some(last) if last.grain == range.grain && last.to == range.from => last.to = range.to,
            _ => self.sums.push(range),
        }
    }

    fn add_calls(&mut self, span: (i64, i64)) {
        match self.calls.last_mut() {
            Some(last) if last.1 == span.0 => last.1 = span.1,
            _ => self.calls.push(span),
        }
    }
}
