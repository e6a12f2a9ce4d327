//! What the router is doing: health, metrics, events, recorded calls.

pub mod events;
pub mod filters;
pub mod health;
pub mod invocations;
pub mod metrics;
pub mod params;
pub mod reports;
