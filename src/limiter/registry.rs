//! The limiters of all models that have a rate limit. A reload keeps each whose numbers did
//! not change, with its fill level and its queue.

use std::collections::HashMap;
use std::sync::Arc;

use actix::ArbiterHandle;
use arc_swap::ArcSwap;

use super::handle::LimiterHandle;
use crate::catalog::Snapshot;
use crate::config::entries::RateLimit;
use crate::domain::ids::ModelId;

pub struct Limiters {
    by_model: ArcSwap<HashMap<ModelId, Arc<LimiterHandle>>>,
    arbiter: ArbiterHandle,
}

impl Limiters {
    /// The actors will run on the given arbiter.
    pub fn on(arbiter: ArbiterHandle) -> Self {
        Self { by_model: ArcSwap::default(), arbiter }
    }

    /// The model's limiter, if it has one.
    pub fn of(&self, model: ModelId) -> Option<Arc<LimiterHandle>> {
        self.by_model.load().get(&model).cloned()
    }

    /// Brings the limiters in step with a new catalogue.
    pub fn refresh(&self, snapshot: &Snapshot) {
        let before = self.by_model.load_full();
        let mut now = HashMap::new();
        for model in snapshot.models() {
            let Some(limit) = &model.rate_limit else { continue };
            let kept = before.get(&model.id).filter(|handle| same_numbers(handle.limit(), limit));
            let handle = kept.cloned().unwrap_or_else(|| {
                Arc::new(LimiterHandle::start(limit.clone(), self.arbiter.clone()))
            });
            now.insert(model.id, handle);
        }
        self.by_model.store(Arc::new(now));
    }
}

fn same_numbers(one: &RateLimit, other: &RateLimit) -> bool {
    (one.max_requests, one.per_seconds, one.burst_size, one.max_wait_ms)
        == (other.max_requests, other.per_seconds, other.burst_size, other.max_wait_ms)
}
