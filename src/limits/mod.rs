//! Limits, as plain numbers: what they belong to and where they are written is for the rooms above.
//! All that can refuse a call for its limits is here; `relay/admission.rs` states the order:
//! [`PerMinuteHandle`] for the requests and tokens a minute of a key, [`BudgetInFlight`] for its
//! budget, [`CandidateLimits`] for the model and the provider.
//!
//! A model and
//! a provider have one [`LimitsHandle`] each, which owns all their limits: calls in flight, tokens a
//! minute, requests. The two last are charged to one `bucket`, an atomic that is given the time.
//! Only a request that has to wait sends a message: to the model's actor, which keeps the queue.

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
pub use local::{LimitSettings, LimitShare, Refusal};
pub use per_minute::{Counted, PerMinute, PerMinuteHandle, PerMinuteRefusal, PerMinuteShare};
pub use requests::RequestLimit;
pub use status::{RateLimitStatus, RateLimits};

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
