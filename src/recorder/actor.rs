//! The recorder actor: gathers call records and writes them in batches.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, Addr, AsyncContext, Context, Handler, ResponseFuture};
use log::error;
use tokio::sync::mpsc;

use super::batch_loop::BatchLoop;
use super::counters::Counters;
use super::messages::Flush;
use super::packing::{CountUsage, OnTraced, Packing, ReadTexts, Redact};
use super::persist::{Lost, Persister};
use super::retention::{Keeper, RetentionRules};
use super::upkeep::Upkeep;
use crate::domain::invocation::Invocation;
use crate::domain::packed::PackedCall;
use crate::observe::metrics::Metrics;
use crate::store::StoreError;
use crate::store::call_log::CallLog;
use crate::store::writer::WriterHandle;

/// The first record of a batch waits this long for others.
const GATHER: Duration = Duration::from_millis(20);
const MAX_BATCH: usize = 4_000;

/// Packed batches that wait for the writer, beside the one that it writes.
const PACKED: usize = 1;

/// Called on the writer's thread with records that have just been written.
pub type OnWritten = Arc<dyn Fn(&[PackedCall]) + Send + Sync>;

/// What other rooms have to say about records.
pub struct Hooks {
    pub on_written: OnWritten,
    pub count_usage: CountUsage,
    pub redact: Redact,
    pub read_texts: ReadTexts,
    pub on_traced: OnTraced,
    pub retention: RetentionRules,
}

pub struct Recorder {
    counters: Arc<Counters>,
}

impl Recorder {
    pub fn start_with(
        receiver: mpsc::Receiver<Invocation>,
        (writer, log): (WriterHandle, CallLog),
        counters: Arc<Counters>,
        metrics: Arc<Metrics>,
        hooks: Hooks,
    ) -> Addr<Self> {
        let Hooks { on_written, count_usage, redact, read_texts, on_traced, retention } = hooks;
        let packing = Packing::start(count_usage, redact, read_texts, on_traced);
        let keeper = Keeper::new(writer.clone(), retention);
        let batches = BatchLoop { receiver, max_batch: MAX_BATCH, gather: GATHER };
        let upkeep = Upkeep::new(writer.clone(), log.clone());
        let persister = Persister::new(writer, log, "records");
        let mut records =
            RecordWriter { persister, counters: counters.clone(), metrics, on_written };
        Self::create(|context| {
            let (packed, mut ready) = mpsc::channel(PACKED);
            context.spawn(wrap_future(async move {
                batches.run(async |batch| pack(&packing, batch, &packed).await).await;
            }));
            // Batches stay in their order.
            context.spawn(wrap_future(async move {
                while let Some(batch) = ready.recv().await {
                    records.write(batch).await;
                }
            }));
            context.spawn(wrap_future(upkeep.run()));
            context.spawn(wrap_future(keeper.run()));
            Self { counters }
        })
    }
}

/// The next batch is gathered and packed while this one is written.
async fn pack(packing: &Packing, batch: Vec<Invocation>, packed: &mpsc::Sender<Vec<PackedCall>>) {
    let count = batch.len();
    match packing.pack(batch).await {
        // The receiver lives as long as the actor.
        Some(batch) => drop(packed.send(batch).await),
        None => error!("the thread that packs records is gone; {count} records are lost"),
    }
}

impl Actor for Recorder {
    type Context = Context<Self>;
}

impl Handler<Flush> for Recorder {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Flush, _: &mut Self::Context) -> Self::Result {
        let counters = self.counters.clone();
        Box::pin(async move { counters.settled().await })
    }
}

struct RecordWriter {
    persister: Persister<PackedCall>,
    counters: Arc<Counters>,
    metrics: Arc<Metrics>,
    on_written: OnWritten,
}

impl RecordWriter {
    /// Returns when the batch is on disk, or can never be.
    async fn write(&mut self, batch: Vec<PackedCall>) {
        let (counters, metrics) = (&self.counters, &self.metrics);
        metrics.count(batch.iter().map(|record| &record.call));
        let records = batch.len();
        let bytes: usize = batch.iter().map(|record| record.body_bytes).sum();
        let on_failure = |error: &StoreError| {
            counters.failed_writes.fetch_add(1, Ordering::Relaxed);
            counters.set_last_write_error(Some(error.to_string()));
        };
        let on_written = self.on_written.clone();
        let written = move |batch: &[PackedCall]| on_written(batch);
        let aside = match self.persister.write(batch, on_failure, written).await {
            Ok(aside) => aside.len(),
            Err(Lost) => return,
        };
        counters.waiting.fetch_sub(records, Ordering::Relaxed);
        counters.body_bytes.fetch_sub(bytes, Ordering::Relaxed);
        counters.wrote(records - aside.min(records), aside);
    }
}
