//! The way to the exporter.

use std::sync::Arc;
use std::time::Duration;

use log::warn;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::exporter::Exporter;
use super::shared::Shared;
use super::spans::encode;
use crate::catalog::telemetry::Telemetry;
use crate::domain::invocation::Invocation;

/// The running exporter. It ends with [`Tracing::flush`].
pub struct Tracing {
    spans: Spans,
    task: JoinHandle<()>,
}

impl Tracing {
    /// Starts on the present thread, whose system must be running.
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let task = actix::spawn(Exporter::new(shared.clone()).run());
        Self { spans: Spans(shared), task }
    }

    pub fn spans(&self) -> Spans {
        self.spans.clone()
    }

    /// Sends what waits, and ends the exporter; after `bound` in any case.
    ///
    /// # Cancel safety
    /// Dropping it leaves the exporter at its end.
    pub async fn flush(mut self, bound: Duration) {
        let Spans(shared) = &self.spans;
        shared.closing.send_replace(true);
        if timeout(bound, &mut self.task).await.is_err() {
            self.task.abort();
            let dropped = shared.queue.clear();
            shared.dropped.add(dropped);
            warn!("the collector is too slow: spans of the last calls were not exported");
        }
    }
}

/// Takes the spans of calls.
#[derive(Clone)]
pub struct Spans(Arc<Shared>);

impl Spans {
    /// Applied at once, to what waits as well.
    pub fn configure(&self, telemetry: Option<&Arc<Telemetry>>) {
        self.0.settings.send_if_modified(|present| {
            let is_other = present.as_ref() != telemetry;
            if is_other {
                *present = telemetry.cloned();
            }
            is_other
        });
    }

    /// What became of spans.
    pub fn counted(&self) -> [(&'static str, u64); 3] {
        let Shared { exported, rejected, dropped, .. } = &*self.0;
        [("exported", exported), ("rejected", rejected), ("dropped", dropped)]
            .map(|(outcome, count)| (outcome, count.get()))
    }

    /// The spans of a call that has ended, before its record is packed. Never waits.
    pub fn offer(&self, call: &Invocation) {
        let Self(shared) = self;
        if shared.settings.borrow().is_none() {
            return;
        }
        let Some(spans) = encode(call) else { return };
        let count = u64::from(spans.spans);
        if !shared.queue.push(spans) {
            shared.dropped.add(count);
        }
    }
}
