//! Writes batches to the database: retries each until it is written, and sets aside the rows that
//! the database refuses for good.

use std::sync::Arc;
use std::time::Duration;

use log::{error, info};
use tokio::time::sleep;

use crate::store::StoreError;
use crate::store::batches::{Batched, SetAside};
use crate::store::writer::WriterHandle;

/// The wait between two tries to write, doubled each time up to the second number.
const RETRY: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);

/// After so many refusals of a whole batch its rows are written one by one.
const TRIES_AS_A_WHOLE: u32 = 3;

pub struct Persister<T: Batched> {
    writer: WriterHandle,
    sink: T::Sink,
    /// Of the last batch.
    sequence: i64,
    /// `records`, `events`: for the log.
    what: &'static str,
}

/// The database writer has stopped, and the batch with it.
pub struct Lost;

impl<T: Batched + Send + Sync + 'static> Persister<T> {
    pub fn new(writer: WriterHandle, sink: T::Sink, what: &'static str) -> Self {
        Self { writer, sink, sequence: 0, what }
    }

    pub fn writer(&self) -> &WriterHandle {
        &self.writer
    }

    /// Returns when the batch is on disk, with the rows that were set aside. `on_failure` is called
    /// with the error of each failed try; `written` is called on the writer's thread with what is on disk.
    ///
    /// # Errors
    /// When it can never be written.
    ///
    /// # Cancel safety
    /// A batch that the writer has begun is written.
    pub async fn write(
        &mut self,
        batch: Vec<T>,
        mut on_failure: impl FnMut(&StoreError),
        written: impl FnOnce(&[T]) + Clone + Send + 'static,
    ) -> Result<Vec<SetAside>, Lost> {
        self.sequence += 1;
        let (what, count) = (self.what, batch.len());
        let batch: Arc<[T]> = batch.into();
        let mut wait = RETRY;
        let (mut failures, mut refusals) = (0u32, 0u32);
        loop {
            let singly = refusals >= TRIES_AS_A_WHOLE;
            let (sink, batch) = (self.sink.clone(), batch.clone());
            let outcome =
                self.writer.write_batch(sink, self.sequence, batch, singly, written.clone());
            let error = match outcome.await {
                Ok(aside) => {
                    if failures > 0 {
                        info!("{what} are written again after {failures} failed tries");
                    }
                    for SetAside { reference, reason } in &aside {
                        error!(
                            "the database refuses one of the {what}, which was set aside in the \
                             table `set_aside`: `{reference}`: {reason}"
                        );
                    }
                    return Ok(aside);
                }
                Err(StoreError::WriterStopped) => {
                    error!("the database writer is gone; {count} {what} are lost");
                    return Err(Lost);
                }
                Err(error) => error,
            };
            failures += 1;
            if error.is_of_the_row() {
                refusals += 1;
            }
            if failures == 1 {
                error!("{count} {what} could not be written, trying on: {error}");
            }
            on_failure(&error);
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }
}
