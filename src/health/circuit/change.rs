//! Inputs and outputs of a circuit: outcomes of calls, states, transitions and their reasons.

use std::fmt;
use std::time::Duration;

use super::cause::Cause;

/// How a call ended, as far as it concerns the upstream's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// No connection, a deadline passed, 408, 409, 5xx, a broken body.
    Failure(Cause),
    /// A refused key, account or model name, which the next call would meet as well. It opens the
    /// circuit at once, for the cause's cooldown or the upstream's `Retry-After` if that is
    /// shorter. For a provider with several keys it is reported only when every key is cooling
    /// down.
    Refused(Cause, Option<Duration>),
    /// Status 429. With a `Retry-After` the circuit opens until then: that is no failure, does not
    /// lengthen a cooldown and is counted nowhere. Without one (or with 0) the time is unknown, and
    /// it counts like any failure, except that after a probe the cooldown does not double, because
    /// the upstream does answer.
    RateLimited(Option<Duration>),
    /// A mistake of the caller, or a caller that left: no information about the upstream.
    Neutral,
}

/// The state of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Closed,
    /// Until that time since the process's start.
    Open {
        until: Duration,
    },
    /// The cooldown is over: one call probes, or the next one will.
    HalfOpen,
}

/// One transition. It is returned exactly once, to the thread that caused it. Two threads may log
/// their transitions in either order; `Circuit::state` is authoritative.
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
    /// The first call after a cooldown was admitted.
    CooldownOver,
    /// The probe did not report within `PROBE_LIFE`, so another call was admitted.
    ProbeLost,
    ProbeSucceeded,
    ProbeFailed,
    /// The probe ended without an outcome; the next call is the probe.
    ProbeReleased,
    /// Closed by hand.
    Cleared,
}

impl State {
    /// The usual name of the state.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// As the end of a sentence about a model or a provider, for the log.
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
            Self::CooldownOver => out.write_str("the cooldown is over"),
            Self::ProbeLost => out.write_str("the last probe never reported an outcome"),
            Self::ProbeSucceeded => out.write_str("the probe succeeded"),
            Self::ProbeFailed => out.write_str("the probe failed"),
            Self::ProbeReleased => out.write_str("the probe ended without an outcome"),
            Self::Cleared => out.write_str("by hand"),
        }
    }
}
