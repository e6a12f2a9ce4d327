//! What the router tells of itself: its log and its metrics.

pub mod log;
pub mod metrics;
