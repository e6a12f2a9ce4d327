//! How many records are owed, and how many are on disk.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::watch;

/// What has become of the records that are no longer in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct CallSummary {
    written: u64,
    /// The database refused them; they are in another table.
    set_aside: u64,
}

pub struct Counters {
    /// Calls that a record is owed for.
    accepted: AtomicU64,
    /// Of these, calls whose record is not made yet.
    in_flight: AtomicU64,
    ended: watch::Sender<CallSummary>,
    /// Records that wait for the disk.
    pub waiting: AtomicUsize,
    /// Bytes of bodies that wait for the disk.
    pub body_bytes: AtomicUsize,
    /// Why the last write failed; cleared by one that works.
    trouble: Mutex<Option<String>>,
}

impl Counters {
    pub fn new() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            ended: watch::Sender::new(CallSummary::default()),
            waiting: AtomicUsize::new(0),
            body_bytes: AtomicUsize::new(0),
            trouble: Mutex::new(None),
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
        self.ended.borrow().written
    }

    pub fn set_aside(&self) -> u64 {
        self.ended.borrow().set_aside
    }

    pub fn pending(&self) -> u64 {
        let CallSummary { written, set_aside } = *self.ended.borrow();
        self.accepted().saturating_sub(written + set_aside)
    }

    pub fn wrote(&self, records: usize, set_aside: usize) {
        let [records, set_aside] =
            [records, set_aside].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        self.ended.send_modify(|ended| {
            ended.written += records;
            ended.set_aside += set_aside;
        });
        self.set_trouble(None);
    }

    pub fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until as many records are on disk as were owed when this was called.
    pub async fn settled(&self) {
        let target = self.accepted();
        // The sender lives as long as the counters.
        let is_done = |ended: &CallSummary| ended.written + ended.set_aside >= target;
        let _ = self.ended.subscribe().wait_for(is_done).await;
    }
}
