//! Tokens per minute of one model, as the generic cell rate algorithm: one number says when the
//! bucket will be full again. A full bucket holds a minute's tokens. Knows no time and no limit
//! but what it is told; since it counts in time and not in tokens, a limit that was changed by a
//! reload holds from the next call on.
//!
//! A call reserves what it is thought to need and settles what it took. In any span of time the
//! calls that were let in took, in tokens, no more than one full bucket and what was refilled,
//! plus what cannot be known before: what calls took beyond their reservation (a debt, which
//! later calls wait for), what a call larger than the bucket took beyond it (a debt too), and
//! what calls reserved before that span and gave back within it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::nanos;

const CAPACITY_NS: u64 = 60_000_000_000;

/// The longest debt beyond an empty bucket. One mistaken count must not close a model for hours,
/// and no provider looks back further than some minutes.
const MAX_DEBT_NS: u64 = 5 * CAPACITY_NS;

#[derive(Debug, Default)]
pub struct TokenBucket {
    /// When the bucket will be full again, since the process's start. In the past: full.
    full_at_ns: AtomicU64,
}

/// What a call took out at its start. If it is dropped, the estimate stands.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "settle it with what the call took, or release it"]
pub struct Reservation {
    charged_ns: u64,
    per_minute: u64,
}

impl TokenBucket {
    /// Takes an estimate out. A call that is larger than the whole bucket is let in when the
    /// bucket is full, for otherwise it never could be, and leaves a debt.
    ///
    /// # Errors
    /// How long until there is room, when there is none now.
    pub fn reserve(
        &self,
        now: Duration,
        tokens: u64,
        per_minute: u64,
    ) -> Result<Reservation, Duration> {
        let (now_ns, cost_ns) = (nanos(now), cost(tokens, per_minute));
        let mut full_at = self.full_at_ns.load(Relaxed);
        loop {
            let used_ns = full_at.saturating_sub(now_ns);
            let wait_ns = wait(used_ns, cost_ns);
            if wait_ns > 0 {
                return Err(Duration::from_nanos(wait_ns));
            }
            let next = later(full_at, now_ns, cost_ns);
            match self.full_at_ns.compare_exchange_weak(full_at, next, Relaxed, Relaxed) {
                Ok(_) => {
                    let charged_ns = next.saturating_sub(full_at.max(now_ns));
                    return Ok(Reservation { charged_ns, per_minute });
                }
                Err(moved) => full_at = moved,
            }
        }
    }

    /// Puts right what was reserved by what the call took: the rest goes back, or more is taken,
    /// also when nothing is left.
    pub fn settle(&self, now: Duration, reservation: Reservation, tokens: u64) {
        let (now_ns, cost_ns) = (nanos(now), cost(tokens, reservation.per_minute));
        let corrected = |full_at: u64| match cost_ns.checked_sub(reservation.charged_ns) {
            Some(0) => None,
            Some(more_ns) => Some(later(full_at, now_ns, more_ns)),
            None => Some(full_at.saturating_sub(reservation.charged_ns - cost_ns)),
        };
        // Refused when the estimate was right.
        let _ = self.full_at_ns.fetch_update(Relaxed, Relaxed, corrected);
    }

    /// Puts a reservation back whose call never reached the upstream.
    pub fn release(&self, now: Duration, reservation: Reservation) {
        self.settle(now, reservation, 0);
    }

    /// How long a call would have to wait now, if at all, without taking anything: for plans.
    pub fn wait(&self, now: Duration, tokens: u64, per_minute: u64) -> Option<Duration> {
        let used_ns = self.full_at_ns.load(Relaxed).saturating_sub(nanos(now));
        let wait_ns = wait(used_ns, cost(tokens, per_minute));
        (wait_ns > 0).then(|| Duration::from_nanos(wait_ns))
    }

    /// Tokens in the bucket; 0 in debt.
    pub fn left(&self, now: Duration, per_minute: u64) -> u64 {
        let used_ns = self.full_at_ns.load(Relaxed).saturating_sub(nanos(now));
        let left_ns = u128::from(CAPACITY_NS.saturating_sub(used_ns));
        let left = left_ns * u128::from(per_minute) / u128::from(CAPACITY_NS);
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// Until the bucket is full.
    pub fn until_full(&self, now: Duration) -> Duration {
        Duration::from_nanos(self.full_at_ns.load(Relaxed).saturating_sub(nanos(now)))
    }
}

/// The time in which so many tokens are refilled, rounded up.
fn cost(tokens: u64, per_minute: u64) -> u64 {
    let whole = u128::from(tokens) * u128::from(CAPACITY_NS);
    u64::try_from(whole.div_ceil(u128::from(per_minute.max(1)))).unwrap_or(u64::MAX)
}

fn wait(used_ns: u64, cost_ns: u64) -> u64 {
    used_ns.saturating_sub(CAPACITY_NS.saturating_sub(cost_ns))
}

/// When the bucket is full after so much more was taken, as far as debts go.
fn later(full_at: u64, now_ns: u64, cost_ns: u64) -> u64 {
    let furthest = now_ns.saturating_add(CAPACITY_NS + MAX_DEBT_NS);
    full_at.max(now_ns).saturating_add(cost_ns).min(furthest)
}

#[cfg(test)]
mod tests;
