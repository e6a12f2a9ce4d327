//! The task that sends: one batch after the other, each tried again for a while. It waits for the
//! collector; nobody waits for it, until the stop.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use log::{info, warn};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::otlp::{rejected, request};
use super::queue::SpanQueue;
use super::shared::Shared;
use super::spans::Encoded;
use crate::catalog::telemetry::Telemetry;
use crate::providers::{Collector, NotTaken};

/// The first spans of a batch wait this long for others.
const GATHER: Duration = Duration::from_secs(1);

/// After the first failure; doubled after each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// A collector may ask for more than the longest backoff, but not for ever.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// About two minutes, after which a batch is dropped, which may be the reason for the failures.
const MAX_TRIES: u32 = 8;

pub struct Exporter {
    shared: Arc<Shared>,
    settings: watch::Receiver<Option<Arc<Telemetry>>>,
    closing: watch::Receiver<bool>,
    /// Taken from the queue and not exported yet.
    unsent: Option<Unsent>,
    state: State,
}

struct Unsent {
    batch: Encoded,
    tries: u32,
}

/// What the log was told last.
#[derive(Default)]
struct State {
    /// In a row.
    failures: u32,
    is_rejecting: bool,
    /// Spans dropped before the first failure.
    dropped_before: u64,
}

/// Why the exporter stopped sending to a collector.
enum Interrupted {
    Reconfigured,
    Closing,
}

impl Exporter {
    pub fn new(shared: Arc<Shared>) -> Self {
        let (settings, closing) = (shared.settings.subscribe(), shared.closing.subscribe());
        Self { shared, settings, closing, unsent: None, state: State::default() }
    }

    /// Until the stop.
    ///
    /// # Cancel safety
    /// Dropping it loses the batch that is being sent.
    pub async fn run(mut self) {
        loop {
            let telemetry = self.settings.borrow_and_update().clone();
            self.state = State::default();
            let interrupted = match telemetry {
                Some(telemetry) => self.export_to(&telemetry).await,
                None => self.idle().await,
            };
            if let Interrupted::Closing = interrupted {
                return;
            }
        }
    }

    /// No traces are exported, or they cannot be.
    async fn idle(&mut self) -> Interrupted {
        let unsent = self.unsent.take().map_or(0, |unsent| u64::from(unsent.batch.spans));
        self.shared.dropped.add(unsent + self.shared.queue.clear());
        interrupted(&mut self.settings, &mut self.closing).await
    }

    async fn export_to(&mut self, telemetry: &Telemetry) -> Interrupted {
        let endpoint = telemetry.section.endpoint.host_str().unwrap_or_default().to_owned();
        let collector = match Collector::new(telemetry) {
            Ok(collector) => collector,
            Err(reason) => {
                warn!("no traces are exported to `{endpoint}`: {reason}");
                return self.idle().await;
            }
        };
        info!("traces are exported to `{endpoint}`");
        loop {
            let unsent = match self.unsent.take() {
                Some(unsent) => unsent,
                None => {
                    let queue = &self.shared.queue;
                    let batch = tokio::select! {
                        biased;
                        it = interrupted(&mut self.settings, &mut self.closing) => Err(it),
                        batch = gathered(queue) => Ok(batch),
                    };
                    match batch {
                        Ok(batch) => Unsent { batch, tries: 0 },
                        Err(Interrupted::Closing) => {
                            return self.drain(&collector, telemetry).await;
                        }
                        Err(reconfigured) => return reconfigured,
                    }
                }
            };
            let body = body(telemetry, &unsent.batch).await;
            let spans = u64::from(unsent.batch.spans);
            self.unsent = Some(unsent);
            let sent = tokio::select! {
                sent = collector.export(body) => sent,
                changed = self.settings.changed() => match changed {
                    Ok(()) => return Interrupted::Reconfigured,
                    Err(_) => return Interrupted::Closing,
                },
            };
            match sent {
                Ok(answer) => {
                    self.unsent = None;
                    self.exported(spans, &answer, telemetry);
                }
                Err(not_taken) => {
                    let wait = self.failed(&not_taken, &endpoint);
                    let it = tokio::select! {
                        it = interrupted(&mut self.settings, &mut self.closing) => it,
                        () = sleep(wait) => continue,
                    };
                    match it {
                        Interrupted::Closing => return self.drain(&collector, telemetry).await,
                        Interrupted::Reconfigured => return it,
                    }
                }
            }
        }
    }

    fn exported(&mut self, spans: u64, answer: &[u8], telemetry: &Telemetry) {
        let rejected = rejected(answer);
        let refused = rejected.spans.min(spans);
        self.shared.exported.add(spans - refused);
        self.shared.rejected.add(refused);
        if self.state.failures > 0 {
            let dropped = self.shared.dropped.get().saturating_sub(self.state.dropped_before);
            info!("traces are exported again; {dropped} spans were dropped meanwhile");
        }
        self.state.failures = 0;
        if refused > 0 && !self.state.is_rejecting {
            let headers = telemetry.section.headers.iter();
            let said = headers.fold(rejected.message, |text, (_, value)| value.redact_in(&text));
            warn!("the collector rejects spans, {refused} of {spans}: {said}");
        }
        self.state.is_rejecting = refused > 0;
    }

    /// Returns the wait before the next try.
    fn failed(&mut self, not_taken: &NotTaken, endpoint: &str) -> Duration {
        if self.state.failures == 0 {
            self.state.dropped_before = self.shared.dropped.get();
            warn!("traces cannot be exported to `{endpoint}`, trying on: {not_taken}");
        }
        self.state.failures = self.state.failures.saturating_add(1);
        if let Some(mut unsent) = self.unsent.take() {
            unsent.tries += 1;
            if not_taken.may_retry && unsent.tries < MAX_TRIES {
                self.unsent = Some(unsent);
            } else {
                self.shared.dropped.add(u64::from(unsent.batch.spans));
            }
        }
        let asked = not_taken.retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        backoff(self.state.failures).max(asked)
    }

    /// What waits is sent once. The first failure ends it: the stop does not wait for a collector
    /// that is not there.
    async fn drain(&mut self, collector: &Collector, telemetry: &Telemetry) -> Interrupted {
        let queue = &self.shared.queue;
        while let Some(batch) =
            self.unsent.take().map(|unsent| unsent.batch).or_else(|| queue.take())
        {
            let spans = u64::from(batch.spans);
            match collector.export(body(telemetry, &batch).await).await {
                Ok(answer) => {
                    let refused = rejected(&answer).spans.min(spans);
                    self.shared.exported.add(spans - refused);
                    self.shared.rejected.add(refused);
                }
                Err(not_taken) => {
                    let dropped = spans + queue.clear();
                    self.shared.dropped.add(dropped);
                    warn!("{dropped} spans of the last calls were not exported: {not_taken}");
                }
            }
        }
        Interrupted::Closing
    }
}

/// Waits for another configuration, or for the stop.
async fn interrupted(
    settings: &mut watch::Receiver<Option<Arc<Telemetry>>>,
    closing: &mut watch::Receiver<bool>,
) -> Interrupted {
    tokio::select! {
        biased;
        _ = closing.wait_for(|is_closing| *is_closing) => Interrupted::Closing,
        changed = settings.changed() => match changed {
            Ok(()) => Interrupted::Reconfigured,
            Err(_) => Interrupted::Closing,
        },
    }
}

/// The next batch, once it is whole or old enough.
///
/// # Cancel safety
/// Nothing is taken before it is ready.
async fn gathered(queue: &SpanQueue) -> Encoded {
    loop {
        if queue.is_empty() {
            queue.arrived.notified().await;
            continue;
        }
        if !queue.has_batch() {
            tokio::select! {
                () = queue.is_full.notified() => {}
                () = sleep(GATHER) => {}
            }
        }
        if let Some(batch) = queue.take() {
            return batch;
        }
    }
}

async fn body(telemetry: &Telemetry, batch: &Encoded) -> Bytes {
    let written = request(&telemetry.section.service_name, &batch.json);
    if !telemetry.section.is_compressed {
        return written.into();
    }
    spawn_blocking(move || gzip(&written)).await.unwrap_or_default().into()
}

fn gzip(written: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(written);
    encoder.finish().unwrap_or_default()
}

/// Exponential, with jitter.
fn backoff(failures: u32) -> Duration {
    let doubled = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let wait = FIRST_BACKOFF.saturating_mul(doubled).min(LONGEST_BACKOFF);
    wait.mul_f64(0.75 + fastrand::f64() / 4.0)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_backoff_grows_up_to_its_bound() {
        for (failures, longest) in [(1, 500), (2, 1_000), (7, 30_000), (1_000, 30_000)] {
            let longest = Duration::from_millis(longest);
            let wait = backoff(failures);
            assert!(wait <= longest && wait >= longest.mul_f64(0.75), "{failures}: {wait:?}");
        }
    }

    #[test]
    fn a_compressed_body_is_the_body() {
        let written = b"{\"resourceSpans\":[]}".repeat(100);
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&*gzip(&written)).read_to_end(&mut text).unwrap();
        assert_eq!(text, written);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_is_gathered_unless_it_is_a_batch_already() {
        let queue = SpanQueue::default();
        let call = |bytes: usize| Encoded { json: vec![b'x'; bytes], spans: 1 };
        queue.push(call(600 * 1024));
        queue.push(call(10));
        let began = tokio::time::Instant::now();
        assert_eq!(gathered(&queue).await.spans, 1);
        assert!(began.elapsed() < GATHER);
        queue.push(call(10));
        assert_eq!(gathered(&queue).await.spans, 2);
        assert!(began.elapsed() <= GATHER);
    }
}
