//! Limits, as plain numbers: what they belong to and where they are written is for the rooms above.
//! The [`bucket`] is plain state whose caller says what time it is. The handle takes from it as
//! from an atomic; only when it is empty and the caller may wait does a message go to the model's
//! actor, which keeps the queue.

mod actor;
pub mod bucket;
mod handle;
mod messages;
mod permit;
mod registry;
mod status;

pub use bucket::RequestLimit;
pub use handle::{LimiterHandle, Refusal};
pub use permit::Permit;
pub use registry::Limiters;
pub use status::{RateLimitStatus, RateLimits};
