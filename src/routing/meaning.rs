//! Resolves a name to models, through aliases of aliases, tags and pairs, with the fallbacks of
//! aliases. A name among a key's `allowed_models` permits exactly these.

use std::sync::Arc;

use super::matching::{NamedIn, by_resolved, resolve};
use crate::catalog::model_set::ModelSet;
use crate::catalog::{Model, Snapshot};
use crate::config::alias::Fallbacks;
use crate::domain::ids::ModelId;
use crate::keys::restrictions::Restrictions;

/// The models that may serve a call with that name, including those that cannot be called now;
/// empty if it refers to nothing.
pub fn models_named(snapshot: &Snapshot, name: &str) -> Vec<Arc<Model>> {
    let places = places(snapshot, [name], NamedIn::Configuration);
    snapshot.index().models(&places).map(|(_, model)| model.clone()).collect()
}

/// The same for a name that a client chose, which a wildcard may stand for.
pub fn models_requested(snapshot: &Snapshot, name: &str) -> Vec<Arc<Model>> {
    let places = places(snapshot, [name], NamedIn::Request);
    snapshot.index().models(&places).map(|(_, model)| model.clone()).collect()
}

fn places<'a>(
    snapshot: &'a Snapshot,
    names: impl IntoIterator<Item = &'a str>,
    named_in: NamedIn,
) -> ModelSet {
    let mut meaning = Meaning { snapshot, followed: Vec::new(), places: snapshot.index().none() };
    for name in names {
        meaning.add(name, named_in);
    }
    meaning.places
}

struct Meaning<'a> {
    snapshot: &'a Snapshot,
    /// Each name is followed once: a pair's side may be an alias of the pair.
    followed: Vec<&'a str>,
    places: ModelSet,
}

impl<'a> Meaning<'a> {
    /// Returns whether the name refers to any model. If not, a call with it is refused before
    /// fallbacks are considered.
    fn add(&mut self, name: &'a str, named_in: NamedIn) -> bool {
        if self.followed.contains(&name) {
            return false;
        }
        self.followed.push(name);
        let snapshot = self.snapshot;
        let resolved = resolve(snapshot, name, named_in);
        let leads_somewhere = match snapshot.pair(resolved.name) {
            Some(pair) => {
                let [strong, weak] =
                    [&pair.strong, &pair.weak].map(|side| self.add(side, NamedIn::Configuration));
                strong || weak
            }
            None => {
                let Some(Ok(found)) = by_resolved(snapshot, resolved.name) else { return false };
                self.places.add(&found.models);
                !found.models.is_empty()
            }
        };
        if leads_somewhere {
            for alias in resolved.aliases {
                let Fallbacks { usual, context, content } = &alias.fallbacks;
                for fallback in usual.iter().chain(context).chain(content) {
                    self.add(fallback, NamedIn::Configuration);
                }
            }
        }
        leads_somewhere
    }
}

/// The models that a key may call through a name among its `allowed_models`. A wildcard grants
/// nothing: a name that no longer is a model's would grant what stands in for it.
#[derive(Clone, Debug, Default)]
pub struct Granted(Vec<ModelId>);

impl Granted {
    /// A model's own name is matched as a pattern, and a pattern names no alias: `gpt-*` was not
    /// written for an alias `gpt-cheap` that stands for another vendor's model.
    pub fn of(snapshot: &Snapshot, restrictions: &Restrictions) -> Self {
        let names = restrictions.plain_names().filter(|name| !snapshot.has(name));
        let mut names = names.filter(|name| is_name(snapshot, name)).peekable();
        if names.peek().is_none() {
            return Self::default();
        }
        let places = places(snapshot, names, NamedIn::Configuration);
        let mut ids: Vec<_> = snapshot.index().models(&places).map(|(_, model)| model.id).collect();
        ids.sort_unstable();
        Self(ids)
    }

    pub fn holds(&self, model: &Model) -> bool {
        self.0.binary_search(&model.id).is_ok()
    }
}

fn is_name(snapshot: &Snapshot, name: &str) -> bool {
    let is_expression = name == "auto" || name.starts_with("tag:") || name.starts_with("pair:");
    is_expression || snapshot.policy.routing.aliases.contains_key(name)
}

/// The models that a caller's key may call, in one snapshot.
#[derive(Clone, Copy)]
pub struct Rights<'a> {
    pub restrictions: &'a Restrictions,
    pub granted: &'a Granted,
}

impl Rights<'_> {
    /// Why the key may not call the model.
    pub fn forbids(self, model: &Model) -> Option<String> {
        self.restrictions.forbids(model, self.granted.holds(model))
    }
}
