//! Rate limits. The [`bucket`] is plain state that is told the time; the handle takes from it
//! without asking anybody; only when it is empty and the caller may wait is the model's actor
//! asked, which keeps the queue.

mod actor;
pub mod bucket;
mod handle;
mod messages;
mod permit;
mod registry;

pub use handle::{LimiterHandle, Refusal};
pub use permit::{Permit, Standing};
pub use registry::Limiters;
