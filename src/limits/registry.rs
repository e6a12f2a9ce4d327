//! The limiters of all models that have a rate limit. A reload keeps each whose numbers did
//! not change, with its fill level and its queue.

use std::collections::HashMap;
use std::sync::Arc;

use actix::ArbiterHandle;
use arc_swap::ArcSwap;

use super::handle::LimiterHandle;
use super::requests::RequestLimit;
use crate::domain::clock::Clock;
use crate::domain::ids::ModelId;

pub struct Limiters {
    by_model: ArcSwap<HashMap<ModelId, Arc<LimiterHandle>>>,
    arbiter: ArbiterHandle,
    clock: Clock,
}

impl Limiters {
    /// The actors will run on the given arbiter.
    pub fn on(arbiter: ArbiterHandle, clock: Clock) -> Self {
        Self { by_model: ArcSwap::default(), arbiter, clock }
    }

    /// The model's limiter, if it has one.
    pub fn of(&self, model: ModelId) -> Option<Arc<LimiterHandle>> {
        self.by_model.load().get(&model).cloned()
    }

    /// Brings the limiters in step with a new catalogue: the limits of all its models that have one.
    pub fn refresh(&self, limits: impl IntoIterator<Item = (ModelId, RequestLimit)>) {
        let before = self.by_model.load_full();
        let mut now = HashMap::new();
        for (model, limit) in limits {
            let kept = before.get(&model).filter(|handle| handle.limit() == limit);
            let start = || LimiterHandle::start(limit, self.arbiter.clone(), self.clock);
            let handle = kept.cloned().unwrap_or_else(|| Arc::new(start()));
            now.insert(model, handle);
        }
        self.by_model.store(Arc::new(now));
    }
}
