//! The spans that wait for the collector, within a bound of bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::spans::Encoded;

/// What waits at most; beyond it the newest spans are dropped.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Of one export request.
const BATCH_BYTES: usize = 512 * 1024;

#[derive(Default)]
pub struct SpanQueue {
    waiting: Mutex<Waiting>,
    /// Something waits.
    pub arrived: Notify,
    /// A whole batch waits.
    pub is_full: Notify,
}

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Encoded>,
    bytes: usize,
}

impl SpanQueue {
    /// The spans of one call. Returns whether there was room for them.
    pub fn push(&self, call: Encoded) -> bool {
        let mut waiting = self.waiting();
        if waiting.bytes + call.json.len() > MAX_BYTES {
            return false;
        }
        waiting.bytes += call.json.len();
        waiting.calls.push_back(call);
        let is_full = waiting.bytes >= BATCH_BYTES;
        drop(waiting);
        self.arrived.notify_one();
        if is_full {
            self.is_full.notify_one();
        }
        true
    }

    /// The oldest, as one batch; `None` where nothing waits.
    pub fn take(&self) -> Option<Encoded> {
        let mut waiting = self.waiting();
        let mut batch = waiting.calls.pop_front()?;
        waiting.bytes -= batch.json.len();
        while let Some(next) = waiting.calls.front()
            && batch.json.len() + next.json.len() < BATCH_BYTES
            && let Some(next) = waiting.calls.pop_front()
        {
            waiting.bytes -= next.json.len();
            batch.json.push(b',');
            batch.json.extend_from_slice(&next.json);
            batch.spans += next.spans;
        }
        Some(batch)
    }

    /// Whether a whole batch waits.
    pub fn has_batch(&self) -> bool {
        self.waiting().bytes >= BATCH_BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.waiting().calls.is_empty()
    }

    /// Drops what waits. Returns how many spans that were.
    pub fn clear(&self) -> u64 {
        let Waiting { calls, .. } = std::mem::take(&mut *self.waiting());
        calls.iter().map(|call| u64::from(call.spans)).sum()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(bytes: usize) -> Encoded {
        Encoded { json: vec![b'x'; bytes], spans: 2 }
    }

    #[test]
    fn a_batch_is_cut_by_its_bytes_and_keeps_the_order() {
        let queue = SpanQueue::default();
        for json in [b"a", b"b"] {
            assert!(queue.push(Encoded { json: json.to_vec(), spans: 1 }));
        }
        assert!(queue.push(call(BATCH_BYTES)));
        let batch = queue.take().unwrap();
        assert_eq!((batch.json.as_slice(), batch.spans), (b"a,b".as_slice(), 2));
        assert_eq!(queue.take().unwrap().json.len(), BATCH_BYTES);
        assert!(queue.take().is_none() && queue.is_empty());
    }

    #[test]
    fn what_waits_has_a_bound_of_bytes() {
        let queue = SpanQueue::default();
        let pushed = (0..1_000_000).take_while(|_| queue.push(call(1024))).count();
        assert_eq!(pushed, MAX_BYTES / 1024);
        assert!(queue.take().is_some());
        assert!(queue.push(call(1024)));
        let left = queue.clear();
        assert!(left > 0 && queue.is_empty() && queue.push(call(1024)));
    }
}
