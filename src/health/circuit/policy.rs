//! When a circuit opens and for how long.

use std::time::Duration;

use super::cause::{Cause, Cooldowns};

/// Passed with each call, so that a reload changes it without touching the state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitPolicy {
    /// This many failures in a row open the circuit; 0 counts as 1.
    pub failures: u32,
    /// This share of failures among the calls of the window opens it too, from 0 to 1.
    pub share: f64,
    /// Counted in six slots, so that between five sixths and the whole of the window are covered.
    pub window: Duration,
    /// With fewer calls in the window the share is not evaluated. At most 30,000: a slot counts to
    /// 65,535 and then halves itself.
    pub min_calls: u32,
    /// How long it is open the first time. After a refusal this is also an upper bound on the
    /// upstream's own `Retry-After`: an occasional probe costs nothing, and detects the recovery
    /// earlier.
    pub cooldowns: Cooldowns,
    /// The cooldown after failures doubles with each failed probe, up to this value. A
    /// `Retry-After` is capped to it too, because some upstreams announce weeks and recover in
    /// minutes.
    pub max_cooldown: Duration,
}

impl Default for CircuitPolicy {
    fn default() -> Self {
        Self {
            failures: 5,
            share: 0.5,
            window: Duration::from_secs(30),
            min_calls: 20,
            cooldowns: Cooldowns::default(),
            max_cooldown: Duration::from_secs(300),
        }
    }
}

impl CircuitPolicy {
    pub(super) fn cooldown_after(&self, cause: Cause, failed_probes: u8) -> Duration {
        let factor = 1u32.checked_shl(u32::from(failed_probes)).unwrap_or(u32::MAX);
        self.cooldowns.of(cause).saturating_mul(factor).min(self.max_cooldown)
    }

    pub(super) fn rate_limit_cooldown(&self, requested: Duration) -> Duration {
        requested.min(self.max_cooldown)
    }

    pub(super) fn refusal_cooldown(&self, cause: Cause, requested: Option<Duration>) -> Duration {
        let cooldown = self.cooldowns.of(cause);
        requested.unwrap_or(cooldown).min(cooldown)
    }

    pub(super) fn is_streak(&self, failures: u32) -> bool {
        failures >= self.failures.max(1)
    }

    pub(super) fn is_share(&self, failures: u32, calls: u32) -> bool {
        calls >= self.min_calls && f64::from(failures) >= self.share * f64::from(calls)
    }
}
