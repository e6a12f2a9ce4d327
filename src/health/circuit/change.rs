//! What is told to a circuit and what it tells.

use std::fmt;
use std::time::Duration;

use super::cause::Cause;

/// How a call ended, as far as it speaks of the upstream's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// No connection, a deadline passed, 408, 409, 5xx, a broken body.
    Failure(Cause),
    /// The key, the account, the model's name: what the next call would meet as well. It opens
    /// the circuit at once, for the cause's cooldown, or for the time that was told if that is
    /// shorter. A provider with several keys, only when none is awake.
    Refused(Cause, Option<Duration>),
    /// Status 429. With a `Retry-After` the circuit rests until then: that is no failure, makes
    /// no rest longer and counts nowhere. Without one (or with 0) nobody knows how long, and it
    /// counts like any failure, except that after a probe the rest does not double: somebody is
    /// there.
    RateLimited(Option<Duration>),
    /// The caller's own mistake, or a caller who left: it says nothing about the upstream.
    Neutral,
}

/// Where a circuit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Closed,
    /// Until that time since the process's start.
    Open {
        until: Duration,
    },
    /// The rest is over: one call probes, or the next one will.
    HalfOpen,
}

/// One transition. Whoever brought it about gets it, and nobody else. Two threads may write two
/// of them to a log in either order; what holds now is `Circuit::state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub from: State,
    pub to: State,
    pub reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    FailuresInARow(u32),
    FailureShare {
        failures: u32,
        calls: u32,
    },
    Refused(Cause),
    RateLimited,
    /// The first call after a rest was let in.
    RestOver,
    /// The probe was not heard of for so long that another call was let in.
    ProbeLost,
    ProbeSucceeded,
    ProbeFailed,
    /// The probe ended without saying anything; the next call is the probe.
    ProbeReleased,
    /// Somebody closed it by hand.
    Cleared,
}

impl State {
    /// The field's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// As the rest of a sentence about a model or a provider, for the log.
impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = match self.to {
            State::Closed => "is called again (circuit closed)",
            State::Open { .. } => "is cooling down (circuit open)",
            State::HalfOpen => "is probed with one call (circuit half-open)",
        };
        write!(out, "{now}: {}", self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailuresInARow(count) => write!(out, "{count} failures in a row"),
            Self::FailureShare { failures, calls } => {
                write!(out, "{failures} of the last {calls} calls failed")
            }
            Self::Refused(cause) => cause.fmt(out),
            Self::RateLimited => out.write_str("rate-limited by the provider"),
            Self::RestOver => out.write_str("the cooldown is over"),
            Self::ProbeLost => out.write_str("the last probe never reported an outcome"),
            Self::ProbeSucceeded => out.write_str("the probe succeeded"),
            Self::ProbeFailed => out.write_str("the probe failed"),
            Self::ProbeReleased => out.write_str("the probe ended without an outcome"),
            Self::Cleared => out.write_str("by hand"),
        }
    }
}
