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
