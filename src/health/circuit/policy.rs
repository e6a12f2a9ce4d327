//! When a circuit opens and for how long.

use std::time::Duration;

use super::cause::{Cause, Cooldowns};

/// Brought along with each call, so that a reload changes it without touching the state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitPolicy {
    /// This many failures in a row open the circuit; 0 means 1.
    pub failures: u32,
    /// So does this share of failures among the calls of the window, from 0 to 1.
    pub share: f64,
    /// Counted in six slots, so that between five sixths and the whole of it are looked at.
    pub window: Duration,
    /// Fewer calls than this in the window say nothing about a share. At most 30,000: a slot
    /// counts to 65,535 and then halves itself.
    pub min_calls: u32,
    /// How long it is open the first time. After a refusal this is also the most that an
    /// upstream can ask for: a probe now and then costs nothing, and finds out earlier.
    pub cooldowns: Cooldowns,
    /// The cooldown after failures doubles with each failed probe, up to here. A `Retry-After`
    /// is cut to it too, for some say weeks and come back in minutes.
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
    pub(super) fn rest_after(&self, cause: Cause, failed_probes: u8) -> Duration {
        let factor = 1u32.checked_shl(u32::from(failed_probes)).unwrap_or(u32::MAX);
        self.cooldowns.of(cause).saturating_mul(factor).min(self.max_cooldown)
    }

    pub(super) fn limited_rest(&self, asked: Duration) -> Duration {
        asked.min(self.max_cooldown)
    }

    pub(super) fn refused_rest(&self, cause: Cause, asked: Option<Duration>) -> Duration {
        let cooldown = self.cooldowns.of(cause);
        asked.unwrap_or(cooldown).min(cooldown)
    }

    pub(super) fn is_streak(&self, failures: u32) -> bool {
        failures >= self.failures.max(1)
    }

    pub(super) fn is_share(&self, failures: u32, calls: u32) -> bool {
        calls >= self.min_calls && f64::from(failures) >= self.share * f64::from(calls)
    }
}
