//! Candidates for a request, best first, and why each other model is excluded.

use std::borrow::Cow;
use std::sync::Arc;

use super::cooldown::all_cooling_down;
use super::exclusion::{Exclusion, LeftOut};
use super::filter::{Filtered, eligible};
use super::matching::{self, Found, NamedIn};
use super::no_candidate::{cooling_down_among, no_candidate};
use super::preferences::Unwanted;
use super::query::RoutingQuery;
use super::selector::Selector;
use super::strategy::{Candidate, Rule, order};
use crate::catalog::model_set::ModelSet;
use crate::catalog::{Model, Snapshot};
use crate::config::alias::Alias;
use crate::domain::failure::Failure;
use crate::domain::strategy::Strategy;

/// The most candidates, and the most excluded models, in a trace.
pub(super) const MOST_TOLD: usize = 20;

#[derive(Clone, Debug)]
pub struct Plan {
    /// At least one, best first, fallbacks last; each can be called. Candidates beyond the limit of
    /// attempts are not sorted.
    pub candidates: Vec<Candidate>,
    /// The number of further candidates.
    pub more_candidates: usize,
    /// Selected models that are excluded, with the reason.
    pub left_out: Vec<LeftOut>,
    /// The number of further excluded models.
    pub more_left_out: usize,
    pub strategy: Strategy,
    /// The conversation's hash, if the strategy needs it.
    pub conversation: Option<u64>,
    /// The requested alias, and the names that it refers to in turn.
    pub aliases: Vec<Arc<Alias>>,
    /// Whether tags were requested: then models bring no fallbacks.
    pub is_query: bool,
}

/// A request that no model can serve.
#[derive(Clone, Debug)]
pub struct Unserved {
    /// The failure for the client.
    pub failure: Failure,
    /// Why each of the selected models is excluded.
    pub plan: Plan,
}

/// How much of a plan is computed: a complete one takes too long for each request under load.
#[derive(Clone, Copy)]
struct Extent {
    candidates: usize,
    left_out: usize,
}

impl Extent {
    const ALL: Self = Self { candidates: usize::MAX, left_out: usize::MAX };

    /// All candidates that may be tried, with spares in case circuits open meanwhile, and no fewer
    /// than a trace lists.
    fn of(snapshot: &Snapshot) -> Self {
        const SPARE: usize = 8;
        let attempts = usize::try_from(snapshot.policy.routing.max_attempts).unwrap_or(usize::MAX);
        Self { candidates: attempts.saturating_add(SPARE).max(MOST_TOLD), left_out: MOST_TOLD }
    }
}

/// # Errors
/// When nothing matches, or no match can be called, with the reason.
pub fn plan(snapshot: &Snapshot, query: RoutingQuery<'_>) -> Result<Plan, Box<Unserved>> {
    PlanBuilder::of(snapshot, query, Extent::of(snapshot)).into_plan(snapshot, query)
}

/// All candidates of a request, of which `plan` returns the first, and why every other model of the
/// catalogue is excluded.
pub fn explain(
    snapshot: &Snapshot,
    query: RoutingQuery<'_>,
) -> (Result<Plan, Failure>, Vec<LeftOut>) {
    let index = snapshot.index();
    let builder = PlanBuilder::of(snapshot, query, Extent::ALL);
    let mut others = index.all();
    others.remove(&builder.known);
    let (plan, mut left_out) = match builder.into_plan(snapshot, query) {
        Ok(mut plan) => {
            let left_out = std::mem::take(&mut plan.left_out);
            (Ok(plan), left_out)
        }
        Err(unserved) => (Err(unserved.failure), unserved.plan.left_out),
    };
    let first = query.first();
    let found = matching::find(snapshot, &first, query.first_named_in()).ok();
    left_out.extend(index.models(&others).map(|(_, model)| LeftOut {
        model: model.clone(),
        why: Exclusion::Query(matching::why_not(model, found.as_ref(), &first)),
    }));
    (plan, left_out)
}

/// The models of those names or tag expressions that can serve the request, in the order of the
/// names. Unknown names are skipped, because the next reload may define them.
pub fn named(snapshot: &Snapshot, query: RoutingQuery<'_>, names: &[String]) -> Vec<Arc<Model>> {
    let mut builder = PlanBuilder::new(snapshot, Extent::of(snapshot));
    for name in names {
        builder.add(snapshot, query, &Selector::Named(name.clone()), NamedIn::Configuration);
    }
    builder.candidates.into_iter().map(|candidate| candidate.model).collect()
}

impl RoutingQuery<'_> {
    /// The first selector: of a pair, the side that serves.
    fn first(&self) -> Cow<'_, Selector> {
        match self.decision {
            Some(decision) => Cow::Owned(Selector::Named(decision.target.clone())),
            None => Cow::Borrowed(self.selector),
        }
    }

    fn first_named_in(&self) -> NamedIn {
        if self.decision.is_some() { NamedIn::Configuration } else { NamedIn::Request }
    }

    fn takes_fallbacks(&self) -> bool {
        self.preferences.allow_fallbacks != Some(false)
    }
}

/// The result so far, selector by selector.
struct PlanBuilder {
    extent: Extent,
    candidates: Vec<Candidate>,
    more_candidates: usize,
    left_out: Vec<LeftOut>,
    more_left_out: usize,
    /// Excluded models that are at a limit now.
    saturated: Vec<usize>,
    /// All models that a selector matched.
    known: ModelSet,
    strategy: Option<Strategy>,
    failure: Option<Failure>,
    /// The aliases that led to a pair, and then those of its side.
    aliases: Vec<Arc<Alias>>,
    is_query: bool,
}

impl PlanBuilder {
    fn new(snapshot: &Snapshot, extent: Extent) -> Self {
        Self {
            extent,
            candidates: Vec::new(),
            more_candidates: 0,
            left_out: Vec::new(),
            more_left_out: 0,
            saturated: Vec::new(),
            known: snapshot.index().none(),
            strategy: None,
            failure: None,
            aliases: Vec::new(),
            is_query: false,
        }
    }

    /// The requested models, and then their fallbacks.
    fn of(snapshot: &Snapshot, query: RoutingQuery<'_>, extent: Extent) -> Self {
        let mut builder = Self::new(snapshot, extent);
        let first = query.first();
        if let (Selector::Named(asked), Some(_)) = (query.selector, query.decision) {
            let aliases = matching::resolve(snapshot, asked, NamedIn::Request).aliases;
            builder.aliases.extend(aliases.into_iter().cloned());
        }
        let found = builder.add(snapshot, query, &first, query.first_named_in());
        if let Some(found) = &found {
            builder.aliases.extend_from_slice(&found.aliases);
            builder.is_query = found.asked.is_some();
        }
        if !query.takes_fallbacks() {
            return builder;
        }
        for name in builder.fallbacks(snapshot, query, found.as_ref()) {
            let before = builder.candidates.len();
            let is_clients = query.fallback_models.contains(&name);
            let named_in = if is_clients { NamedIn::Request } else { NamedIn::Configuration };
            builder.add(snapshot, query, &Selector::Named(name), named_in);
            for candidate in builder.candidates.iter_mut().skip(before) {
                candidate.reason.is_fallback = true;
            }
        }
        builder
    }

    /// Fallback names in order: the pair's other side, those of the body, those of the models,
    /// those of the aliases. Models selected by tags bring no fallbacks: a fallback never changes
    /// the tags.
    fn fallbacks(
        &self,
        snapshot: &Snapshot,
        query: RoutingQuery<'_>,
        found: Option<&Found<'_>>,
    ) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        names.extend(query.decision.map(|decision| decision.other.clone()));
        names.extend_from_slice(query.fallback_models);
        if let Some(found) = found.filter(|found| found.asked.is_none()) {
            let first = self.candidates.iter().map(|candidate| &candidate.model);
            let is_first = |model: &&Arc<Model>| {
                self.candidates.iter().all(|first| first.model.id != model.id)
            };
            let models = snapshot.index().models(&found.models).map(|(_, model)| model);
            let models = first.chain(models.filter(is_first));
            names.extend(models.flat_map(|model| model.config.fallbacks.iter().cloned()));
        }
        names.extend(self.aliases.iter().flat_map(|alias| alias.fallbacks.usual.iter().cloned()));
        names
    }

    /// The models of a selector. Only the first failure is kept, because it concerns the requested
    /// name.
    fn add<'s>(
        &mut self,
        snapshot: &Snapshot,
        query: RoutingQuery<'_>,
        selector: &'s Selector,
        named_in: NamedIn,
    ) -> Option<Found<'s>> {
        let mut found = match matching::find(snapshot, selector, named_in) {
            Ok(found) => found,
            Err(failure) => {
                self.failure.get_or_insert(failure);
                return None;
            }
        };
        found.models.remove(&self.known);
        let room = self.extent.left_out.saturating_sub(self.left_out.len());
        let filtered = eligible(snapshot, &found, query, room);
        if filtered.able.is_empty() && self.failure.is_none() {
            // All exclusions together explain why there is no candidate.
            let rest = (filtered.more_left_out > 0)
                .then(|| eligible(snapshot, &found, query, usize::MAX).left_out);
            let left_out = rest.as_ref().unwrap_or(&filtered.left_out);
            self.failure = Some(no_candidate(snapshot, query.selector, &found, left_out));
        }
        let Filtered { able, saturated, left_out, more_left_out } = filtered;
        let of_aliases = || {
            let mut aliases = self.aliases.iter().chain(&found.aliases);
            aliases.find_map(|alias| alias.strategy)
        };
        let strategy = found
            .strategy
            .or(query.preferences.strategy)
            .or_else(of_aliases)
            .unwrap_or(snapshot.policy.routing.strategy);
        self.strategy.get_or_insert(strategy);
        let room = self.extent.candidates.saturating_sub(self.candidates.len());
        let candidates = order(snapshot.index(), &able, Rule::of(strategy, query), room);
        self.more_candidates += able.len() - candidates.len();
        self.candidates.extend(candidates);
        self.left_out.extend(left_out);
        self.more_left_out += more_left_out;
        self.saturated.extend(saturated);
        self.known.add(&found.models);
        Some(found)
    }

    /// # Errors
    /// Why there is no candidate, with all exclusions.
    fn into_plan(
        mut self,
        snapshot: &Snapshot,
        query: RoutingQuery<'_>,
    ) -> Result<Plan, Box<Unserved>> {
        let strategy = self.strategy.unwrap_or(snapshot.policy.routing.strategy);
        let rule = Rule::of(strategy, query);
        // A saturated model gives the best estimate of the wait.
        if self.candidates.is_empty() && !self.saturated.is_empty() {
            let told = self.left_out.len();
            self.left_out.retain(|left| !matches!(left.why, Exclusion::Saturated(_)));
            self.more_left_out -= self.saturated.len() - (told - self.left_out.len());
            self.candidates =
                order(snapshot.index(), &self.saturated, rule, self.extent.candidates);
            self.more_candidates = self.saturated.len() - self.candidates.len();
        }
        if !query.takes_fallbacks() {
            self.keep_first();
        }
        let failure = self.failure.take().filter(|_| self.candidates.is_empty());
        let failure = failure.map(|failure| self.with_fallbacks(failure, query));
        let plan = Plan {
            candidates: self.candidates,
            more_candidates: self.more_candidates,
            left_out: self.left_out,
            more_left_out: self.more_left_out,
            strategy,
            conversation: (strategy == Strategy::Sticky).then_some(rule.conversation),
            aliases: self.aliases,
            is_query: self.is_query,
        };
        match failure {
            Some(failure) => Err(Box::new(Unserved { failure, plan })),
            None => Ok(plan),
        }
    }

    /// When the requested model is cooling down or unsuitable, its fallbacks may be cooling down as
    /// well: then the client gets the causes of all of them.
    fn with_fallbacks(&self, failure: Failure, query: RoutingQuery<'_>) -> Failure {
        let told = match &failure {
            Failure::CircuitOpen { causes, .. } => causes.len(),
            Failure::StillFailing { .. } => 1,
            Failure::NoneUsable(_) => 0,
            _ => return failure,
        };
        if cooling_down_among(&self.left_out).count() <= told {
            return failure;
        }
        let asked = query.selector.shown();
        all_cooling_down(&asked, cooling_down_among(&self.left_out)).unwrap_or(failure)
    }

    /// Everything after the first candidate is excluded.
    fn keep_first(&mut self) {
        let others = self.candidates.split_off(1.min(self.candidates.len()));
        let room = self.extent.left_out.saturating_sub(self.left_out.len());
        self.more_left_out += std::mem::take(&mut self.more_candidates);
        self.more_left_out += others.len().saturating_sub(room);
        self.left_out.extend(others.into_iter().take(room).map(|candidate| LeftOut {
            model: candidate.model,
            why: Exclusion::Preference(Unwanted::NotFirst),
        }));
    }
}
