//! When a circuit opens and for how long.

use std::time::Duration;

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
    /// The first time the circuit is open.
    pub rest: Duration,
    /// The rest doubles with each failed probe, up to here. A `Retry-After` is cut to it too,
    /// for some say weeks and come back in minutes.
    pub max_rest: Duration,
    /// After a refused key, an unpaid bill or a spent quota. Also the most that an upstream can
    /// ask for in such a case: one probe in ten minutes costs nothing, and finds out earlier.
    pub billing_rest: Duration,
}

impl Default for CircuitPolicy {
    fn default() -> Self {
        Self {
            failures: 5,
            share: 0.5,
            window: Duration::from_secs(30),
            min_calls: 20,
            rest: Duration::from_secs(10),
            max_rest: Duration::from_secs(300),
            billing_rest: Duration::from_secs(600),
        }
    }
}

impl CircuitPolicy {
    pub(super) fn rest_after(&self, failed_probes: u8) -> Duration {
        let factor = 1u32.checked_shl(u32::from(failed_probes)).unwrap_or(u32::MAX);
        self.rest.saturating_mul(factor).min(self.max_rest)
    }

    pub(super) fn limited_rest(&self, asked: Duration) -> Duration {
        asked.min(self.max_rest)
    }

    pub(super) fn hopeless_rest(&self, asked: Option<Duration>) -> Duration {
        asked.unwrap_or(self.billing_rest).min(self.billing_rest)
    }

    pub(super) fn is_streak(&self, failures: u32) -> bool {
        failures >= self.failures.max(1)
    }

    pub(super) fn is_share(&self, failures: u32, calls: u32) -> bool {
        calls >= self.min_calls && f64::from(failures) >= self.share * f64::from(calls)
    }
}
