//! Tokens per minute of one model, provider or key, and a key's requests: a full bucket holds a
//! minute's tokens. Because the bucket counts in time and not in tokens, a limit changed by a reload
//! applies from the next call on.
//!
//! A call reserves its estimate and settles its actual tokens. In any span of time the admitted
//! calls take no more tokens than one full bucket and the refill, plus amounts that cannot be known
//! in advance: tokens beyond a reservation (a debt, for which later calls wait), tokens of a call
//! larger than the bucket beyond its capacity (a debt too), and reservations made before the span
//! and refunded within it.

use std::time::Duration;

use super::bucket::Bucket;

const CAPACITY_NS: u64 = 60_000_000_000;

#[derive(Debug, Default)]
pub struct TokenBucket(Bucket);

/// The estimate taken at the start of a call. If it is dropped, the estimate stays charged.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "settle it with what the call took, or release it"]
pub struct Reservation {
    charged_ns: u64,
    per_minute: u64,
}

impl TokenBucket {
    /// Takes an estimate out. A call larger than the capacity is admitted when the bucket is full,
    /// because otherwise it never would be, and leaves a debt.
    ///
    /// # Errors
    /// The wait until there is room, when there is none now.
    pub fn reserve(
        &self,
        now: Duration,
        tokens: u64,
        per_minute: u64,
    ) -> Result<Reservation, Duration> {
        let taken = self.0.take(now, cost(tokens, per_minute), CAPACITY_NS)?;
        Ok(Reservation { charged_ns: taken.charged_ns, per_minute })
    }

    /// Corrects a reservation to the actual tokens: the rest is refunded, or more is taken, even
    /// from an empty bucket.
    pub fn settle(&self, now: Duration, reservation: Reservation, tokens: u64) {
        let Reservation { charged_ns, per_minute } = reservation;
        self.0.settle(now, charged_ns, cost(tokens, per_minute), CAPACITY_NS);
    }

    /// Refunds the reservation of a call that never reached the upstream.
    pub fn release(&self, now: Duration, reservation: Reservation) {
        self.settle(now, reservation, 0);
    }

    /// The wait of a call now, if any, without taking anything: for plans.
    pub fn wait(&self, now: Duration, tokens: u64, per_minute: u64) -> Option<Duration> {
        let wait_ns = self.0.wait_ns(now, cost(tokens, per_minute), CAPACITY_NS);
        (wait_ns > 0).then(|| Duration::from_nanos(wait_ns))
    }

    /// Tokens in the bucket; 0 while in debt.
    pub fn left(&self, now: Duration, per_minute: u64) -> u64 {
        let left_ns = u128::from(CAPACITY_NS.saturating_sub(self.0.used_ns(now)));
        let left = left_ns * u128::from(per_minute) / u128::from(CAPACITY_NS);
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// The time until the bucket is full.
    pub fn until_full(&self, now: Duration) -> Duration {
        Duration::from_nanos(self.0.used_ns(now))
    }
}

/// The time in which that many tokens are refilled, rounded up.
fn cost(tokens: u64, per_minute: u64) -> u64 {
    let whole = u128::from(tokens) * u128::from(CAPACITY_NS);
    u64::try_from(whole.div_ceil(u128::from(per_minute.max(1)))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
