//! Candidates for a selector, best first.

use std::cmp::Reverse;
use std::sync::Arc;

use super::selector::{Query, Selector};
use crate::catalog::{Model, Snapshot};
use crate::config::entries::ProviderKind;
use crate::domain::failure::Failure;

/// Mocks answer only those who ask for them by name, provider, type or this tag.
const DEMO_TAG: &str = "demo";

/// An alias may stand for another one, but not for itself over corners.
const MAX_ALIASES: usize = 5;

#[derive(Clone, Debug)]
pub struct Plan {
    /// At least one, best first; each can be called.
    pub candidates: Vec<Arc<Model>>,
}

/// # Errors
/// When nothing matches, or nothing of what matches can be called, with the reason.
pub fn plan(snapshot: &Snapshot, selector: &Selector) -> Result<Plan, Failure> {
    match selector {
        Selector::Query(query) => by_query(snapshot, query),
        Selector::Named(name) => by_name(snapshot, name),
    }
}

fn by_name(snapshot: &Snapshot, asked: &str) -> Result<Plan, Failure> {
    let mut name = asked;
    for _ in 0..MAX_ALIASES {
        let models = snapshot.named(name);
        if !models.is_empty() {
            return callable(models, || not_found(snapshot, asked));
        }
        if let Some(tags) = name.strip_prefix("tag:") {
            return by_query(snapshot, &Query::of_tags(tags));
        }
        if name == "auto" {
            return by_query(snapshot, &Query::default());
        }
        match snapshot.policy.aliases.get(name) {
            Some(target) => name = target,
            None => break,
        }
    }
    Err(not_found(snapshot, asked))
}

fn by_query(snapshot: &Snapshot, query: &Query) -> Result<Plan, Failure> {
    refuse_unknown_words(query)?;
    let matching = snapshot.models().iter().filter(|model| matches(model, query));
    let nothing = || Failure::NothingMatches(query.shown());
    callable(matching.cloned().collect(), nothing)
}

/// Of the models, those that can be called, in order. Inactive ones are as good as unknown;
/// where an active one cannot be called, its reason is told.
fn callable(models: Vec<Arc<Model>>, none: impl FnOnce() -> Failure) -> Result<Plan, Failure> {
    let active: Vec<_> = models.into_iter().filter(|model| model.is_active).collect();
    let mut candidates: Vec<_> =
        active.iter().filter(|model| model.is_callable()).cloned().collect();
    if candidates.is_empty() {
        let is_known = active.iter().any(|model| model.provider.is_active);
        return Err(match reasons(&active) {
            Some(reasons) if is_known => Failure::NoneUsable(reasons),
            _ => none(),
        });
    }
    candidates.sort_by_key(|model| Reverse(model.config.priority));
    Ok(Plan { candidates })
}

/// Why none of the models can be called, each provider once.
fn reasons(models: &[Arc<Model>]) -> Option<String> {
    const MOST: usize = 3;
    let mut reasons: Vec<String> = Vec::new();
    // A provider that was switched off on purpose is no news where another lacks its key.
    let active = models.iter().filter(|model| model.provider.is_active);
    for reason in active.filter_map(|model| model.provider.why_not()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let more = reasons.len().saturating_sub(MOST);
    reasons.truncate(MOST);
    if more > 0 {
        reasons.push(format!("and {more} more; GET /providers lists all"));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn not_found(snapshot: &Snapshot, asked: &str) -> Failure {
    Failure::ModelNotFound { asked: asked.to_owned(), near: snapshot.near_names(asked) }
}

fn matches(model: &Model, query: &Query) -> bool {
    let provider = &model.provider;
    let is_kind = |word: &String| ProviderKind::parse(word) == Some(provider.kind);
    let is_named = |name: &String| {
        *name == model.name
            || Some(name.as_str()) == model.remote_identifier.as_deref()
            || *name == model.full_name()
    };
    let asks_for_mock = query.tags.iter().chain(&query.any_tags).any(|tag| tag == DEMO_TAG)
        || query.provider_types.iter().any(is_kind)
        || query.providers.contains(&provider.name)
        || query.name.as_ref().is_some_and(is_named);

    (provider.kind != ProviderKind::Mock || asks_for_mock)
        && query.name.as_ref().is_none_or(is_named)
        && query.tags.iter().all(|tag| model.has_tag(tag))
        && (query.any_tags.is_empty() || query.any_tags.iter().any(|tag| model.has_tag(tag)))
        && !query.exclude_tags.iter().any(|tag| model.has_tag(tag))
        && (query.provider_types.is_empty() || query.provider_types.iter().any(is_kind))
        && (query.providers.is_empty() || query.providers.contains(&provider.name))
        && query
            .min_context
            .is_none_or(|min| model.config.context_window.is_some_and(|has| has >= min))
}

/// A misspelt provider type would otherwise silently match nothing.
fn refuse_unknown_words(query: &Query) -> Result<(), Failure> {
    let refuse = |message: String, param: &str| {
        Err(Failure::BadRequest { message, param: Some(param.to_owned()) })
    };
    if let Some(word) = query.provider_types.iter().find(|word| ProviderKind::parse(word).is_none())
    {
        let known = ProviderKind::ALL.map(ProviderKind::as_str).join(", ");
        return refuse(
            format!("provider type `{word}` is unknown; known: {known}"),
            "query.provider_types",
        );
    }
    match query.strategy.as_deref() {
        None | Some("priority") => Ok(()),
        Some(other) => {
            refuse(format!("strategy `{other}` is unknown; known: priority"), "query.strategy")
        }
    }
}
