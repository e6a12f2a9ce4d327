//! The recorder actor: gathers, commits, and tries again until it is written.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, ResponseFuture, WrapFuture};
use log::{error, info};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::counters::Counters;
use super::messages::Flush;
use crate::domain::invocation::Invocation;
use crate::observe::metrics::Metrics;
use crate::store::writer::{Unwritten, WriterHandle};

/// The first record of a batch waits this long for others.
const GATHER: Duration = Duration::from_millis(20);
const MAX_BATCH: usize = 500;

/// Between two tries to write, growing to the second number.
const RETRY: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);

pub struct Recorder {
    /// Gone once the gathering has begun.
    books: Option<Books>,
    counters: Arc<Counters>,
}

struct Books {
    receiver: mpsc::Receiver<Invocation>,
    writer: WriterHandle,
    counters: Arc<Counters>,
    metrics: Arc<Metrics>,
}

impl Recorder {
    pub fn new(
        receiver: mpsc::Receiver<Invocation>,
        writer: WriterHandle,
        counters: Arc<Counters>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let books = Books { receiver, writer, counters: counters.clone(), metrics };
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
    async fn write(&self, mut batch: Vec<Invocation>) {
        let records = batch.len();
        let bytes: usize = batch.iter().map(Invocation::body_bytes).sum();
        let mut wait = RETRY;
        let mut failures = 0u32;
        while let Err(Unwritten { batch: unwritten, error }) = self.writer.commit(batch).await {
            failures += 1;
            self.metrics.records_failed_writes.inc();
            self.counters.set_trouble(Some(error.to_string()));
            if failures == 1 {
                error!(records; "{records} records could not be written, trying on: {error}");
            }
            if unwritten.is_empty() {
                error!("the database writer is gone; {records} records are lost");
                return;
            }
            batch = unwritten;
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
        if failures > 0 {
            info!("records are written again after {failures} failed tries");
        }
        self.counters.body_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.counters.wrote(records);
        let pending = self.counters.accepted().saturating_sub(self.counters.written());
        self.metrics.records_pending.set(i64::try_from(pending).unwrap_or(i64::MAX));
    }
}
