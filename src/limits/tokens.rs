//! Tokens per minute of one model, provider or key, and a key's requests: a full bucket holds a
//! minute's tokens. Since the bucket counts in time and not in tokens, a limit that was changed by a
//! reload holds from the next call on.
//!
//! A call reserves what it is thought to need and settles what it took. In any span of time the
//! calls that were let in took, in tokens, no more than one full bucket and what was refilled,
//! plus what cannot be known before: what calls took beyond their reservation (a debt, which
//! later calls wait for), what a call larger than the bucket took beyond it (a debt too), and
//! what calls reserved before that span and gave back within it.

use std::time::Duration;

use super::bucket::Bucket;

const CAPACITY_NS: u64 = 60_000_000_000;

#[derive(Debug, Default)]
pub struct TokenBucket(Bucket);

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
        let taken = self.0.take(now, cost(tokens, per_minute), CAPACITY_NS)?;
        Ok(Reservation { charged_ns: taken.charged_ns, per_minute })
    }

    /// Puts right what was reserved by what the call took: the rest goes back, or more is taken,
    /// also when nothing is left.
    pub fn settle(&self, now: Duration, reservation: Reservation, tokens: u64) {
        let Reservation { charged_ns, per_minute } = reservation;
        self.0.settle(now, charged_ns, cost(tokens, per_minute), CAPACITY_NS);
    }

    /// Puts a reservation back whose call never reached the upstream.
    pub fn release(&self, now: Duration, reservation: Reservation) {
        self.settle(now, reservation, 0);
    }

    /// How long a call would have to wait now, if at all, without taking anything: for plans.
    pub fn wait(&self, now: Duration, tokens: u64, per_minute: u64) -> Option<Duration> {
        let wait_ns = self.0.wait_ns(now, cost(tokens, per_minute), CAPACITY_NS);
        (wait_ns > 0).then(|| Duration::from_nanos(wait_ns))
    }

    /// Tokens in the bucket; 0 in debt.
    pub fn left(&self, now: Duration, per_minute: u64) -> u64 {
        let left_ns = u128::from(CAPACITY_NS.saturating_sub(self.0.used_ns(now)));
        let left = left_ns * u128::from(per_minute) / u128::from(CAPACITY_NS);
        u64::try_from(left).unwrap_or(u64::MAX)
    }

    /// Until the bucket is full.
    pub fn until_full(&self, now: Duration) -> Duration {
        Duration::from_nanos(self.0.used_ns(now))
    }
}

/// The time in which so many tokens are refilled, rounded up.
fn cost(tokens: u64, per_minute: u64) -> u64 {
    let whole = u128::from(tokens) * u128::from(CAPACITY_NS);
    u64::try_from(whole.div_ceil(u128::from(per_minute.max(1)))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
