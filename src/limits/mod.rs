//! Limits as plain numbers: their owners and their configuration belong to the rooms above. All
//! limits that can refuse a call are here; `relay/admission.rs` states their order:
//! [`PerMinuteHandle`] for the requests and tokens per minute of a key, [`BudgetInFlight`] for its
//! budget, [`CandidateLimits`] for the model and the provider.
//!
//! A model and a provider have one [`LimitsHandle`] each, which owns all their limits: calls in
//! flight, tokens per minute, requests. Tokens and requests each have a `bucket`, an atomic that
//! takes the time as an argument. Only a request that has to wait sends a message, to the actor that
//! owns the queue.

mod actor;
mod bucket;
mod budget;
mod candidate;
mod handle;
mod in_flight;
mod local;
mod messages;
mod per_minute;
mod permit;
mod queue;
mod requests;
mod status;
mod tokens;

use std::time::Duration;

pub use budget::{Amount, BudgetFull, BudgetInFlight, BudgetLimits};
pub use candidate::{CandidateLimits, CapacityGuard, Owner};
pub use handle::LimitsHandle;
pub use local::{Level, LimitSettings, LimitShare, Refusal};
pub use per_minute::{Counted, PerMinute, PerMinuteHandle, PerMinuteRefusal, PerMinuteShare};
pub use requests::RequestLimit;
pub use status::{RateLimitStatus, RateLimits};

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
