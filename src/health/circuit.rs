//! Circuit breaker of one model or provider: closed while calls succeed, open during a cooldown,
//! half-open while one call probes. The caller passes the time; no lock is taken.
//!
//! A caller gets a [`CircuitPermit`] from [`Circuit::admit`] and gives it back with the outcome
//! ([`Circuit::record`]) or without one ([`Circuit::release`]). The permit carries the generation
//! in which it was issued: calls hang for a minute and then fail together, and by then the circuit
//! may have opened, probed and closed again. Their outcomes concern the past and do not count.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

mod cause;
mod change;
mod packed_state;
mod policy;
#[cfg(test)]
mod tests;
mod window;

pub use cause::{Cause, Cooldowns};
pub use change::{Change, Outcome, Reason, State};
pub use policy::CircuitPolicy;

use super::millis;
use packed_state::{Phase, Word};
use window::{Streak, Tick, Window};

/// A probe that does not report within this time is replaced, so that a lost permit cannot hold the
/// circuit for ever. Longer than the default deadlines of a call for its first chunk.
pub const PROBE_LIFE: Duration = Duration::from_secs(180);

#[derive(Debug, Default)]
pub struct Circuit {
    word: AtomicU64,
    streak: Streak,
    window: Window,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    Closed(CircuitPermit),
    /// The one call that probes, and the change to half-open that it caused.
    Probe(CircuitPermit, Change),
    Refused {
        retry_after: Duration,
    },
}

/// Permission for one call. Not `Copy`: it is given back once, by `record` or `release`. The
/// owner's `Drop` releases it, because a client may leave at any time.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a probe that is not given back holds the circuit half-open"]
pub struct CircuitPermit {
    generation: u16,
    is_probe: bool,
}

impl CircuitPermit {
    pub fn is_probe(&self) -> bool {
        self.is_probe
    }
}

impl Circuit {
    /// Requests a permit for a call now. When a call needs the permits of two circuits, request
    /// both and release the first permit if the second refuses.
    pub fn admit(&self, now: Duration) -> Admission {
        let now_ms = millis(now);
        let mut word = self.load();
        loop {
            let reason = match word.phase {
                Phase::Closed => {
                    return Admission::Closed(CircuitPermit {
                        generation: word.generation,
                        is_probe: false,
                    });
                }
                Phase::Open => Reason::CooldownOver,
                Phase::HalfOpen => Reason::ProbeLost,
            };
            if let Some(retry_after) = word.wait(now_ms) {
                return Admission::Refused { retry_after };
            }
            let next = word.moved_to(Phase::HalfOpen, now_ms);
            match self.swap(word, next, reason) {
                Ok(change) => {
                    return Admission::Probe(
                        CircuitPermit { generation: next.generation, is_probe: true },
                        change,
                    );
                }
                Err(moved) => word = moved,
            }
        }
    }

    /// Whether a call would be admitted, without admitting one: for plans and explanations.
    pub fn peek(&self, now: Duration) -> bool {
        self.wait(now).is_none()
    }

    /// How long until a call is admitted; `None` if one is admitted now.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        self.load().wait(millis(now))
    }

    /// Records the outcome of a call. The probe of a stream reports with its first chunk, not at
    /// its end.
    pub fn record(
        &self,
        now: Duration,
        permit: CircuitPermit,
        outcome: Outcome,
        policy: &CircuitPolicy,
    ) -> Option<Change> {
        let outcome = match outcome {
            Outcome::RateLimited(Some(Duration::ZERO)) => Outcome::RateLimited(None),
            outcome => outcome,
        };
        match permit.is_probe {
            true => self.record_probe(millis(now), permit.generation, outcome, policy),
            false => self.record_call(millis(now), permit.generation, outcome, policy),
        }
    }

    /// Gives back a permit whose call has no outcome: not begun, or cancelled by the client.
    pub fn release(&self, now: Duration, permit: CircuitPermit) -> Option<Change> {
        self.record(now, permit, Outcome::Neutral, &CircuitPolicy::default())
    }

    /// Closes it by hand, whatever its state.
    pub fn clear(&self) -> Option<Change> {
        let mut word = self.load();
        while word.phase != Phase::Closed {
            let closed = word.moved_to(Phase::Closed, 0).with_doublings(0);
            match self.swap(word, closed, Reason::Cleared) {
                Ok(change) => return Some(change),
                Err(moved) => word = moved,
            }
        }
        None
    }

    /// The current state. Open ends with the cooldown, even when no call has come since.
    pub fn state(&self, now: Duration) -> State {
        let word = self.load();
        match word.phase {
            Phase::Open if word.wait(millis(now)).is_none() => State::HalfOpen,
            Phase::Closed | Phase::Open | Phase::HalfOpen => word.state(),
        }
    }

    /// Failures in a row since it was last closed.
    pub fn failures(&self) -> u32 {
        self.streak.count(self.load().generation)
    }

    fn record_call(
        &self,
        now_ms: u64,
        generation: u16,
        outcome: Outcome,
        policy: &CircuitPolicy,
    ) -> Option<Change> {
        match outcome {
            Outcome::Neutral => None,
            Outcome::Success => {
                self.count(now_ms, generation, false, policy);
                None
            }
            Outcome::Failure(cause) => self.fail(now_ms, generation, cause, policy),
            Outcome::RateLimited(None) => self.fail(now_ms, generation, Cause::RateLimit, policy),
            Outcome::Refused(cause, requested) => {
                let until_ms = until(now_ms, policy.refusal_cooldown(cause, requested));
                self.open_or_prolong(generation, until_ms, Reason::Refused(cause))
            }
            Outcome::RateLimited(Some(requested)) => {
                let until_ms = until(now_ms, policy.rate_limit_cooldown(requested));
                self.open_or_prolong(generation, until_ms, Reason::RateLimited)
            }
        }
    }

    fn fail(
        &self,
        now_ms: u64,
        generation: u16,
        cause: Cause,
        policy: &CircuitPolicy,
    ) -> Option<Change> {
        let reason = self.count(now_ms, generation, true, policy)?;
        self.open(generation, until(now_ms, policy.cooldown_after(cause, 0)), reason)
    }

    /// Counts an outcome of the current generation, and returns the reason to open, if there is
    /// one.
    fn count(
        &self,
        now_ms: u64,
        generation: u16,
        is_failure: bool,
        policy: &CircuitPolicy,
    ) -> Option<Reason> {
        let is_current = || self.load().generation == generation;
        let at = Tick::new(generation, now_ms, millis(policy.window));
        self.window.add(at, is_failure, is_current);
        if !is_failure {
            self.streak.end(generation);
            return None;
        }
        let in_a_row = self.streak.add(generation, is_current)?;
        if policy.is_streak(in_a_row) {
            return Some(Reason::FailuresInARow(in_a_row));
        }
        let (failures, calls) = self.window.sum(at);
        policy.is_share(failures, calls).then_some(Reason::FailureShare { failures, calls })
    }

    /// Opens the circuit if it is still in the generation of the call's permit.
    fn open(&self, generation: u16, until_ms: u64, reason: Reason) -> Option<Change> {
        let mut word = self.load();
        while word.generation == generation {
            match self.swap(word, word.moved_to(Phase::Open, until_ms), reason) {
                Ok(change) => return Some(change),
                Err(moved) => word = moved,
            }
        }
        None
    }

    /// Like `open`; if the circuit opened while this call ran, the cooldown is extended to the
    /// longest time that any of those calls was given. That is no transition.
    fn open_or_prolong(&self, generation: u16, until_ms: u64, reason: Reason) -> Option<Change> {
        let opened = self.open(generation, until_ms, reason);
        if opened.is_some() {
            return opened;
        }
        let longer = |bits: u64| {
            let word = Word::unpack(bits);
            let is_next =
                word.phase == Phase::Open && word.generation == generation.wrapping_add(1);
            let cooldown = Word { at_ms: until_ms, ..word };
            (is_next && word.at_ms < until_ms).then(|| cooldown.pack())
        };
        // Fails when the cooldown is already as long, or the circuit has moved on.
        let _ = self.word.fetch_update(Relaxed, Relaxed, longer);
        None
    }

    fn record_probe(
        &self,
        now_ms: u64,
        generation: u16,
        outcome: Outcome,
        policy: &CircuitPolicy,
    ) -> Option<Change> {
        let mut word = self.load();
        loop {
            // A probe that was replaced and succeeds after all still counts as a success: otherwise
            // a model slower than `PROBE_LIFE` would never recover.
            let is_awaited = word.generation == generation || outcome == Outcome::Success;
            if word.phase != Phase::HalfOpen || !is_awaited {
                return None;
            }
            let (next, reason) = after_probe(word, now_ms, outcome, policy);
            match self.swap(word, next, reason) {
                Ok(change) => return Some(change),
                Err(moved) => word = moved,
            }
        }
    }

    fn load(&self) -> Word {
        Word::unpack(self.word.load(Relaxed))
    }

    /// One transition. Only the thread whose swap succeeded returns it.
    fn swap(&self, from: Word, to: Word, reason: Reason) -> Result<Change, Word> {
        self.word
            .compare_exchange(from.pack(), to.pack(), Relaxed, Relaxed)
            .map(|_| Change { from: from.state(), to: to.state(), reason })
            .map_err(Word::unpack)
    }
}

fn after_probe(
    word: Word,
    now_ms: u64,
    outcome: Outcome,
    policy: &CircuitPolicy,
) -> (Word, Reason) {
    let open = |cooldown: Duration| word.moved_to(Phase::Open, until(now_ms, cooldown));
    match outcome {
        Outcome::Success => {
            (word.moved_to(Phase::Closed, 0).with_doublings(0), Reason::ProbeSucceeded)
        }
        Outcome::Failure(cause) => {
            let doublings = word.doublings.saturating_add(1);
            let cooldown = policy.cooldown_after(cause, doublings);
            (open(cooldown).with_doublings(doublings), Reason::ProbeFailed)
        }
        Outcome::Refused(cause, requested) => {
            (open(policy.refusal_cooldown(cause, requested)), Reason::Refused(cause))
        }
        Outcome::RateLimited(Some(requested)) => {
            (open(policy.rate_limit_cooldown(requested)), Reason::RateLimited)
        }
        Outcome::RateLimited(None) => {
            (open(policy.cooldown_after(Cause::RateLimit, word.doublings)), Reason::RateLimited)
        }
        Outcome::Neutral => (open(Duration::ZERO), Reason::ProbeReleased),
    }
}

fn until(now_ms: u64, cooldown: Duration) -> u64 {
    now_ms.saturating_add(millis(cooldown))
}
