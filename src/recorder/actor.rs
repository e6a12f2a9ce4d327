//! The recorder actor: gathers, and brings batches to the disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, ResponseFuture, WrapFuture};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::counters::Counters;
use super::messages::Flush;
use super::persist::{Lost, Persister};
use crate::domain::invocation::Invocation;
use crate::observe::metrics::Metrics;
use crate::store::writer::WriterHandle;

/// The first record of a batch waits this long for others.
const GATHER: Duration = Duration::from_millis(20);
const MAX_BATCH: usize = 500;

/// Called on the writer's thread with records that have just come to the disk.
pub type OnWritten = Arc<dyn Fn(&[Invocation]) + Send + Sync>;

pub struct Recorder {
    /// Gone once the gathering has begun.
    books: Option<Books>,
    counters: Arc<Counters>,
}

struct Books {
    receiver: mpsc::Receiver<Invocation>,
    persister: Persister,
    counters: Arc<Counters>,
    metrics: Arc<Metrics>,
    on_written: OnWritten,
}

impl Recorder {
    pub fn new(
        receiver: mpsc::Receiver<Invocation>,
        writer: WriterHandle,
        counters: Arc<Counters>,
        metrics: Arc<Metrics>,
        on_written: OnWritten,
    ) -> Self {
        let persister = Persister::new(writer, "records");
        let counters_too = counters.clone();
        let books = Books { receiver, persister, counters: counters_too, metrics, on_written };
        Self { books: Some(books), counters }
    }
}

impl Actor for Recorder {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        if let Some(books) = self.books.take() {
            context.spawn(books.keep().into_actor(self));
        }
    }
}

impl Handler<Flush> for Recorder {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Flush, _: &mut Self::Context) -> Self::Result {
        let counters = self.counters.clone();
        Box::pin(async move { counters.settled().await })
    }
}

impl Books {
    async fn keep(mut self) {
        loop {
            let mut batch = Vec::new();
            if self.receiver.recv_many(&mut batch, MAX_BATCH).await == 0 {
                return;
            }
            if batch.len() < MAX_BATCH {
                sleep(GATHER).await;
                while batch.len() < MAX_BATCH
                    && let Ok(record) = self.receiver.try_recv()
                {
                    batch.push(record);
                }
            }
            for record in &batch {
                self.metrics.count(record);
            }
            self.write(batch).await;
        }
    }

    /// Returns when the batch is on disk.
    async fn write(&mut self, batch: Vec<Invocation>) {
        let records = batch.len();
        let bytes: usize = batch.iter().map(Invocation::body_bytes).sum();
        let (counters, metrics) = (&self.counters, &self.metrics);
        let on_failure = |error: &crate::store::StoreError| {
            metrics.records_failed_writes.inc();
            counters.set_trouble(Some(error.to_string()));
        };
        let on_written = self.on_written.clone();
        let written = move |batch: &[Invocation]| on_written(batch);
        let aside = match self.persister.write(batch, on_failure, written).await {
            Ok(aside) => aside.len(),
            Err(Lost) => return,
        };
        counters.waiting.fetch_sub(records, Ordering::Relaxed);
        counters.body_bytes.fetch_sub(bytes, Ordering::Relaxed);
        metrics.records_set_aside.inc_by(u64::try_from(aside).unwrap_or(u64::MAX));
        counters.wrote(records - aside.min(records), aside);
        metrics.records_pending.set(i64::try_from(counters.pending()).unwrap_or(i64::MAX));
    }
}
