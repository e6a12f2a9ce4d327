//! Which models a selector means, before it is asked whether they can serve.

use std::sync::Arc;

use super::selector::{Query, Selector};
use super::tags::TagFilter;
use crate::catalog::{Model, Snapshot};
use crate::config::alias::Alias;
use crate::config::entries::ProviderKind;
use crate::domain::failure::Failure;
use crate::domain::strategy::Strategy;

/// Mocks answer only those who ask for them by name, provider, type or this tag.
const DEMO_TAG: &str = "demo";

/// An alias may stand for another one, but not for itself over corners.
const MAX_ALIASES: usize = 5;

#[derive(Debug)]
pub(super) struct Found {
    pub models: Vec<Arc<Model>>,
    /// Whether one model was named, over however many providers.
    pub is_one: bool,
    /// Whether they were found by tags and not by a name.
    pub is_query: bool,
    /// What the query says of the order.
    pub strategy: Option<Strategy>,
    /// The alias over which they were found.
    pub alias: Option<Arc<Alias>>,
}

/// # Errors
/// When the selector holds words that mean nothing, or a name that nobody has.
pub(super) fn find(snapshot: &Snapshot, selector: &Selector) -> Result<Found, Failure> {
    match selector {
        Selector::Query(query) => by_query(snapshot, query, &TagFilter::default()),
        Selector::Named(name) => by_name(snapshot, name),
    }
}

/// What a name stands for, once aliases are followed.
pub(super) struct Resolved<'a> {
    /// A model's name, `tag:…`, `pair:…`, `auto`, or something that nobody knows.
    pub name: &'a str,
    /// The alias that was asked for.
    pub alias: Option<&'a Arc<Alias>>,
}

pub(super) fn resolve<'a>(snapshot: &'a Snapshot, asked: &'a str) -> Resolved<'a> {
    let mut resolved = Resolved { name: asked, alias: None };
    for _ in 0..MAX_ALIASES {
        let name = resolved.name;
        let is_reserved = name == "auto" || name.starts_with("tag:") || name.starts_with("pair:");
        if is_reserved || snapshot.has(name) {
            break;
        }
        let Some(alias) = snapshot.policy.routing.aliases.get(name) else { break };
        resolved = Resolved { name: &alias.target, alias: resolved.alias.or(Some(alias)) };
    }
    resolved
}

fn by_name(snapshot: &Snapshot, asked: &str) -> Result<Found, Failure> {
    let Resolved { name, alias } = resolve(snapshot, asked);
    let models = snapshot.named(name);
    let mut found = if !models.is_empty() {
        Found { models, is_one: true, is_query: false, strategy: None, alias: None }
    } else if let Some(expression) = name.strip_prefix("tag:") {
        by_query(snapshot, &Query::default(), &expression_of(expression)?)?
    } else if name == "auto" {
        by_query(snapshot, &Query::default(), &TagFilter::default())?
    } else {
        let near = snapshot.near_names(asked);
        return Err(Failure::ModelNotFound { asked: asked.to_owned(), near });
    };
    if let Some(alias) = alias {
        found.strategy = alias.strategy;
        found.alias = Some(alias.clone());
    }
    Ok(found)
}

fn expression_of(text: &str) -> Result<TagFilter, Failure> {
    TagFilter::parse(text).map_err(|bad| Failure::BadRequest {
        message: format!("`model` is `tag:{text}`: {bad}"),
        param: Some(String::from("model")),
    })
}

fn by_query(snapshot: &Snapshot, query: &Query, tags: &TagFilter) -> Result<Found, Failure> {
    refuse_unknown_words(query)?;
    let strategy = query.strategy.as_deref().map(strategy).transpose()?;
    let is_meant = |model: &&Arc<Model>| mismatch(model, query, tags).is_none();
    let models = snapshot.models().iter().filter(is_meant).cloned().collect();
    Ok(Found { models, is_one: false, is_query: true, strategy, alias: None })
}

/// Why a model is not meant.
pub(super) fn why_not(snapshot: &Snapshot, model: &Model, selector: &Selector) -> String {
    let no_tags = TagFilter::default();
    let reason = match selector {
        Selector::Query(query) => mismatch(model, query, &no_tags),
        Selector::Named(name) => {
            let name = resolve(snapshot, name).name;
            match name.strip_prefix("tag:").map(TagFilter::parse) {
                Some(Ok(tags)) => mismatch(model, &Query::default(), &tags),
                Some(Err(_)) => None,
                None if name == "auto" => mismatch(model, &Query::default(), &no_tags),
                None => None,
            }
        }
    };
    reason.unwrap_or_else(|| format!("is not meant by `{}`", selector.shown()))
}

fn mismatch(model: &Model, query: &Query, tags: &TagFilter) -> Option<String> {
    let provider = &model.provider;
    let is_kind = |word: &String| ProviderKind::parse(word) == Some(provider.kind);
    let is_named = |name: &String| {
        *name == model.name
            || Some(name.as_str()) == model.remote_identifier.as_deref()
            || *name == model.full_name()
    };
    let wanted = query.tags.iter().chain(&query.any_tags);
    let wanted = wanted.chain(&tags.all).chain(tags.any.iter().flatten());
    let asks_for_mock = wanted.into_iter().any(|tag| tag == DEMO_TAG)
        || query.provider_types.iter().any(is_kind)
        || query.providers.contains(&provider.name)
        || query.name.as_ref().is_some_and(is_named);
    if provider.kind == ProviderKind::Mock && !asks_for_mock {
        return Some(String::from("is a mock, which only who asks for it gets"));
    }
    if query.name.as_ref().is_some_and(|name| !is_named(name)) {
        return Some(String::from("has another name"));
    }
    if let Some(tag) = query.tags.iter().find(|tag| !model.has_tag(tag)) {
        return Some(format!("lacks tag `{tag}`"));
    }
    if !query.any_tags.is_empty() && !query.any_tags.iter().any(|tag| model.has_tag(tag)) {
        return Some(format!("has none of `{}`", query.any_tags.join("`, `")));
    }
    if let Some(tag) = query.exclude_tags.iter().find(|tag| model.has_tag(tag)) {
        return Some(format!("has tag `{tag}`"));
    }
    if let Some(reason) = tags.first_missing(|tag| model.has_tag(tag)) {
        return Some(reason);
    }
    if !query.provider_types.is_empty() && !query.provider_types.iter().any(is_kind) {
        return Some(format!("is of type `{}`", provider.kind.as_str()));
    }
    if !query.providers.is_empty() && !query.providers.contains(&provider.name) {
        return Some(format!("is at provider `{}`", provider.name));
    }
    match (query.min_context, model.config.context_window) {
        (Some(min), Some(has)) if has < min => Some(format!("has a context of {has} tokens")),
        (Some(_), None) => Some(String::from("has a context that nobody knows")),
        _ => None,
    }
}

/// A misspelt provider type would otherwise silently match nothing.
fn refuse_unknown_words(query: &Query) -> Result<(), Failure> {
    let unknown = query.provider_types.iter().find(|word| ProviderKind::parse(word).is_none());
    let Some(word) = unknown else { return Ok(()) };
    let known = ProviderKind::ALL.map(ProviderKind::as_str).join(", ");
    Err(Failure::BadRequest {
        message: format!("provider type `{word}` is unknown; known: {known}"),
        param: Some(String::from("query.provider_types")),
    })
}

fn strategy(word: &str) -> Result<Strategy, Failure> {
    Strategy::parse(word).ok_or_else(|| Failure::BadRequest {
        message: format!(
            "strategy `{word}` is unknown; known: {}",
            Strategy::ALL.map(Strategy::as_str).join(", ")
        ),
        param: Some(String::from("query.strategy")),
    })
}
