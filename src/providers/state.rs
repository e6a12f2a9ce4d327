//! What all workers share of a provider. A reload keeps it, with the cooldowns of the keys, when
//! the provider did not change.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

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
    pub connections: Arc<Semaphore>,
    pub max_connections: usize,
}

impl ProviderState {
    fn new(provider: &Provider, clock: Clock) -> Self {
        let max_connections = provider.settings.max_connections.unwrap_or(MAX_CONNECTIONS);
        let max_connections = max_connections.min(Semaphore::MAX_PERMITS);
        Self {
            revision: provider.revision,
            clock,
            keys: KeyRing::new(&provider.keys),
            connections: Arc::new(Semaphore::new(max_connections)),
            max_connections,
        }
    }

    /// The clock of the key ring.
    pub fn now(&self) -> Duration {
        self.clock.uptime()
    }
}

pub struct ProviderStates {
    clock: Clock,
    by_provider: ArcSwap<HashMap<ProviderId, Arc<ProviderState>>>,
}

impl ProviderStates {
    pub fn by(clock: Clock) -> Self {
        Self { clock, by_provider: ArcSwap::default() }
    }

    pub fn of(&self, provider: &Provider) -> Arc<ProviderState> {
        let known = self.by_provider.load().get(&provider.id).cloned();
        // Across a reload a request may still carry a provider that was removed.
        known.unwrap_or_else(|| Arc::new(ProviderState::new(provider, self.clock)))
    }

    /// Updates the states to a new snapshot of the catalogue.
    pub fn refresh(&self, snapshot: &Snapshot) {
        let before = self.by_provider.load_full();
        let mut now = HashMap::new();
        for provider in snapshot.providers() {
            let kept = before.get(&provider.id).filter(|state| state.revision == provider.revision);
            let state =
                kept.cloned().unwrap_or_else(|| Arc::new(ProviderState::new(provider, self.clock)));
            now.insert(provider.id, state);
        }
        self.by_provider.store(Arc::new(now));
    }
}
