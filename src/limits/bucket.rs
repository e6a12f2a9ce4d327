//! The bucket of every rate limit, as the generic cell rate algorithm: one number says when the
//! bucket will be full again, and everything follows from it. It counts in the time in which what
//! is taken is refilled. What a request or a token costs, how much a full bucket holds and what
//! time it is comes with each call, so a limit that was changed holds from the next call on.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::nanos;

/// The longest debt beyond an empty bucket. One mistaken count must not close a model for hours,
/// and no provider looks back further than some minutes.
pub const MAX_DEBT_NS: u64 = 5 * 60_000_000_000;

#[derive(Debug, Default)]
pub struct Bucket {
    /// When the bucket will be full again, in nanoseconds. In the past: full.
    full_at_ns: AtomicU64,
}

/// What a call took out, and what is missing from a full bucket since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub charged_ns: u64,
    pub used_ns: u64,
}

impl Bucket {
    /// Takes so much out. What is larger than the whole bucket is let in when the bucket is full,
    /// for otherwise it never could be, and leaves a debt.
    ///
    /// # Errors
    /// How long until there is room, when there is none now.
    pub fn take(&self, now: Duration, cost_ns: u64, capacity_ns: u64) -> Result<Taken, Duration> {
        let now_ns = nanos(now);
        let mut full_at = self.full_at_ns.load(Relaxed);
        loop {
            let wait_ns = wait(full_at.saturating_sub(now_ns), cost_ns, capacity_ns);
            if wait_ns > 0 {
                return Err(Duration::from_nanos(wait_ns));
            }
            let next = later(full_at, now_ns, cost_ns, capacity_ns);
            match self.full_at_ns.compare_exchange_weak(full_at, next, Relaxed, Relaxed) {
                Ok(_) => {
                    return Ok(Taken {
                        charged_ns: next.saturating_sub(full_at.max(now_ns)),
                        used_ns: next.saturating_sub(now_ns),
                    });
                }
                Err(moved) => full_at = moved,
            }
        }
    }

    /// Puts what was charged right by what it cost: the rest goes back, or more is taken, also
    /// when nothing is left.
    pub fn settle(&self, now: Duration, charged_ns: u64, cost_ns: u64, capacity_ns: u64) {
        let now_ns = nanos(now);
        let corrected = |full_at: u64| match cost_ns.checked_sub(charged_ns) {
            Some(0) => None,
            Some(more_ns) => Some(later(full_at, now_ns, more_ns, capacity_ns)),
            None => Some(full_at.saturating_sub(charged_ns - cost_ns)),
        };
        // Refused when the estimate was right.
        let _ = self.full_at_ns.fetch_update(Relaxed, Relaxed, corrected);
    }

    /// Puts back what was charged for a call that took nothing.
    pub fn give_back(&self, charged_ns: u64) {
        let less = |full_at: u64| Some(full_at.saturating_sub(charged_ns));
        // The closure never refuses, so neither does the update.
        let _ = self.full_at_ns.fetch_update(Relaxed, Relaxed, less);
    }

    /// What is missing from a full bucket, which is also how long until it is full.
    pub fn used_ns(&self, now: Duration) -> u64 {
        self.full_at_ns.load(Relaxed).saturating_sub(nanos(now))
    }

    /// How long a call would have to wait now, without taking anything; 0 where it need not.
    pub fn wait_ns(&self, now: Duration, cost_ns: u64, capacity_ns: u64) -> u64 {
        wait(self.used_ns(now), cost_ns, capacity_ns)
    }
}

fn wait(used_ns: u64, cost_ns: u64, capacity_ns: u64) -> u64 {
    used_ns.saturating_sub(capacity_ns.saturating_sub(cost_ns))
}

/// When the bucket is full after so much more was taken, as far as debts go.
fn later(full_at: u64, now_ns: u64, cost_ns: u64, capacity_ns: u64) -> u64 {
    let furthest = now_ns.saturating_add(capacity_ns).saturating_add(MAX_DEBT_NS);
    full_at.max(now_ns).saturating_add(cost_ns).min(furthest)
}
