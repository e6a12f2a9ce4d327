//! How a model or a provider is doing, as far as its own calls tell: may it be called, how fast
//! does it begin to answer, how many calls are on their way, how many tokens are left. All of it
//! is atomics that any worker reads and writes without waiting, and none of it knows a time but
//! what it is told: `now` is always the time since the process's start.
//!
//! Nearly everything here is ordered `Relaxed`. Each word says all there is to say by itself, none
//! of them publishes other memory, and each decision is one compare-and-swap on one word, which
//! sees that word's latest value under any ordering. The one exception, where two words are read
//! against each other, is the circuit's tally, and says so.

use std::time::Duration;

pub mod circuit;
pub mod gauge;
pub mod last_failure;
pub mod tokens;

use circuit::Circuit;
use gauge::{Ewma, InFlight};
use last_failure::LastFailure;
use tokens::TokenBucket;

/// The vitals of one model or one provider. They belong to its name, not to its settings: a
/// reload builds a new model around the same vitals, and brings limits and policy with each call.
#[derive(Debug, Default)]
pub struct Health {
    pub circuit: Circuit,
    pub last_failure: LastFailure,
    /// Time to first token.
    pub ttft: Ewma,
    pub in_flight: InFlight,
    pub tokens: TokenBucket,
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
