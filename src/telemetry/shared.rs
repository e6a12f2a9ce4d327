//! What the exporter and those who give it spans share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use super::queue::SpanQueue;
use crate::catalog::telemetry::Telemetry;

#[derive(Default)]
pub struct Shared {
    pub queue: SpanQueue,
    pub settings: watch::Sender<Option<Arc<Telemetry>>>,
    pub closing: watch::Sender<bool>,
    pub exported: Count,
    /// By the collector, which took the rest of the batch.
    pub rejected: Count,
    /// The queue was full, or the collector did not take them.
    pub dropped: Count,
}

/// Of spans.
#[derive(Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, spans: u64) {
        self.0.fetch_add(spans, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
