//! What all workers share of a provider. A reload keeps it, with the cooldowns of the keys, when
//! the provider did not change.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::counted::ConnectionCounts;
use super::key_ring::KeyRing;
use crate::catalog::{Provider, Snapshot};
use crate::domain::clock::Clock;
use crate::domain::ids::ProviderId;

/// Calls in flight to one provider, when its settings do not set `max_connections`.
const MAX_CONNECTIONS: usize = 1024;

#[derive(Debug)]
pub struct ProviderState {
    revision: u64,
    clock: Clock,
    pub keys: KeyRing,
    /// Bounds the calls in flight; a call holds its permit until its answer has ended.
    connections: Arc<Semaphore>,
    pub max_connections: usize,
    /// Calls that wait for a permit.
    waiting: AtomicUsize,
    /// Of the connections, over all workers.
    pub counts: Arc<ConnectionCounts>,
}

/// The pool of a provider over all workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFigures {
    pub max_calls: usize,
    pub calls: usize,
    pub waiting: usize,
    pub open: usize,
    pub opened: u64,
}

impl ProviderState {
    fn new(provider: &Provider, clock: Clock, counts: Arc<ConnectionCounts>) -> Self {
        let max_connections = provider.settings.max_connections.unwrap_or(MAX_CONNECTIONS);
        let max_connections = max_connections.min(Semaphore::MAX_PERMITS);
        Self {
            revision: provider.revision,
            clock,
            keys: KeyRing::new(&provider.keys),
            connections: Arc::new(Semaphore::new(max_connections)),
            max_connections,
            waiting: AtomicUsize::new(0),
            counts,
        }
    }

    /// The right to one call, within the limit; `None` if there is none in time.
    ///
    /// # Cancel safety
    /// Dropping it leaves the queue.
    pub async fn permit(&self, limit: Duration) -> Option<OwnedSemaphorePermit> {
        // It never overtakes a call that waits: what is given back goes to that one.
        if let Ok(permit) = self.connections.clone().try_acquire_owned() {
            return Some(permit);
        }
        let _waiting = Waiting::new(&self.waiting);
        timeout(limit, self.connections.clone().acquire_owned()).await.ok()?.ok()
    }

    pub fn pool(&self) -> PoolFigures {
        PoolFigures {
            max_calls: self.max_connections,
            calls: self.max_connections.saturating_sub(self.connections.available_permits()),
            waiting: self.waiting.load(Relaxed),
            open: self.counts.open(),
            opened: self.counts.opened(),
        }
    }

    /// The clock of the key ring.
    pub fn now(&self) -> Duration {
        self.clock.uptime()
    }
}

/// Counts one until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

pub struct ProviderStates {
    clock: Clock,
    /// By the name of the provider, of each that ever was: what is counted never goes back.
    counts: Mutex<HashMap<String, Arc<ConnectionCounts>>>,
    by_provider: ArcSwap<HashMap<ProviderId, Arc<ProviderState>>>,
}

impl ProviderStates {
    pub fn by(clock: Clock) -> Self {
        Self { clock, counts: Mutex::default(), by_provider: ArcSwap::default() }
    }

    pub fn of(&self, provider: &Provider) -> Arc<ProviderState> {
        let known = self.by_provider.load().get(&provider.id).cloned();
        // Across a reload a request may still carry a provider that was removed.
        known.unwrap_or_else(|| self.fresh(provider))
    }

    /// Updates the states to a new snapshot of the catalogue.
    pub fn refresh(&self, snapshot: &Snapshot) {
        let before = self.by_provider.load_full();
        let mut now = HashMap::new();
        for provider in snapshot.providers() {
            let kept = before.get(&provider.id).filter(|state| state.revision == provider.revision);
            let state = kept.cloned().unwrap_or_else(|| self.fresh(provider));
            now.insert(provider.id, state);
        }
        self.by_provider.store(Arc::new(now));
    }

    fn fresh(&self, provider: &Provider) -> Arc<ProviderState> {
        let counts = self.counts().entry(provider.name.clone()).or_default().clone();
        Arc::new(ProviderState::new(provider, self.clock, counts))
    }

    /// Locked by reloads only, and by a request whose provider was just removed.
    fn counts(&self) -> MutexGuard<'_, HashMap<String, Arc<ConnectionCounts>>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
