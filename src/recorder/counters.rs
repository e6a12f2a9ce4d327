//! How many records are owed, and how many are on disk.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::watch;

pub struct Counters {
    /// Calls that a record is owed for.
    accepted: AtomicU64,
    written: watch::Sender<u64>,
    /// Bytes of bodies that wait for the disk.
    pub body_bytes: AtomicUsize,
    /// Why the last write failed; cleared by one that works.
    trouble: Mutex<Option<String>>,
}

impl Counters {
    pub fn new() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            written: watch::Sender::new(0),
            body_bytes: AtomicUsize::new(0),
            trouble: Mutex::new(None),
        }
    }

    pub fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub fn written(&self) -> u64 {
        *self.written.borrow()
    }

    pub fn wrote(&self, records: usize) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        self.written.send_modify(|written| *written += records);
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
        let _ = self.written.subscribe().wait_for(|written| *written >= target).await;
    }
}
