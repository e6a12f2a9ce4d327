//! Who is asked next: candidates in their order, and whoever takes their place after a failure.

use std::collections::VecDeque;
use std::sync::Arc;

use super::tries::may_try_another;
use crate::catalog::{Model, Snapshot};
use crate::config::alias::{Alias, Fallbacks};
use crate::domain::failure::{Failure, Fault, UpstreamFailure};
use crate::domain::ids::ModelId;
use crate::domain::refusal::Refusal;
use crate::routing::{Inquiry, Plan, named};

pub struct Queue {
    waiting: VecDeque<Arc<Model>>,
    /// Who failed for a reason that may pass.
    again: VecDeque<Arc<Model>>,
    /// Whoever was ever in it.
    known: Vec<ModelId>,
    alias: Option<Arc<Alias>>,
    /// Where tags were asked for, nobody beyond those who have them comes in.
    is_closed: bool,
}

impl Queue {
    pub fn of(plan: Plan) -> Self {
        let waiting: VecDeque<_> =
            plan.candidates.into_iter().map(|candidate| candidate.model).collect();
        let known = waiting.iter().map(|model| model.id).collect();
        Self { waiting, again: VecDeque::new(), known, alias: plan.alias, is_closed: plan.is_query }
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
        inquiry: Inquiry<'_>,
    ) {
        let refusal = match failure {
            Failure::Upstream(UpstreamFailure { fault: Fault::Status { refusal, .. }, .. }) => {
                Some(*refusal)
            }
            _ => None,
        };
        let of_alias = |list: fn(&Fallbacks) -> &[String]| match &self.alias {
            Some(alias) => list(&alias.fallbacks),
            None => &[],
        };
        let config = &model.config;
        let (own, of_alias) = match refusal {
            Some(Refusal::ContentPolicy) => {
                (&config.content_fallbacks, of_alias(|lists| &lists.content))
            }
            Some(Refusal::ContextLength) => {
                (&config.context_fallbacks, of_alias(|lists| &lists.context))
            }
            _ if may_try_another(failure) => return,
            _ => return self.waiting.clear(),
        };
        let names: Vec<String> = own.iter().chain(of_alias).cloned().collect();
        let may_fall_back = inquiry.preferences.allow_fallbacks != Some(false);
        let first = match names.is_empty() || !may_fall_back {
            true => Vec::new(),
            false => named(snapshot, inquiry, &names),
        };
        let put = self.put_first(&first);
        if refusal == Some(Refusal::ContentPolicy) {
            self.waiting.truncate(put);
            self.again.clear();
        }
    }

    /// They go before all others, also where they were waiting already. Answers how many.
    fn put_first(&mut self, models: &[Arc<Model>]) -> usize {
        let waits = |model: &Arc<Model>| self.waiting.iter().any(|known| known.id == model.id);
        let may_come = |model: &&Arc<Model>| {
            let is_new = !self.is_closed && !self.known.contains(&model.id);
            is_new || waits(model)
        };
        let mut first: VecDeque<_> = models.iter().filter(may_come).cloned().collect();
        let put = first.len();
        self.waiting.retain(|known| first.iter().all(|model| model.id != known.id));
        self.known.extend(first.iter().map(|model| model.id));
        first.append(&mut self.waiting);
        self.waiting = first;
        put
    }
}
