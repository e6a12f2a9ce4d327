//! Circuit breaker of one model or provider: closed while calls go well, open while it rests,
//! half-open while one call finds out. Knows no time but what it is told, and takes no lock.
//!
//! Whoever calls asks [`Circuit::admit`] and gets a [`CircuitPermit`], which goes back with the outcome
//! ([`Circuit::note`]) or without one ([`Circuit::release`]). The pass remembers in which turn
//! it was given: calls hang for a minute and then fail in a crowd, and by then the circuit may
//! have opened, probed and closed again. What they tell is about the past and does not count.

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

/// A probe that reports nothing for this long gives its place up, so that a lost pass cannot
/// hold the circuit for ever. Longer than the default waits of a call for its first chunk.
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
    /// The one call that finds out, and the change to half-open that it brought about.
    Probe(CircuitPermit, Change),
    Refused {
        retry_after: Duration,
    },
}

/// Leave for one call. Not to be copied: it is given back once, by `note` or `release`. The
/// owner's `Drop` releases it, for a client may leave at any time.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a probe that is not given back holds the circuit half-open"]
pub struct CircuitPermit {
    turn: u16,
    is_probe: bool,
}

impl CircuitPermit {
    pub fn is_probe(&self) -> bool {
        self.is_probe
    }
}

impl Circuit {
    /// Asks for leave to call now. When two circuits stand before a call, ask both and release
    /// the first pass if the second refuses.
    pub fn admit(&self, now: Duration) -> Admission {
        let now_ms = millis(now);
        let mut word = self.load();
        loop {
            let reason = match word.phase {
                Phase::Closed => {
                    return Admission::Closed(CircuitPermit { turn: word.turn, is_probe: false });
                }
                Phase::Open => Reason::RestOver,
                Phase::HalfOpen => Reason::ProbeLost,
            };
            if let Some(retry_after) = word.wait(now_ms) {
                return Admission::Refused { retry_after };
            }
            let next = word.turned(Phase::HalfOpen, now_ms);
            match self.swap(word, next, reason) {
                Ok(change) => {
                    return Admission::Probe(
                        CircuitPermit { turn: next.turn, is_probe: true },
                        change,
                    );
                }
                Err(moved) => word = moved,
            }
        }
    }

    /// Whether a call would be let in, without letting one in: for plans and explanations.
    pub fn peek(&self, now: Duration) -> bool {
        self.wait(now).is_none()
    }

    /// How long until a call is let in, if none is let in now.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        self.load().wait(millis(now))
    }

    /// Takes a call's outcome. A stream's probe reports with its first chunk, not at its end.
    pub fn note(
        &self,
        now: Duration,
        pass: CircuitPermit,
        outcome: Outcome,
        policy: &CircuitPolicy,
    ) -> Option<Change> {
        let outcome = match outcome {
            Outcome::RateLimited(Some(Duration::ZERO)) => Outcome::RateLimited(None),
            told => told,
        };
        match pass.is_probe {
            true => self.note_probe(millis(now), pass.turn, outcome, policy),
            false => self.note_call(millis(now), pass.turn, outcome, policy),
        }
    }

    /// Gives a pass back whose call says nothing: not begun, or given up by the client.
    pub fn release(&self, now: Duration, pass: CircuitPermit) -> Option<Change> {
        self.note(now, pass, Outcome::Neutral, &CircuitPolicy::default())
    }

    /// Closes it by hand, whatever it was waiting for.
    pub fn clear(&self) -> Option<Change> {
        let mut word = self.load();
        while word.phase != Phase::Closed {
            let closed = word.turned(Phase::Closed, 0).with_doublings(0);
            match self.swap(word, closed, Reason::Cleared) {
                Ok(change) => return Some(change),
                Err(moved) => word = moved,
            }
        }
        None
    }

    /// Where it stands. Open ends with the rest, also when no call has come since.
    pub fn state(&self, now: Duration) -> State {
        let word = self.load();
        match word.phase {
            Phase::Open if word.wait(millis(now)).is_none() => State::HalfOpen,
            Phase::Closed | Phase::Open | Phase::HalfOpen => word.state(),
        }
    }

    /// Failures in a row since it was last closed.
    pub fn failures(&self) -> u32 {
        self.streak.count(self.load().turn)
    }

    fn note_call(
        &self,
        now_ms: u64,
        turn: u16,
        outcome: Outcome,
        policy: &CircuitPolicy,
    ) -> Option<Change> {
        match outcome {
            Outcome::Neutral => None,
            Outcome::Success => {
                self.count(now_ms, turn, false, policy);
                None
            }
            Outcome::Failure(cause) => self.fail(now_ms, turn, cause, policy),
            Outcome::RateLimited(None) => self.fail(now_ms, turn, Cause::RateLimit, policy),
            Outcome::Refused(cause, asked) => {
                let until_ms = until(now_ms, policy.refused_rest(cause, asked));
                self.open_or_prolong(turn, until_ms, Reason::Refused(cause))
            }
            Outcome::RateLimited(Some(asked)) => {
                let until_ms = until(now_ms, policy.limited_rest(asked));
                self.open_or_prolong(turn, until_ms, Reason::RateLimited)
            }
        }
    }

    fn fail(&self, now_ms: u64, turn: u16, cause: Cause, policy: &CircuitPolicy) -> Option<Change> {
        let reason = self.count(now_ms, turn, true, policy)?;
        self.open(turn, until(now_ms, policy.rest_after(cause, 0)), reason)
    }

    /// Counts an outcome, if it is of the present turn, and says whether it is one too many.
    fn count(
        &self,
        now_ms: u64,
        turn: u16,
        is_failure: bool,
        policy: &CircuitPolicy,
    ) -> Option<Reason> {
        let is_present = || self.load().turn == turn;
        let at = Tick::new(turn, now_ms, millis(policy.window));
        self.window.add(at, is_failure, is_present);
        if !is_failure {
            self.streak.end(turn);
            return None;
        }
        let in_a_row = self.streak.add(turn, is_present)?;
        if policy.is_streak(in_a_row) {
            return Some(Reason::FailuresInARow(in_a_row));
        }
        let (failures, calls) = self.window.sum(at);
        policy.is_share(failures, calls).then_some(Reason::FailureShare { failures, calls })
    }

    /// Opens a circuit that is still in the turn of a call's pass.
    fn open(&self, turn: u16, until_ms: u64, reason: Reason) -> Option<Change> {
        let mut word = self.load();
        while word.turn == turn {
            match self.swap(word, word.turned(Phase::Open, until_ms), reason) {
                Ok(change) => return Some(change),
                Err(moved) => word = moved,
            }
        }
        None
    }

    /// As `open`; and if the circuit opened while this call ran, then it rests for the longest
    /// time that any of those calls was told. That is no transition.
    fn open_or_prolong(&self, turn: u16, until_ms: u64, reason: Reason) -> Option<Change> {
        let opened = self.open(turn, until_ms, reason);
        if opened.is_some() {
            return opened;
        }
        let longer = |bits: u64| {
            let word = Word::unpack(bits);
            let is_next = word.phase == Phase::Open && word.turn == turn.wrapping_add(1);
            let rest = Word { at_ms: until_ms, ..word };
            (is_next && word.at_ms < until_ms).then(|| rest.pack())
        };
        // Refused when it rests long enough, or has gone on.
        let _ = self.word.fetch_update(Relaxed, Relaxed, longer);
        None
    }

    fn note_probe(
        &self,
        now_ms: u64,
        turn: u16,
        outcome: Outcome,
        policy: &CircuitPolicy,
    ) -> Option<Change> {
        let mut word = self.load();
        loop {
            // A probe that was given up for lost and succeeds after all is still a success:
            // else a model that is slower than a probe's life would never come back.
            let is_awaited = word.turn == turn || outcome == Outcome::Success;
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

    /// One transition. Only the thread whose swap it was tells of it.
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
    let open = |rest: Duration| word.turned(Phase::Open, until(now_ms, rest));
    match outcome {
        Outcome::Success => {
            (word.turned(Phase::Closed, 0).with_doublings(0), Reason::ProbeSucceeded)
        }
        Outcome::Failure(cause) => {
            let doublings = word.doublings.saturating_add(1);
            let rest = policy.rest_after(cause, doublings);
            (open(rest).with_doublings(doublings), Reason::ProbeFailed)
        }
        Outcome::Refused(cause, asked) => {
            (open(policy.refused_rest(cause, asked)), Reason::Refused(cause))
        }
        Outcome::RateLimited(Some(asked)) => {
            (open(policy.limited_rest(asked)), Reason::RateLimited)
        }
        Outcome::RateLimited(None) => {
            (open(policy.rest_after(Cause::RateLimit, word.doublings)), Reason::RateLimited)
        }
        Outcome::Neutral => (open(Duration::ZERO), Reason::ProbeReleased),
    }
}

fn until(now_ms: u64, rest: Duration) -> u64 {
    now_ms.saturating_add(millis(rest))
}
