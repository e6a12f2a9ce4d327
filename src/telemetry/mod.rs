//! Traces: each recorded call becomes spans of OpenTelemetry, which are exported in batches over
//! OTLP. Nothing here is on a request's way: spans are made from records when these are packed, and
//! what the collector does not take in time is dropped and counted.
//!
//! Reading order: [`spans`] (which spans a call gives), [`otlp`] (how they are written), [`queue`]
//! (what waits), [`exporter`] (the task that sends), [`handle`] (the way in).

mod exporter;
mod handle;
mod otlp;
mod queue;
mod response_model;
mod shared;
mod spans;

pub use handle::{Spans, Tracing};
