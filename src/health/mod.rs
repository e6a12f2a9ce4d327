//! How a model or a provider is doing, as far as its own calls tell: may it be called, and how fast
//! does it begin to answer. All of it is atomics that any worker reads and writes without waiting.
//! The caller says what time it is: `now` is always the time since the process's start.
//!
//! Nearly everything here is ordered `Relaxed`. Each word says all there is to say by itself, none
//! of them publishes other memory, and each decision is one compare-and-swap on one word, which
//! sees that word's latest value under any ordering. The one exception, where two words are read
//! against each other, is the circuit's window, and says so.

use std::time::Duration;

pub mod circuit;
pub mod last_failure;
pub mod latency;

use circuit::Circuit;
use last_failure::LastFailure;
use latency::Ewma;

/// The health of one model or one provider. It belongs to its name, not to its settings: a
/// reload builds a new model around the same health, and brings its policy with each call.
#[derive(Debug, Default)]
pub struct Health {
    pub circuit: Circuit,
    pub last_failure: LastFailure,
    /// Time to first token.
    pub ttft: Ewma,
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
