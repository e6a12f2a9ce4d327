//! Calls counted for Prometheus. They are counted from their records when these are written, a
//! batch at a time, so a request spends no time on them and no worker waits for another one. All
//! else is read where it stands when somebody asks.
//!
//! What was counted of a model stays when the model is removed: a counter never goes back while the
//! process lives.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::calls::CallTotals;
use crate::domain::invocation::Invocation;

pub struct Metrics {
    calls: Mutex<CallTotals>,
    /// When the process started, in seconds since 1970.
    pub started_at: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { calls: Mutex::default(), started_at: Timestamp::now().as_duration().as_secs_f64() }
    }
}

impl Metrics {
    /// Counts calls that have ended.
    pub fn count<'a>(&self, ended: impl IntoIterator<Item = &'a Invocation>) {
        let mut calls = self.calls();
        for call in ended {
            calls.count(call);
        }
    }

    /// A copy, so that the recorder does not wait until it is written out.
    pub fn totals(&self) -> CallTotals {
        self.calls().clone()
    }

    fn calls(&self) -> MutexGuard<'_, CallTotals> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
