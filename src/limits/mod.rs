//! Limits, as plain numbers: what they belong to and where they are written is for the rooms above.
//! There is one `bucket`, an atomic whose caller says what time it is; `requests` of a model and
//! [`tokens`] a minute of a model, a provider or a key are charged to it. The handle takes from a
//! model's requests; only when there is none left and the caller may wait does a message go to the
//! model's actor, which keeps the queue.

mod actor;
mod bucket;
mod handle;
pub mod in_flight;
mod messages;
mod permit;
mod registry;
mod requests;
mod status;
pub mod tokens;

use std::time::Duration;

pub use handle::{LimiterHandle, Refusal};
pub use permit::Permit;
pub use registry::Limiters;
pub use requests::RequestLimit;
pub use status::{RateLimitStatus, RateLimits};

use in_flight::InFlight;
use tokens::TokenBucket;

/// How much of a model's or a provider's capacity is in use. It belongs to the name, not to the
/// settings: a reload builds a new model around the same capacity, and the limits come with each
/// call.
#[derive(Debug, Default)]
pub struct Capacity {
    pub in_flight: InFlight,
    /// Of the minute.
    pub tokens: TokenBucket,
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
