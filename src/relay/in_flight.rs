//! The calls under way: who made each, what serves it, and a way to cancel it.
//!
//! Each worker enters its own calls into a list of its own, so that no request waits for another
//! worker; only who looks at the calls locks a worker's list, for as long as it takes to copy
//! pointers. Names are read when somebody asks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::catalog::Model;
use crate::domain::ids::RequestId;
use crate::keys::ApiKey;

/// Workers count their calls from a multiple of this power of two on.
const WORKER_BITS: u32 = 48;

/// All calls of the process.
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<Vec<WorkerCalls>>>);

/// The calls of one worker, in the order in which they began.
#[derive(Clone)]
pub struct WorkerCalls(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    next: u64,
    calls: BTreeMap<u64, Arc<CallInFlight>>,
}

/// What is known of a call when it begins.
pub struct Begun {
    pub request_id: RequestId,
    /// Microseconds since 1970.
    pub started_at_us: i64,
    pub endpoint: &'static str,
    pub session_id: Option<String>,
    /// As the caller wrote it.
    pub requested: String,
    pub api_key: Option<Arc<ApiKey>>,
    pub is_stream: bool,
}

/// One call under way.
pub struct CallInFlight {
    /// No other call of the process has it.
    pub number: u64,
    pub begun: Begun,
    /// The candidate of the moment.
    model: Mutex<Option<Arc<Model>>>,
    attempts: AtomicU32,
    /// 0 until then.
    first_token_us: AtomicI64,
    is_cancelled: AtomicBool,
    cancellation: Notify,
}

impl InFlight {
    /// A list for the worker that asks for it.
    pub fn worker(&self) -> WorkerCalls {
        let mut workers = lock(&self.0);
        let first = u64::try_from(workers.len()).unwrap_or(u64::MAX) << WORKER_BITS;
        let entries = Entries { next: first, ..Entries::default() };
        let worker = WorkerCalls(Arc::new(Mutex::new(entries)));
        workers.push(worker.clone());
        worker
    }

    /// All calls, oldest first.
    pub fn calls(&self) -> Vec<Arc<CallInFlight>> {
        let workers = lock(&self.0).clone();
        let mut calls: Vec<_> = workers.iter().flat_map(WorkerCalls::calls).collect();
        calls.sort_by_key(|call| call.begun.started_at_us);
        calls
    }

    /// Ends the calls with this id as if their client had left, and returns them. Ids that clients
    /// give need not be unique, and a call to a pair's analyzer shares its caller's.
    pub fn cancel(&self, request_id: &str) -> Vec<Arc<CallInFlight>> {
        let mut meant = self.calls();
        meant.retain(|call| call.begun.request_id.as_str() == request_id);
        for call in &meant {
            call.cancel();
        }
        meant
    }
}

impl WorkerCalls {
    /// Lists a call until the entry is dropped.
    pub fn enter(&self, begun: Begun) -> Entry {
        let mut entries = lock(&self.0);
        let number = entries.next;
        entries.next += 1;
        let call = Arc::new(CallInFlight {
            number,
            begun,
            model: Mutex::new(None),
            attempts: AtomicU32::new(0),
            first_token_us: AtomicI64::new(0),
            is_cancelled: AtomicBool::new(false),
            cancellation: Notify::new(),
        });
        entries.calls.insert(number, call.clone());
        drop(entries);
        Entry { worker: self.clone(), number, call }
    }

    fn calls(&self) -> Vec<Arc<CallInFlight>> {
        lock(&self.0).calls.values().cloned().collect()
    }
}

impl CallInFlight {
    /// The model that is being tried or that answers.
    pub fn model(&self) -> Option<Arc<Model>> {
        lock(&self.model).clone()
    }

    /// Upstream calls made so far.
    pub fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// When a stream's first content came, in microseconds since 1970.
    pub fn first_token_us(&self) -> Option<i64> {
        Some(self.first_token_us.load(Ordering::Relaxed)).filter(|at_us| *at_us > 0)
    }

    fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Release);
        // Kept for a call that does not wait at the moment.
        self.cancellation.notify_one();
    }

    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Returns once the call is cancelled.
    ///
    /// # Cancel safety
    /// It can be called again.
    pub async fn cancelled(&self) {
        while !self.is_cancelled() {
            self.cancellation.notified().await;
        }
    }
}

/// A call's place in its worker's list.
pub struct Entry {
    worker: WorkerCalls,
    number: u64,
    call: Arc<CallInFlight>,
}

impl Entry {
    pub fn call(&self) -> &Arc<CallInFlight> {
        &self.call
    }

    pub fn candidate(&self, model: &Arc<Model>) {
        *lock(&self.call.model) = Some(model.clone());
    }

    pub fn attempts(&self, attempts: u32) {
        self.call.attempts.store(attempts, Ordering::Relaxed);
    }

    /// `ttft_us` after the call began.
    pub fn first_token(&self, ttft_us: i64) {
        let at_us = self.call.begun.started_at_us.saturating_add(ttft_us);
        self.call.first_token_us.store(at_us, Ordering::Relaxed);
    }

    /// Takes the call from the list, before its record can be seen. Dropping does the same.
    pub fn leave(&self) {
        lock(&self.worker.0).calls.remove(&self.number);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.leave();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
