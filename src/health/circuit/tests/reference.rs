//! The circuit as one would write it for one thread, with plain fields and a list of all calls.

use std::time::Duration;

use super::super::{Cause, Change, CircuitPolicy, Outcome, PROBE_LIFE, Reason, State};

pub struct Model {
    policy: CircuitPolicy,
    phase: Phase,
    generation: u64,
    failed_probes: u32,
    in_a_row: u32,
    /// Time and whether it failed, of each call since it was last closed.
    calls: Vec<(u64, bool)>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed,
    Open { until_ms: u64 },
    HalfOpen { since_ms: u64 },
}

#[derive(Debug)]
pub enum Admission {
    Closed(Permit),
    Probe(Permit, Change),
    Refused(Duration),
}

#[derive(Debug)]
pub struct Permit {
    generation: u64,
    is_probe: bool,
}

impl Model {
    pub fn new(policy: CircuitPolicy) -> Self {
        let phase = Phase::Closed;
        Self { policy, phase, generation: 0, failed_probes: 0, in_a_row: 0, calls: Vec::new() }
    }

    pub fn wait(&self, now_ms: u64) -> Option<Duration> {
        let (end_ms, most_ms) = match self.phase {
            Phase::Closed => return None,
            Phase::Open { until_ms } => (until_ms, u64::MAX),
            Phase::HalfOpen { since_ms } => (since_ms + PROBE_LIFE.as_millis() as u64, 1000),
        };
        (end_ms > now_ms).then(|| Duration::from_millis((end_ms - now_ms).min(most_ms)))
    }

    pub fn admit(&mut self, now_ms: u64) -> Admission {
        if let Some(wait) = self.wait(now_ms) {
            return Admission::Refused(wait);
        }
        let reason = match self.phase {
            Phase::Closed => {
                return Admission::Closed(Permit { generation: self.generation, is_probe: false });
            }
            Phase::Open { .. } => Reason::CooldownOver,
            Phase::HalfOpen { .. } => Reason::ProbeLost,
        };
        let change = self.go(Phase::HalfOpen { since_ms: now_ms }, reason);
        Admission::Probe(Permit { generation: self.generation, is_probe: true }, change)
    }

    pub fn record(&mut self, now_ms: u64, permit: Permit, outcome: Outcome) -> Option<Change> {
        if permit.is_probe {
            return self.record_probe(now_ms, &permit, outcome);
        }
        let is_current = permit.generation == self.generation;
        let (cooldown, reason) = match outcome {
            Outcome::Refused(cause, requested) => {
                (self.refused(cause, requested), Reason::Refused(cause))
            }
            Outcome::RateLimited(Some(requested)) if requested > Duration::ZERO => {
                (requested.min(self.policy.max_cooldown), Reason::RateLimited)
            }
            Outcome::Success if is_current => {
                self.calls.push((now_ms, false));
                self.in_a_row = 0;
                return None;
            }
            Outcome::Failure(_) | Outcome::RateLimited(_) if is_current => {
                self.calls.push((now_ms, true));
                self.in_a_row += 1;
                (self.cooldown(outcome).min(self.policy.max_cooldown), self.verdict(now_ms)?)
            }
            _ => return None,
        };
        let until_ms = now_ms + cooldown.as_millis() as u64;
        if is_current {
            return Some(self.go(Phase::Open { until_ms }, reason));
        }
        if let Phase::Open { until_ms: longest_ms } = &mut self.phase
            && permit.generation + 1 == self.generation
        {
            *longest_ms = until_ms.max(*longest_ms);
        }
        None
    }

    fn record_probe(&mut self, now_ms: u64, permit: &Permit, outcome: Outcome) -> Option<Change> {
        let Phase::HalfOpen { .. } = self.phase else { return None };
        if outcome == Outcome::Success {
            return Some(self.close(Reason::ProbeSucceeded));
        }
        if permit.generation != self.generation {
            return None;
        }
        self.failed_probes += u32::from(matches!(outcome, Outcome::Failure(_)));
        let doubled = self.cooldown(outcome) * 2u32.pow(self.failed_probes.min(20));
        let (cooldown, reason) = match outcome {
            Outcome::Refused(cause, requested) => {
                (self.refused(cause, requested), Reason::Refused(cause))
            }
            Outcome::RateLimited(Some(requested)) if requested > Duration::ZERO => {
                (requested, Reason::RateLimited)
            }
            Outcome::RateLimited(_) => (doubled, Reason::RateLimited),
            Outcome::Failure(_) => (doubled, Reason::ProbeFailed),
            Outcome::Neutral | Outcome::Success => (Duration::ZERO, Reason::ProbeReleased),
        };
        let limit = if matches!(reason, Reason::Refused(_)) {
            Duration::MAX
        } else {
            self.policy.max_cooldown
        };
        let until_ms = now_ms + cooldown.min(limit).as_millis() as u64;
        Some(self.go(Phase::Open { until_ms }, reason))
    }

    pub fn clear(&mut self) -> Option<Change> {
        match self.phase {
            Phase::Closed => None,
            Phase::Open { .. } | Phase::HalfOpen { .. } => Some(self.close(Reason::Cleared)),
        }
    }

    pub fn state(&self, now_ms: u64) -> State {
        match self.phase {
            Phase::Open { until_ms } if until_ms <= now_ms => State::HalfOpen,
            phase => named(phase),
        }
    }

    pub fn failures(&self) -> u32 {
        self.in_a_row
    }

    fn verdict(&self, now_ms: u64) -> Option<Reason> {
        if self.in_a_row >= self.policy.failures {
            return Some(Reason::FailuresInARow(self.in_a_row));
        }
        let tick = |ms: u64| ms / (self.policy.window.as_millis() as u64 / 6);
        let live = self.calls.iter().filter(|(at_ms, _)| tick(*at_ms) + 6 > tick(now_ms));
        let (calls, failures) =
            live.fold((0, 0), |(all, bad), (_, failed)| (all + 1, bad + u32::from(*failed)));
        let is_enough = calls >= self.policy.min_calls;
        let is_share = f64::from(failures) >= self.policy.share * f64::from(calls);
        (is_enough && is_share).then_some(Reason::FailureShare { failures, calls })
    }

    fn refused(&self, cause: Cause, requested: Option<Duration>) -> Duration {
        let cooldown = self.policy.cooldowns.of(cause);
        requested.map_or(cooldown, |requested| requested.min(cooldown))
    }

    fn cooldown(&self, outcome: Outcome) -> Duration {
        let Outcome::Failure(cause) = outcome else { return self.policy.cooldowns.rate_limit };
        self.policy.cooldowns.of(cause)
    }

    fn close(&mut self, reason: Reason) -> Change {
        self.failed_probes = 0;
        self.go(Phase::Closed, reason)
    }

    fn go(&mut self, to: Phase, reason: Reason) -> Change {
        let change = Change { from: named(self.phase), to: named(to), reason };
        self.phase = to;
        self.generation += 1;
        self.in_a_row = 0;
        self.calls.clear();
        change
    }
}

fn named(phase: Phase) -> State {
    match phase {
        Phase::Closed => State::Closed,
        Phase::Open { until_ms } => State::Open { until: Duration::from_millis(until_ms) },
        Phase::HalfOpen { .. } => State::HalfOpen,
    }
}
