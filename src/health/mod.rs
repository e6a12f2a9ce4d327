//! The health of a model or a provider, measured from its own calls: whether it may be called, and
//! how fast it begins to answer. Everything is an atomic that any worker reads and writes without
//! waiting. The caller passes the time: `now` is always the time since the process's start.
//!
//! Nearly every access is `Relaxed`. Each word is complete in itself, none publishes other memory,
//! and each decision is one compare-and-swap on one word, which sees that word's latest value under
//! any ordering. The one exception, where two words are read against each other, is the circuit's
//! window, which documents its ordering.

use std::time::Duration;

pub mod circuit;
pub mod last_error;
pub mod last_failure;
pub mod latency;

use circuit::Circuit;
use last_error::LastError;
use last_failure::LastFailure;
use latency::Ewma;

/// The health of one model or one provider. It is tied to the name, not to the settings: a reload
/// builds a new model around the same health, and each call passes the current policy.
#[derive(Debug, Default)]
pub struct Health {
    pub circuit: Circuit,
    pub last_failure: LastFailure,
    /// Of a provider.
    pub last_error: LastError,
    /// Time to first token.
    pub ttft: Ewma,
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
