//! What the router is doing: health, metrics, events, recorded calls, calls under way.

pub mod events;
pub mod export;
pub mod filters;
pub mod health;
pub mod in_flight;
pub mod invocations;
pub mod live;
pub mod metrics;
pub mod params;
pub mod reports;
