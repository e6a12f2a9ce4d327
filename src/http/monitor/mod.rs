//! What the router is doing: health, metrics, events, recorded calls, calls under way.

mod cursor;
pub mod events;
pub mod export;
pub mod facets;
pub mod filters;
pub mod health;
pub mod in_flight;
pub mod invocation_detail;
pub mod invocation_view;
pub mod invocations;
pub mod live;
pub mod metrics;
pub mod params;
pub mod reports;
mod transcript;
