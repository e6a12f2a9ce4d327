//! How many calls must still be recorded, and how many records are on disk.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::watch;

/// What has become of the records that are no longer in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Recorded {
    written: u64,
    /// Refused by the database and kept in another table.
    set_aside: u64,
}

/// The state of the queue.
#[derive(Clone, Copy, Debug)]
pub struct RecordFigures {
    pub accepted: u64,
    pub in_flight: u64,
    pub written: u64,
    pub set_aside: u64,
    /// Accepted, and not on disk: those in flight are among them.
    pub pending: u64,
    /// Ended, and not on disk.
    pub waiting: usize,
    /// The most that may be pending.
    pub slots: usize,
    pub body_bytes: usize,
    pub failed_writes: u64,
    pub bodies_left_out: u64,
}

pub struct Counters {
    /// Calls that got a slot: each ends in one record.
    accepted: AtomicU64,
    /// Of these, calls that have not ended.
    in_flight: AtomicU64,
    recorded: watch::Sender<Recorded>,
    /// Records that are not written yet.
    pub waiting: AtomicUsize,
    /// Bytes of their bodies.
    pub body_bytes: AtomicUsize,
    /// Batches that could not be written and were tried again.
    pub failed_writes: AtomicU64,
    /// Records that are kept without their bodies.
    pub bodies_left_out: AtomicU64,
    /// Of the last write; cleared by one that succeeds.
    last_write_error: Mutex<Option<String>>,
}

impl Counters {
    pub fn new() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            recorded: watch::Sender::new(Recorded::default()),
            waiting: AtomicUsize::new(0),
            body_bytes: AtomicUsize::new(0),
            failed_writes: AtomicU64::new(0),
            bodies_left_out: AtomicU64::new(0),
            last_write_error: Mutex::new(None),
        }
    }

    pub fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub fn written(&self) -> u64 {
        self.recorded.borrow().written
    }

    pub fn set_aside(&self) -> u64 {
        self.recorded.borrow().set_aside
    }

    pub fn pending(&self) -> u64 {
        let Recorded { written, set_aside } = *self.recorded.borrow();
        self.accepted().saturating_sub(written + set_aside)
    }

    /// Read one after the other, not at one moment; more were accepted than are written.
    pub fn figures(&self, slots: usize) -> RecordFigures {
        let Recorded { written, set_aside } = *self.recorded.borrow();
        let (in_flight, accepted) = (self.in_flight(), self.accepted());
        RecordFigures {
            accepted,
            in_flight,
            written,
            set_aside,
            pending: accepted.saturating_sub(written + set_aside),
            waiting: self.waiting.load(Ordering::Relaxed),
            slots,
            body_bytes: self.body_bytes.load(Ordering::Relaxed),
            failed_writes: self.failed_writes.load(Ordering::Relaxed),
            bodies_left_out: self.bodies_left_out.load(Ordering::Relaxed),
        }
    }

    pub fn wrote(&self, records: usize, set_aside: usize) {
        let [records, set_aside] =
            [records, set_aside].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        self.recorded.send_modify(|recorded| {
            recorded.written += records;
            recorded.set_aside += set_aside;
        });
        self.set_last_write_error(None);
    }

    pub fn set_last_write_error(&self, error: Option<String>) {
        *self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    pub fn last_write_error(&self) -> Option<String> {
        self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until every call that had a slot when this was called is recorded.
    pub async fn settled(&self) {
        let target = self.accepted();
        // The sender lives as long as the counters.
        let is_done = |recorded: &Recorded| recorded.written + recorded.set_aside >= target;
        let _ = self.recorded.subscribe().wait_for(is_done).await;
    }
}
