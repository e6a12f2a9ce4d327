//! Candidates for a request, best first, and why each other model is none.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::matching::{self, Found};
use super::pairs::Decision;
use super::preferences::Preferences;
use super::selector::Selector;
use super::strategy::{Candidate, Circumstances, order};
use super::tags::TagFilter;
use super::why::{Full, Why};
use crate::catalog::{Access, Model, Snapshot};
use crate::config::alias::Alias;
use crate::domain::failure::Failure;
use crate::domain::ids::ModelId;
use crate::domain::strategy::Strategy;

/// What is asked for, and under which circumstances.
#[derive(Clone, Copy)]
pub struct Inquiry<'a> {
    pub selector: &'a Selector,
    /// From the header `x-llm-router-tags`.
    pub tags: &'a TagFilter,
    pub preferences: &'a Preferences,
    /// OpenRouter's `models`: who is asked after the first.
    pub further: &'a [String],
    /// Which side of a pair serves.
    pub decision: Option<&'a Decision>,
    /// Why a model has no room for one more call now.
    pub full: &'a dyn Fn(&Model) -> Option<Full>,
    pub circumstances: Circumstances<'a>,
}

#[derive(Clone, Debug)]
pub struct Plan {
    /// At least one, best first, fallbacks last; each can be called.
    pub candidates: Vec<Candidate>,
    /// What else was meant by the request, and why it is not called.
    pub left_out: Vec<LeftOut>,
    pub strategy: Strategy,
    /// The alias that was asked for.
    pub alias: Option<Arc<Alias>>,
    /// Whether tags were asked for: then nobody beyond them is called.
    pub is_query: bool,
}

#[derive(Clone, Debug)]
pub struct LeftOut {
    pub model: Arc<Model>,
    pub why: Why,
}

/// # Errors
/// When nothing matches, or nothing of what matches can be called, with the reason.
pub fn plan(snapshot: &Snapshot, inquiry: Inquiry<'_>) -> Result<Plan, Failure> {
    Gathered::of(snapshot, inquiry).into_plan(snapshot, inquiry)
}

/// The candidates of a request as `plan` sees them, and why every model of the catalogue that is
/// not among them is none.
pub fn explain(snapshot: &Snapshot, inquiry: Inquiry<'_>) -> (Result<Plan, Failure>, Vec<LeftOut>) {
    let gathered = Gathered::of(snapshot, inquiry);
    let others = snapshot.models().iter().filter(|model| !gathered.known.contains(&model.id));
    let others = others.map(|model| LeftOut {
        model: model.clone(),
        why: Why::Query(matching::why_not(snapshot, model, &inquiry.first())),
    });
    let mut left_out = gathered.left_out.clone();
    left_out.extend(others);
    let plan = gathered.into_plan(snapshot, inquiry);
    if let Ok(plan) = &plan {
        left_out.retain(|left| plan.candidates.iter().all(|kept| kept.model.id != left.model.id));
    }
    (plan, left_out)
}

/// The models of those names, or expressions of tags, that can serve the request, in the order of
/// the names. A name that nobody has is passed over: it may come with the next reload.
pub fn named(snapshot: &Snapshot, inquiry: Inquiry<'_>, names: &[String]) -> Vec<Arc<Model>> {
    let mut gathered = Gathered::default();
    for name in names {
        gathered.add(snapshot, inquiry, &Selector::Named(name.clone()));
    }
    gathered.candidates.into_iter().map(|candidate| candidate.model).collect()
}

impl Inquiry<'_> {
    /// What is looked for first: of a pair, the side that serves.
    fn first(&self) -> Cow<'_, Selector> {
        match self.decision {
            Some(decision) => Cow::Owned(Selector::Named(decision.target.clone())),
            None => Cow::Borrowed(self.selector),
        }
    }

    fn takes_fallbacks(&self) -> bool {
        self.preferences.allow_fallbacks != Some(false)
    }
}

/// What was found so far, selector by selector.
#[derive(Default)]
struct Gathered {
    candidates: Vec<Candidate>,
    left_out: Vec<LeftOut>,
    /// Whoever is in one of the two.
    known: Vec<ModelId>,
    strategy: Option<Strategy>,
    failure: Option<Failure>,
    alias: Option<Arc<Alias>>,
    is_query: bool,
}

impl Gathered {
    /// What was asked for, and then whoever may take its place.
    fn of(snapshot: &Snapshot, inquiry: Inquiry<'_>) -> Self {
        let mut gathered = Self::default();
        let found = gathered.add(snapshot, inquiry, &inquiry.first());
        if let Some(found) = &found {
            gathered.alias.clone_from(&found.alias);
            gathered.is_query = found.is_query;
        }
        if !inquiry.takes_fallbacks() {
            gathered.candidates.truncate(1);
            return gathered;
        }
        for name in gathered.fallbacks(inquiry, found.as_ref()) {
            let before = gathered.candidates.len();
            gathered.add(snapshot, inquiry, &Selector::Named(name));
            for candidate in gathered.candidates.iter_mut().skip(before) {
                candidate.reason = format!("fallback; {}", candidate.reason);
            }
        }
        gathered
    }

    /// Names in the order in which they are asked: the pair's other side, those of the body, those
    /// of the models, those of the alias. Models that were found by tags bring none along: a
    /// fallback never changes the tags.
    fn fallbacks(&self, inquiry: Inquiry<'_>, found: Option<&Found>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        names.extend(inquiry.decision.map(|decision| decision.other.clone()));
        names.extend_from_slice(inquiry.further);
        let Some(found) = found else { return names };
        if !found.is_query {
            let first = self.candidates.iter().map(|candidate| &candidate.model);
            let is_first = |model: &&Arc<Model>| {
                self.candidates.iter().all(|first| first.model.id != model.id)
            };
            let models = first.chain(found.models.iter().filter(is_first));
            names.extend(models.flat_map(|model| model.config.fallbacks.iter().cloned()));
        }
        if let Some(alias) = &found.alias {
            names.extend_from_slice(&alias.fallbacks.usual);
        }
        names
    }

    /// Whom a selector means. Only the first failure is kept: it speaks of what was asked for.
    fn add(
        &mut self,
        snapshot: &Snapshot,
        inquiry: Inquiry<'_>,
        selector: &Selector,
    ) -> Option<Found> {
        let mut found = match matching::find(snapshot, selector) {
            Ok(found) => found,
            Err(failure) => {
                self.failure.get_or_insert(failure);
                return None;
            }
        };
        found.models.retain(|model| !self.known.contains(&model.id));
        let (able, left_out) = sift(&found, inquiry);
        if able.is_empty() {
            let failure = || nobody(snapshot, inquiry.selector, &found, &left_out);
            self.failure.get_or_insert_with(failure);
        }
        let strategy = found
            .strategy
            .or(inquiry.preferences.strategy())
            .unwrap_or(snapshot.policy.routing.strategy);
        self.strategy.get_or_insert(strategy);
        let mut candidates = order(able, strategy, inquiry.circumstances);
        if !inquiry.preferences.order.is_empty() {
            candidates.sort_by_key(|candidate| inquiry.preferences.rank(&candidate.model));
        }
        self.known.extend(found.models.iter().map(|model| model.id));
        self.candidates.extend(candidates);
        self.left_out.extend(left_out);
        Some(found)
    }

    fn into_plan(self, snapshot: &Snapshot, inquiry: Inquiry<'_>) -> Result<Plan, Failure> {
        let Self { mut candidates, mut left_out, strategy, failure, alias, is_query, .. } = self;
        let strategy = strategy.unwrap_or(snapshot.policy.routing.strategy);
        // Who is full says best himself for how long.
        if candidates.is_empty() {
            let (full, others) = left_out
                .into_iter()
                .partition::<Vec<_>, _>(|left| matches!(left.why, Why::Full(_)));
            left_out = others;
            let full = full.into_iter().map(|left| left.model).collect();
            candidates = order(full, strategy, inquiry.circumstances);
        }
        match failure {
            Some(failure) if candidates.is_empty() => Err(failure),
            _ => Ok(Plan { candidates, left_out, strategy, alias, is_query }),
        }
    }
}

fn sift(found: &Found, inquiry: Inquiry<'_>) -> (Vec<Arc<Model>>, Vec<LeftOut>) {
    let mut able = Vec::with_capacity(found.models.len());
    let mut left_out = Vec::new();
    for model in &found.models {
        match why_not(model, found.is_one, inquiry) {
            None => able.push(model.clone()),
            Some(why) => left_out.push(LeftOut { model: model.clone(), why }),
        }
    }
    // A wish that would only be dropped is no reason to call nobody.
    if able.is_empty() {
        left_out.retain(|left: &LeftOut| {
            let may_serve = matches!(&left.why, Why::Unmet(unmet) if unmet.is_droppable());
            if may_serve {
                able.push(left.model.clone());
            }
            !may_serve
        });
    }
    (able, left_out)
}

fn why_not(model: &Arc<Model>, is_one: bool, inquiry: Inquiry<'_>) -> Option<Why> {
    if !model.is_active {
        return Some(Why::Inactive);
    }
    if let Some(reason) = model.provider.why_not() {
        return Some(match model.provider.access {
            Access::NoKey { .. } if model.provider.is_active => Why::NoKey(reason),
            Access::NoKey { .. } | Access::NoUrl(_) | Access::Ready => Why::Provider(reason),
        });
    }
    if let Some(missing) = inquiry.tags.first_missing(|tag| model.has_tag(tag)) {
        return Some(Why::Query(missing));
    }
    let Circumstances { needs, now, .. } = inquiry.circumstances;
    if let Some(reason) = inquiry.preferences.refuses(model, needs) {
        return Some(Why::Preference(reason));
    }
    // Who names one model knows its window better than an estimate does.
    let window = model.config.context_window.filter(|_| !is_one);
    if let Some(unmet) = needs.unmet(&model.facts.capabilities, window) {
        return Some(Why::Unmet(unmet));
    }
    resting(model, now).or_else(|| (inquiry.full)(model).map(Why::Full))
}

fn resting(model: &Model, now: Duration) -> Option<Why> {
    let of_provider = model.provider.vitals.circuit.wait(now);
    let of_model = model.vitals.circuit.wait(now);
    match (of_provider, of_model) {
        (Some(retry_after), _) => Some(Why::Resting { whose: "its provider", retry_after }),
        (None, Some(retry_after)) => Some(Why::Resting { whose: "it", retry_after }),
        (None, None) => None,
    }
}

/// The failure that tells the client most of why nobody is called.
fn nobody(
    snapshot: &Snapshot,
    selector: &Selector,
    found: &Found,
    left_out: &[LeftOut],
) -> Failure {
    let rests = left_out.iter().filter_map(|left| match &left.why {
        Why::Resting { retry_after, .. } => Some(*retry_after),
        _ => None,
    });
    if let Some(retry_after) = rests.min() {
        return Failure::AllResting { asked: selector.shown(), retry_after };
    }
    let unmet = left_out.iter().find_map(|left| match &left.why {
        Why::Unmet(unmet) => Some((&left.model, unmet)),
        _ => None,
    });
    if let Some((model, unmet)) = unmet {
        let others = left_out.len() - 1;
        let others =
            if others == 0 { String::new() } else { format!(", nor do {others} others serve it") };
        let message = format!("`{}` {unmet}{others}", model.full_name());
        return Failure::BadRequest { message, param: Some(unmet.param()) };
    }
    // Inactive ones are as good as unknown; where an active one cannot be called, its reason is
    // told.
    let is_known = |left: &&LeftOut| left.model.is_active && left.model.provider.is_active;
    let mut reasons: Vec<String> = Vec::new();
    for left in left_out.iter().filter(is_known) {
        if let Why::Provider(reason) | Why::NoKey(reason) = &left.why
            && !reasons.contains(reason)
        {
            reasons.push(reason.clone());
        }
    }
    if !reasons.is_empty() {
        return Failure::NoneUsable(listed(reasons));
    }
    match selector {
        Selector::Named(asked) if !found.is_query => {
            Failure::ModelNotFound { asked: asked.clone(), near: snapshot.near_names(asked) }
        }
        selector => Failure::NothingMatches(selector.shown()),
    }
}

fn listed(mut reasons: Vec<String>) -> String {
    const MOST: usize = 3;
    let more = reasons.len().saturating_sub(MOST);
    reasons.truncate(MOST);
    if more > 0 {
        reasons.push(format!("and {more} more; GET /providers lists all"));
    }
    reasons.join("; ")
}
