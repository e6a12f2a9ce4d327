//! The bucket of every rate limit, as the generic cell rate algorithm: one number, the time at
//! which the bucket will be full again, is the whole state. Amounts are counted in refill time. The
//! cost of a request or a token, the capacity and the current time are arguments of each call, so a
//! changed limit applies from the next call on.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::nanos;

/// The longest debt beyond an empty bucket. One wrong count must not close a model for hours, and
/// no provider's window is longer than a few minutes.
pub const MAX_DEBT_NS: u64 = 5 * 60_000_000_000;

#[derive(Debug, Default)]
pub struct Bucket {
    /// When the bucket will be full again, in nanoseconds. In the past: full.
    full_at_ns: AtomicU64,
}

/// The amount taken by a call, and the amount missing from a full bucket after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub charged_ns: u64,
    pub used_ns: u64,
}

impl Bucket {
    /// Takes an amount out. One larger than the capacity is admitted when the bucket is full,
    /// because otherwise it never would be, and leaves a debt.
    ///
    /// # Errors
    /// The wait until there is room, when there is none now.
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

    /// Corrects a charge to the actual cost: the rest is refunded, or more is taken, even from an
    /// empty bucket.
    pub fn settle(&self, now: Duration, charged_ns: u64, cost_ns: u64, capacity_ns: u64) {
        let now_ns = nanos(now);
        let corrected = |full_at: u64| match cost_ns.checked_sub(charged_ns) {
            Some(0) => None,
            Some(more_ns) => Some(later(full_at, now_ns, more_ns, capacity_ns)),
            None => Some(full_at.saturating_sub(charged_ns - cost_ns)),
        };
        // `Err` when the estimate was exact: nothing changes.
        let _ = self.full_at_ns.fetch_update(Relaxed, Relaxed, corrected);
    }

    /// Refunds the whole charge.
    pub fn give_back(&self, charged_ns: u64) {
        let less = |full_at: u64| Some(full_at.saturating_sub(charged_ns));
        // The closure never returns `None`, so the update cannot fail.
        let _ = self.full_at_ns.fetch_update(Relaxed, Relaxed, less);
    }

    /// The amount missing from a full bucket, which is also the time until it is full.
    pub fn used_ns(&self, now: Duration) -> u64 {
        self.full_at_ns.load(Relaxed).saturating_sub(nanos(now))
    }

    /// The wait for a call now, without taking anything; 0 where there is room.
    pub fn wait_ns(&self, now: Duration, cost_ns: u64, capacity_ns: u64) -> u64 {
        wait(self.used_ns(now), cost_ns, capacity_ns)
    }
}

fn wait(used_ns: u64, cost_ns: u64, capacity_ns: u64) -> u64 {
    used_ns.saturating_sub(capacity_ns.saturating_sub(cost_ns))
}

/// When the bucket will be full after one more charge, up to the longest debt.
fn later(full_at: u64, now_ns: u64, cost_ns: u64, capacity_ns: u64) -> u64 {
    let furthest = now_ns.saturating_add(capacity_ns).saturating_add(MAX_DEBT_NS);
    full_at.max(now_ns).saturating_add(cost_ns).min(furthest)
}
