//! Candidates for a request, best first, and why each other model is none.

use std::sync::Arc;
use std::time::Duration;

use super::matching::{self, Found};
use super::preferences::Preferences;
use super::selector::Selector;
use super::strategy::{Candidate, Circumstances, order};
use super::tags::TagFilter;
use super::why::Why;
use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;
use crate::domain::strategy::Strategy;

/// What is asked for, and under which circumstances.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    pub selector: &'a Selector,
    /// From the header `x-llm-router-tags`.
    pub tags: &'a TagFilter,
    pub preferences: &'a Preferences,
    pub circumstances: Circumstances<'a>,
}

#[derive(Clone, Debug)]
pub struct Plan {
    /// At least one, best first; each can be called.
    pub candidates: Vec<Candidate>,
    /// What else was meant by the request, and why it is not called.
    pub left_out: Vec<LeftOut>,
    pub strategy: Strategy,
}

#[derive(Clone, Debug)]
pub struct LeftOut {
    pub model: Arc<Model>,
    pub why: Why,
}

/// # Errors
/// When nothing matches, or nothing of what matches can be called, with the reason.
pub fn plan(snapshot: &Snapshot, inquiry: Inquiry<'_>) -> Result<Plan, Failure> {
    let found = matching::find(snapshot, inquiry.selector)?;
    let (able, left_out) = sift(&found, inquiry);
    if able.is_empty() {
        return Err(nobody(snapshot, inquiry, &found, &left_out));
    }
    let strategy = found
        .strategy
        .or(inquiry.preferences.strategy())
        .unwrap_or(snapshot.policy.routing.strategy);
    let mut candidates = order(able, strategy, inquiry.circumstances);
    if !inquiry.preferences.order.is_empty() {
        candidates.sort_by_key(|candidate| inquiry.preferences.rank(&candidate.model));
    }
    if inquiry.preferences.allow_fallbacks == Some(false) {
        candidates.truncate(1);
    }
    Ok(Plan { candidates, left_out, strategy })
}

/// The models of those names, or expressions of tags, that can serve the request, in the order of
/// the names. A name that nobody has is passed over: it may come with the next reload.
pub fn named(snapshot: &Snapshot, inquiry: Inquiry<'_>, names: &[String]) -> Vec<Arc<Model>> {
    let mut models = Vec::new();
    for name in names {
        let selector = Selector::Named(name.clone());
        if let Ok(plan) = plan(snapshot, Inquiry { selector: &selector, ..inquiry }) {
            models.extend(plan.candidates.into_iter().map(|candidate| candidate.model));
        }
    }
    models
}

/// The candidates of a request as `plan` sees them, and why every model of the catalogue that is
/// not among them is none.
pub fn explain(snapshot: &Snapshot, inquiry: Inquiry<'_>) -> (Result<Plan, Failure>, Vec<LeftOut>) {
    let plan = plan(snapshot, inquiry);
    let Ok(found) = matching::find(snapshot, inquiry.selector) else { return (plan, Vec::new()) };
    let (_, mut left_out) = sift(&found, inquiry);
    let is_meant = |model: &Arc<Model>| found.models.iter().any(|meant| meant.id == model.id);
    let others = snapshot.models().iter().filter(|model| !is_meant(model));
    left_out.extend(others.map(|model| LeftOut {
        model: model.clone(),
        why: Why::Query(matching::why_not(model, inquiry.selector)),
    }));
    (plan, left_out)
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
        return Some(Why::Provider(reason));
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
    resting(model, now)
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
    inquiry: Inquiry<'_>,
    found: &Found,
    left_out: &[LeftOut],
) -> Failure {
    let rests = left_out.iter().filter_map(|left| match &left.why {
        Why::Resting { retry_after, .. } => Some(*retry_after),
        _ => None,
    });
    if let Some(retry_after) = rests.min() {
        return Failure::AllResting { asked: inquiry.selector.shown(), retry_after };
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
        if let Why::Provider(reason) = &left.why
            && !reasons.contains(reason)
        {
            reasons.push(reason.clone());
        }
    }
    if !reasons.is_empty() {
        return Failure::NoneUsable(listed(reasons));
    }
    match inquiry.selector {
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
