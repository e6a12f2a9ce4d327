//! What is done beside the writing of calls: their sums come into the table every two seconds,
//! those of processes that have ended are added up, and calls of an older table are taken over.

use std::time::Duration;

use log::warn;
use tokio::time::sleep;

use crate::store::StoreError;
use crate::store::call_log::CallLog;
use crate::store::page_cache;
use crate::store::sums;
use crate::store::takeover::next_slice;
use crate::store::writer::WriterHandle;

/// Between two times that sums come into the table.
const FLUSH_INTERVAL: Duration = Duration::from_secs(2);

/// Flushes between two looks for the sums of other processes.
const LOOK_EVERY: u32 = 15;

/// Batches of calls have their turn between two slices.
const PAUSE: Duration = Duration::from_millis(20);

pub struct Upkeep {
    writer: WriterHandle,
    log: CallLog,
    has_failed: bool,
}

impl Upkeep {
    pub fn new(writer: WriterHandle, log: CallLog) -> Self {
        Self { writer, log, has_failed: false }
    }

    /// Until the process ends.
    pub async fn run(mut self) {
        loop {
            let outcome = self.slices().await;
            self.report(outcome);
            let outcome = self.writer.write(page_cache::fit).await;
            self.report(outcome);
            for _ in 0..LOOK_EVERY {
                sleep(FLUSH_INTERVAL).await;
                let outcome = flush(&self.writer, &self.log).await;
                if matches!(outcome, Err(StoreError::WriterStopped)) {
                    return;
                }
                self.report(outcome);
            }
        }
    }

    async fn slices(&self) -> Result<(), StoreError> {
        loop {
            let log = self.log.clone();
            let next = move |connection: &mut _| next_slice(connection, &log);
            if !self.writer.write(next).await? {
                return Ok(());
            }
            sleep(PAUSE).await;
            flush(&self.writer, &self.log).await?;
        }
    }

    /// A failure is logged once, until it works again: nothing is lost, and it is tried again.
    fn report(&mut self, outcome: Result<(), StoreError>) {
        if let Err(error) = &outcome
            && !self.has_failed
        {
            warn!("sums of calls stay in memory, trying on: {error}");
        }
        self.has_failed = outcome.is_err();
    }
}

/// Brings the sums of this process into the table.
///
/// # Errors
/// What SQLite says; they stay in memory then.
pub async fn flush(writer: &WriterHandle, log: &CallLog) -> Result<(), StoreError> {
    if log.unsummed().is_empty() {
        return Ok(());
    }
    let log = log.clone();
    writer.write(move |connection: &mut _| sums::flush(connection, &log)).await
}
