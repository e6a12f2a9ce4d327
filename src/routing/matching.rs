//! Resolves a selector to models, before eligibility is checked.

use std::borrow::Cow;
use std::sync::Arc;

use super::selector::{Query, Selector};
use super::tags::TagFilter;
use crate::catalog::index::Index;
use crate::catalog::model_set::ModelSet;
use crate::catalog::{Model, Snapshot};
use crate::config::alias::{self, Alias};
use crate::domain::failure::Failure;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::strategy::Strategy;

/// Mocks are selected only by name, provider, type or this tag.
const DEMO_TAG: &str = "demo";

#[derive(Debug)]
pub(super) struct Found<'q> {
    /// In the snapshot's index.
    pub models: ModelSet,
    /// Whether one model was named, at any number of providers.
    pub is_one: bool,
    /// The expression that selected them, if it was not a name.
    pub asked: Option<Asked<'q>>,
    /// The order that the query requests.
    pub strategy: Option<Strategy>,
    /// The aliases that were followed, the requested one first.
    pub aliases: Vec<Arc<Alias>>,
}

/// A query and an additional tag expression.
#[derive(Debug)]
pub(super) struct Asked<'q> {
    query: Cow<'q, Query>,
    tags: TagFilter,
}

/// # Errors
/// When the selector is invalid, or names an unknown model.
pub(super) fn find<'q>(
    snapshot: &Snapshot,
    selector: &'q Selector,
    named_in: NamedIn,
) -> Result<Found<'q>, Failure> {
    match selector {
        Selector::Query(query) => by_query(snapshot, Cow::Borrowed(query), TagFilter::default()),
        Selector::Named(name) => by_name(snapshot, name, named_in),
    }
}

/// Where a name stands. Wildcards are for the names that clients choose: a name of the configuration
/// that leads nowhere stays one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedIn {
    Request,
    Configuration,
}

/// The meaning of a name, after aliases are followed.
pub(super) struct Resolved<'a> {
    /// A model's name, `tag:…`, `pair:…`, `auto`, or an unknown name.
    pub name: &'a str,
    /// The requested alias, and the names that it refers to in turn.
    pub aliases: Vec<&'a Arc<Alias>>,
}

/// A model's own name takes precedence over an alias, and an alias over a wildcard.
pub(super) fn resolve<'a>(
    snapshot: &'a Snapshot,
    asked: &'a str,
    named_in: NamedIn,
) -> Resolved<'a> {
    let aliases = &snapshot.policy.routing.aliases;
    let mut resolved = Resolved { name: asked, aliases: Vec::new() };
    while resolved.aliases.len() < alias::MAX_STEPS {
        let name = resolved.name;
        let is_reserved = name == "auto" || name.starts_with("tag:") || name.starts_with("pair:");
        if is_reserved || snapshot.has(name) {
            break;
        }
        let is_first = named_in == NamedIn::Request && resolved.aliases.is_empty();
        let wildcard = || is_first.then(|| aliases.wildcard(name)).flatten();
        let Some(alias) = aliases.get(name).or_else(wildcard) else { break };
        resolved.name = &alias.target;
        resolved.aliases.push(alias);
    }
    resolved
}

fn by_name<'q>(snapshot: &Snapshot, asked: &str, named_in: NamedIn) -> Result<Found<'q>, Failure> {
    let Resolved { name, aliases } = resolve(snapshot, asked, named_in);
    let Some(found) = by_resolved(snapshot, name) else {
        let near = snapshot.near_names(asked);
        return Err(Failure::ModelNotFound { requested: asked.to_owned(), near });
    };
    let mut found = found?;
    found.aliases = aliases.into_iter().cloned().collect();
    Ok(found)
}

/// The meaning of a name that is not an alias: a model's, `tag:…` or `auto`; `None` for an unknown
/// name.
pub(super) fn by_resolved<'q>(
    snapshot: &Snapshot,
    name: &str,
) -> Option<Result<Found<'q>, Failure>> {
    let models = snapshot.index().named(name);
    if !models.is_empty() {
        let (asked, strategy, aliases) = (None, None, Vec::new());
        return Some(Ok(Found { models, is_one: true, asked, strategy, aliases }));
    }
    let tags = match name.strip_prefix("tag:") {
        Some(expression) => expression_of(expression),
        None if name == "auto" => Ok(TagFilter::default()),
        None => return None,
    };
    Some(tags.and_then(|tags| by_query(snapshot, Cow::default(), tags)))
}

fn expression_of(text: &str) -> Result<TagFilter, Failure> {
    TagFilter::parse(text).map_err(|bad| Failure::BadRequest {
        message: format!("`model` is `tag:{text}`: {bad}"),
        param: Some(String::from("model")),
    })
}

fn by_query<'q>(
    snapshot: &Snapshot,
    query: Cow<'q, Query>,
    tags: TagFilter,
) -> Result<Found<'q>, Failure> {
    refuse_unknown_words(&query)?;
    let strategy = query.strategy.as_deref().map(strategy).transpose()?;
    let asked = Asked { query, tags };
    let models = asked.models(snapshot.index());
    Ok(Found { models, is_one: false, asked: Some(asked), strategy, aliases: Vec::new() })
}

/// Removes the models whose tags do not match: exactly those for which [`TagFilter::first_missing`]
/// returns a reason.
pub(super) fn keep_tagged(places: &mut ModelSet, index: &Index, tags: &TagFilter) {
    keep_all(places, index, &tags.all);
    for choice in &tags.any {
        keep_any(places, choice.iter().map(|tag| index.tagged(tag)), index);
    }
    remove_all(places, index, &tags.none);
}

fn keep_all(places: &mut ModelSet, index: &Index, tags: &[String]) {
    for tag in tags {
        match index.tagged(tag) {
            Some(tagged) => places.keep(tagged),
            None => places.clear(),
        }
    }
}

fn remove_all(places: &mut ModelSet, index: &Index, tags: &[String]) {
    tags.iter().filter_map(|tag| index.tagged(tag)).for_each(|tagged| places.remove(tagged));
}

fn keep_any<'a>(
    places: &mut ModelSet,
    choice: impl Iterator<Item = Option<&'a ModelSet>>,
    index: &Index,
) {
    let mut any = index.none();
    choice.flatten().for_each(|some| any.add(some));
    places.keep(&any);
}

impl Asked<'_> {
    fn models(&self, index: &Index) -> ModelSet {
        let Self { query, tags } = self;
        let mut places = match &query.name {
            Some(name) => index.bearing(name),
            None => index.all(),
        };
        keep_all(&mut places, index, &query.tags);
        if !query.any_tags.is_empty() {
            keep_any(&mut places, query.any_tags.iter().map(|tag| index.tagged(tag)), index);
        }
        remove_all(&mut places, index, &query.exclude_tags);
        keep_tagged(&mut places, index, tags);
        if !query.provider_types.is_empty() {
            let kinds = query.provider_types.iter().filter_map(|word| ProviderKind::parse(word));
            keep_any(&mut places, kinds.map(|kind| index.of_kind(kind)), index);
        }
        if !query.providers.is_empty() {
            keep_any(
                &mut places,
                query.providers.iter().map(|name| index.at_provider(name)),
                index,
            );
        }
        if !self.asks_for_mocks()
            && let Some(mocks) = index.of_kind(ProviderKind::Mock)
        {
            places.remove(mocks);
        }
        if query.min_context.is_some() {
            places.keep_if(|place| {
                index.model(place).is_some_and(|model| self.is_long_enough(model))
            });
        }
        places
    }

    /// Whether a mock that matches everything else is selected. A query that names a provider or a
    /// model selects only those, so a mock among them was named.
    fn asks_for_mocks(&self) -> bool {
        let Self { query, tags } = self;
        let mut wanted = query.tags.iter().chain(&query.any_tags).chain(&tags.all);
        let is_mock = |word: &String| ProviderKind::parse(word) == Some(ProviderKind::Mock);
        !query.providers.is_empty()
            || query.name.is_some()
            || wanted.any(|tag| tag == DEMO_TAG)
            || tags.any.iter().flatten().any(|tag| tag == DEMO_TAG)
            || query.provider_types.iter().any(is_mock)
    }

    /// Why a model is not selected. Only for explanations, because it takes its time. `None`
    /// exactly for [`Self::models`].
    fn mismatch(&self, model: &Model) -> Option<String> {
        let Self { query, tags } = self;
        let provider = &model.provider;
        let is_kind = |word: &String| ProviderKind::parse(word) == Some(provider.kind);
        if provider.kind == ProviderKind::Mock && !self.asks_for_mocks() {
            return Some(String::from("is a mock, which only who asks for it gets"));
        }
        if query.name.as_ref().is_some_and(|name| !bears(model, name)) {
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
        (!self.is_long_enough(model)).then(|| match model.config.context_window {
            Some(has) => format!("has a context of {has} tokens"),
            None => String::from("has a context that nobody knows"),
        })
    }

    /// An unknown context window is not known to be long enough.
    fn is_long_enough(&self, model: &Model) -> bool {
        let Some(min) = self.query.min_context else { return true };
        model.config.context_window.is_some_and(|has| has >= min)
    }
}

fn bears(model: &Model, name: &str) -> bool {
    name == model.name
        || Some(name) == model.remote_identifier.as_deref()
        || name == model.full_name()
}

/// Why a model is not selected.
pub(super) fn why_not(model: &Model, found: Option<&Found<'_>>, selector: &Selector) -> String {
    let asked = found.and_then(|found| found.asked.as_ref());
    let reason = asked.and_then(|asked| asked.mismatch(model));
    reason.unwrap_or_else(|| format!("is not meant by `{}`", selector.shown()))
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
