//! The way to the recorder: a slot for each call, and what was written.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::Addr;
use log::warn;
use tokio::sync::mpsc;

use super::actor::{Hooks, Recorder};
use super::counters::{Counters, RecordFigures};
use super::messages::Flush;
use super::upkeep;
use crate::domain::failure::Failure;
use crate::domain::invocation::{DROPPED_FOR_MEMORY, Invocation};
use crate::observe::metrics::Metrics;
use crate::store::call_log::CallLog;
use crate::store::repricing::{self, Repriced, Repricing, Slice};
use crate::store::writer::WriterHandle;
use crate::store::{StoreError, checkpoint};

/// Calls whose record is not on disk. Beyond it new calls wait, then are refused.
const CAPACITY: usize = 16_384;

/// How long a call waits for a slot.
const SLOT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bodies stay in the buffers that the network was read into, which may be a hundred times as
/// large. Those up to this size are copied out at once, so that the buffer serves the next request
/// while it is in the processor's caches.
const SMALL: usize = 8 * 1024;

/// From so many waiting records on, all are.
const COMPACT_FROM: usize = 500;

/// Bodies beyond this many waiting bytes are left out; the rows are kept and say so.
const MAX_BODY_BYTES: usize = 128 * 1024 * 1024;

#[derive(Clone)]
pub struct RecorderHandle {
    sender: mpsc::Sender<Invocation>,
    counters: Arc<Counters>,
    address: Arc<Addr<Recorder>>,
    writer: WriterHandle,
    log: CallLog,
}

impl RecorderHandle {
    pub fn start(writer: WriterHandle, metrics: Arc<Metrics>, hooks: Hooks) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let counters = Arc::new(Counters::new());
        let log = CallLog::default();
        let address = Recorder::start_with(
            receiver,
            (writer.clone(), log.clone()),
            counters.clone(),
            metrics,
            hooks,
        );
        Self { sender, counters, address: Arc::new(address), writer, log }
    }

    /// A slot for the record of a call that is about to be made.
    ///
    /// # Errors
    /// When records have not been written for so long that none is free within 5 s.
    ///
    /// # Cancel safety
    /// Until this returns, no record is expected.
    pub async fn admit(&self) -> Result<RecordSlot, Failure> {
        let permit = match self.sender.clone().try_reserve_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let reserve = self.sender.clone().reserve_owned();
                let reserved = tokio::time::timeout(SLOT_TIMEOUT, reserve).await;
                reserved.ok().and_then(Result::ok).ok_or(Failure::RecorderBehind)?
            }
        };
        self.counters.accept();
        Ok(RecordSlot { permit: Some(permit), counters: self.counters.clone() })
    }

    /// Waits until every call that has a slot now is recorded, or for the deadline. Returns how
    /// many records are still missing.
    ///
    /// # Cancel safety
    /// Dropping it only ends the wait.
    pub async fn flush(&self, deadline: Duration) -> u64 {
        let flushed = tokio::time::timeout(deadline, self.address.send(Flush)).await;
        match flushed {
            Ok(Ok(())) => 0,
            Ok(Err(_)) | Err(_) => self.pending(),
        }
    }

    /// What is in memory beside the table of calls.
    pub fn log(&self) -> &CallLog {
        &self.log
    }

    /// Makes the calls that are there ready for [`Self::reprice`], and says which these are.
    ///
    /// # Errors
    /// SQLite's error, or a busy database.
    ///
    /// # Cancel safety
    /// It is done even if the caller stops waiting.
    pub async fn prepare_repricing(&self) -> Result<Slice, StoreError> {
        let log = self.log.clone();
        self.writer.write(move |connection: &mut _| repricing::prepare(connection, &log)).await
    }

    /// Counts the calls of one slice anew.
    ///
    /// # Errors
    /// SQLite's error, or a busy database; then nothing of the slice has changed.
    ///
    /// # Cancel safety
    /// The slice is changed even if the caller stops waiting.
    pub async fn reprice(
        &self,
        repricing: Arc<Repricing>,
        slice: Slice,
    ) -> Result<Repriced, StoreError> {
        let apply = move |connection: &mut _| repricing::apply(connection, &repricing, slice);
        self.writer.write(apply).await
    }

    /// Brings the sums and the database file up to date with its write-ahead log, so that the file
    /// alone can be copied after a stop.
    pub async fn close(&self) {
        if let Err(error) = upkeep::flush(&self.writer, &self.log).await {
            warn!("the next start adds up the last calls: {error}");
        }
        if let Err(error) = self.writer.write(checkpoint).await {
            warn!("the write-ahead log stays beside the database: {error}");
        }
    }

    /// Calls that got a slot and have not ended.
    pub fn in_flight(&self) -> u64 {
        self.counters.in_flight()
    }

    pub fn accepted(&self) -> u64 {
        self.counters.accepted()
    }

    pub fn written(&self) -> u64 {
        self.counters.written()
    }

    /// Records that the database refused; they are kept in another table.
    pub fn set_aside(&self) -> u64 {
        self.counters.set_aside()
    }

    pub fn pending(&self) -> u64 {
        self.counters.pending()
    }

    pub fn figures(&self) -> RecordFigures {
        self.counters.figures(CAPACITY)
    }

    /// Why records cannot be written at the moment.
    pub fn last_write_error(&self) -> Option<String> {
        if !self.address.connected() {
            return Some(String::from("the recorder has stopped"));
        }
        self.counters.last_write_error()
    }
}

/// The queue slot of one call's record. It must be filled: each slot ends in exactly one record.
pub struct RecordSlot {
    permit: Option<mpsc::OwnedPermit<Invocation>>,
    counters: Arc<Counters>,
}

impl RecordSlot {
    /// Queues the record. Never waits.
    pub fn fill(&mut self, mut invocation: Invocation) {
        let Some(permit) = self.permit.take() else { return };
        self.counters.end();
        let waiting = self.counters.waiting.fetch_add(1, Ordering::Relaxed);
        let bytes = invocation.body_bytes();
        if bytes > 0 {
            let waiting_bytes = self.counters.body_bytes.fetch_add(bytes, Ordering::Relaxed);
            if waiting_bytes + bytes > MAX_BODY_BYTES {
                self.counters.body_bytes.fetch_sub(bytes, Ordering::Relaxed);
                self.leave_bodies_out(&mut invocation);
            }
        }
        let copied_up_to = if waiting >= COMPACT_FROM { usize::MAX } else { SMALL };
        let sample = invocation.uncounted.as_mut().and_then(|found| found.sample.as_mut());
        for bodies in invocation.bodies.iter_mut().chain(sample) {
            bodies.compact(copied_up_to);
        }
        permit.send(invocation);
    }

    /// Its usage keeps the estimate by sizes, if it was to be counted from them.
    fn leave_bodies_out(&self, invocation: &mut Invocation) {
        invocation.uncounted = None;
        if invocation.bodies.take().is_some() {
            self.counters.bodies_left_out.fetch_add(1, Ordering::Relaxed);
            invocation.bodies_dropped = Some(DROPPED_FOR_MEMORY);
        }
    }
}
