//! Who is asked next: candidates in their order, and whoever takes their place after a failure.

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
    /// Who failed for a reason that may pass.
    again: VecDeque<Arc<Model>>,
    /// Whoever was ever in it.
    known: Vec<ModelId>,
    aliases: Vec<Arc<Alias>>,
    /// Where tags were asked for, no model brings in those who may not have them.
    is_closed: bool,
}

impl Queue {
    pub fn of(plan: Plan) -> Self {
        let waiting: VecDeque<_> =
            plan.candidates.into_iter().map(|candidate| candidate.model).collect();
        let known = waiting.iter().map(|model| model.id).collect();
        Self {
            waiting,
            again: VecDeque::new(),
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

    /// Whom to ask once more when all have had their turn.
    pub fn ask_again(&mut self, model: Arc<Model>) {
        self.again.push_back(model);
    }

    /// Begins anew with them. Answers whether there are any.
    pub fn refill(&mut self) -> bool {
        self.waiting = std::mem::take(&mut self.again);
        !self.waiting.is_empty()
    }

    /// Puts those in order who are left after a model failed. Who is too short for a prompt has
    /// longer ones asked first; who does not want to speak of something has nobody asked but those
    /// that the operator names for it.
    pub fn after(
        &mut self,
        model: &Model,
        failure: &Failure,
        snapshot: &Snapshot,
        inquiry: RoutingQuery<'_>,
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
        if inquiry.preferences.allow_fallbacks != Some(false) {
            for (names, may_come) in [(own, !self.is_closed), (&of_aliases, true)] {
                let models =
                    if names.is_empty() { Vec::new() } else { named(snapshot, inquiry, names) };
                self.choose(models, may_come, &mut first);
            }
        }
        let put = self.put_first(first);
        if refusal == Some(Refusal::ContentPolicy) {
            self.waiting.truncate(put);
            self.again.clear();
        }
    }

    /// Of these, who waits, and who is new if new ones may come.
    fn choose(&self, models: Vec<Arc<Model>>, may_come: bool, first: &mut VecDeque<Arc<Model>>) {
        for model in models {
            let is_new = may_come && !self.known.contains(&model.id);
            if (is_new || holds(&self.waiting, &model)) && !holds(first, &model) {
                first.push_back(model);
            }
        }
    }

    /// They go before all others, also where they were waiting already. Answers how many.
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

/// Whether another candidate may do better.
pub(super) fn may_try_another(failure: &Failure) -> bool {
    match failure {
        // What one dialect cannot carry, another one may.
        Failure::BadRequest { .. }
        | Failure::RateLimited { .. }
        | Failure::TokensLimited { .. }
        | Failure::Busy { .. }
        | Failure::PoolFull { .. } => true,
        // What calls in flight leave of a budget may do for a cheaper one.
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
        | Failure::Internal(_) => false,
    }
}
