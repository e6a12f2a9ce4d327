//! Deletes what was recorded and is no longer kept, a slice at a time, with batches of calls in
//! between.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use log::{debug, info, warn};
use tokio::time::sleep;

use crate::domain::retention::Retention;
use crate::store::StoreError;
use crate::store::retention::{DOUBT_US, Progress, next_slice};
use crate::store::writer::WriterHandle;

/// What the configuration says now.
pub type RetentionRules = Arc<dyn Fn() -> Retention + Send + Sync>;

/// Between two looks for what is to be deleted.
const INTERVAL: Duration = Duration::from_secs(10);

/// The first look waits for the first calls of a start.
const FIRST: Duration = Duration::from_secs(1);

/// Batches of calls have their turn between two slices.
const PAUSE: Duration = Duration::from_millis(20);

pub struct Keeper {
    writer: WriterHandle,
    rules: RetentionRules,
    /// What the last look found, to log only what has changed.
    last: Progress,
    has_failed: bool,
}

impl Keeper {
    pub fn new(writer: WriterHandle, rules: RetentionRules) -> Self {
        Self { writer, rules, last: Progress::default(), has_failed: false }
    }

    /// Until the process ends.
    pub async fn run(mut self) {
        let mut wait = FIRST;
        loop {
            sleep(std::mem::replace(&mut wait, INTERVAL)).await;
            match self.look().await {
                Ok(found) => {
                    self.has_failed = false;
                    self.report(found);
                }
                Err(StoreError::WriterStopped) => return,
                Err(error) => {
                    if !std::mem::replace(&mut self.has_failed, true) {
                        warn!("what is no longer kept cannot be deleted, trying on: {error}");
                    }
                }
            }
        }
    }

    async fn look(&self) -> Result<Progress, StoreError> {
        let (mut calls, mut apart) = (0, 0);
        loop {
            // A reload may have changed them.
            let rules = (self.rules)();
            let now_us = Timestamp::now().as_microsecond();
            let slice = move |connection: &mut _| next_slice(connection, &rules, now_us);
            let done = self.writer.write(slice).await?;
            calls += done.calls;
            apart += done.apart;
            if !done.is_more {
                return Ok(Progress { calls, apart, ..done });
            }
            sleep(PAUSE).await;
        }
    }

    fn report(&mut self, found: Progress) {
        let Progress { calls, apart, .. } = found;
        if calls > 0 || apart > 0 {
            debug!(calls, apart; "deleted {calls} old calls, and bodies and traces of {apart}");
        }
        if found.is_clock_doubted != self.last.is_clock_doubted {
            let hours = DOUBT_US / 3_600_000_000;
            match found.is_clock_doubted {
                true => warn!(
                    "the clock is more than a day ahead of when a router last ran on this \
                     database: nothing is deleted for its age until it has run on for {hours} hours"
                ),
                false => info!("the clock is believed again: what is too old is deleted"),
            }
        }
        if found.is_too_large && !self.last.is_too_large {
            warn!(
                "the database is larger than `[recording] max_size` although no call is left to \
                 delete: the sums of calls alone take more; raise it"
            );
        }
        self.last = found;
    }
}
