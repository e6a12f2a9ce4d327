//! Observability: the log and the metrics.
//!
//! [`metrics`] counts calls by their records; [`families`] lists all that is exported, and [`page`]
//! writes it in Prometheus' text format.

pub mod calls;
pub mod descriptors;
pub mod families;
pub mod histogram;
pub mod log;
pub mod metrics;
mod operations;
pub mod page;
