//! The queue of candidates: their order, retries, and fallbacks after a failure.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::catalog::{Model, Snapshot};
use crate::config::alias::{Alias, Fallbacks};
use crate::domain::failure::{Failure, Fault, UpstreamFailure};
use crate::domain::ids::ModelId;
use crate::domain::refusal::Refusal;
use crate::routing::{Plan, RoutingQuery, named};

pub struct Queue {
    waiting: VecDeque<Arc<Model>>,
    /// Candidates with a transient failure.
    to_retry: VecDeque<Arc<Model>>,
    /// All candidates that were ever queued.
    known: Vec<ModelId>,
    aliases: Vec<Arc<Alias>>,
    /// If tags were requested, a model brings no fallbacks, which might lack them.
    is_closed: bool,
}

impl Queue {
    pub fn of(plan: Plan) -> Self {
        let waiting: VecDeque<_> =
            plan.candidates.into_iter().map(|candidate| candidate.model).collect();
        let known = waiting.iter().map(|model| model.id).collect();
        Self {
            waiting,
            to_retry: VecDeque::new(),
            known,
            aliases: plan.aliases,
            is_closed: plan.is_query,
        }
    }

    pub fn next(&mut self) -> Option<Arc<Model>> {
        self.waiting.pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Marks a candidate for a retry after all have been tried.
    pub fn retry_later(&mut self, model: Arc<Model>) {
        self.to_retry.push_back(model);
    }

    /// Starts another round with them. Returns whether there are any.
    pub fn refill(&mut self) -> bool {
        self.waiting = std::mem::take(&mut self.to_retry);
        !self.waiting.is_empty()
    }

    /// Reorders the remaining candidates after a failure. After a context overflow longer models
    /// come first; after a content refusal only the fallbacks that the operator configured for it
    /// remain.
    pub fn after(
        &mut self,
        model: &Model,
        failure: &Failure,
        snapshot: &Snapshot,
        query: RoutingQuery<'_>,
    ) {
        let refusal = match failure {
            Failure::Upstream(UpstreamFailure { fault: Fault::Status { refusal, .. }, .. }) => {
                Some(*refusal)
            }
            _ => None,
        };
        let config = &model.config;
        let (own, of_alias): (_, fn(&Fallbacks) -> &[String]) = match refusal {
            Some(Refusal::ContentPolicy) => (&config.content_fallbacks, |lists| &lists.content),
            Some(Refusal::ContextLength) => (&config.context_fallbacks, |lists| &lists.context),
            _ if may_try_another(failure) => return,
            _ => return self.waiting.clear(),
        };
        let lists = self.aliases.iter().flat_map(|alias| of_alias(&alias.fallbacks));
        let of_aliases: Vec<String> = lists.cloned().collect();
        let mut first = VecDeque::new();
        if query.preferences.allow_fallbacks != Some(false) {
            for (names, may_come) in [(own, !self.is_closed), (&of_aliases, true)] {
                let models =
                    if names.is_empty() { Vec::new() } else { named(snapshot, query, names) };
                self.choose(models, may_come, &mut first);
            }
        }
        let put = self.put_first(first);
        if refusal == Some(Refusal::ContentPolicy) {
            self.waiting.truncate(put);
            self.to_retry.clear();
        }
    }

    /// The queued ones among these, and new ones if allowed.
    fn choose(&self, models: Vec<Arc<Model>>, may_come: bool, first: &mut VecDeque<Arc<Model>>) {
        for model in models {
            let is_new = may_come && !self.known.contains(&model.id);
            if (is_new || holds(&self.waiting, &model)) && !holds(first, &model) {
                first.push_back(model);
            }
        }
    }

    /// Moves them to the front, including those already queued. Returns their number.
    fn put_first(&mut self, mut first: VecDeque<Arc<Model>>) -> usize {
        let put = first.len();
        self.waiting.retain(|known| !holds(&first, known));
        self.known.extend(first.iter().map(|model| model.id));
        first.append(&mut self.waiting);
        self.waiting = first;
        put
    }
}

fn holds(models: &VecDeque<Arc<Model>>, wanted: &Model) -> bool {
    models.iter().any(|model| model.id == wanted.id)
}

/// Whether another candidate may succeed.
pub(super) fn may_try_another(failure: &Failure) -> bool {
    match failure {
        // A request that one dialect cannot carry may fit another.
        Failure::BadRequest { .. }
        | Failure::RateLimited { .. }
        | Failure::TokensLimited { .. }
        | Failure::Busy { .. }
        | Failure::PoolFull { .. } => true,
        // The remaining budget may suffice for a cheaper one.
        Failure::BudgetExceeded { retry_after, .. } => retry_after.is_some(),
        Failure::Upstream(UpstreamFailure { fault: Fault::Status { refusal, .. }, .. }) => {
            refusal.may_try_another()
        }
        Failure::Upstream(_) => true,
        Failure::NoModelNamed
        | Failure::ModelNotFound { .. }
        | Failure::NotAllowed(_)
        | Failure::NothingMatches(_)
        | Failure::NoneUsable(_)
        | Failure::CircuitOpen { .. }
        | Failure::StillFailing { .. }
        | Failure::DeadlineExceeded(_)
        | Failure::RecorderBehind
        | Failure::ShuttingDown
        | Failure::Cancelled
        | Failure::Internal(_) => false,
    }
}
