//! Counts the connections of a provider, those that are idle in a worker's pool among them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Over all workers.
#[derive(Debug, Default)]
pub struct ConnectionCounts {
    open: AtomicUsize,
    opened: AtomicU64,
}

impl ConnectionCounts {
    pub fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Since the start.
    pub fn opened(&self) -> u64 {
        self.opened.load(Relaxed)
    }

    /// Counts a connection as open until what is returned is dropped.
    pub fn opened_one(self: &Arc<Self>) -> OpenConnection {
        self.open.fetch_add(1, Relaxed);
        self.opened.fetch_add(1, Relaxed);
        OpenConnection(self.clone())
    }
}

#[derive(Debug)]
pub struct OpenConnection(Arc<ConnectionCounts>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}
