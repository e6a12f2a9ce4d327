//! Looks up models by name, tag, type and provider. Built once for each snapshot, so that a request
//! combines bitsets instead of comparing a thousand lists of tags.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::Model;
use super::model_set::ModelSet;
use crate::domain::hash::StableHash;
use crate::domain::provider_kind::ProviderKind;

#[derive(Debug, Default)]
pub struct Index {
    /// Sorted by provider and name. A model's position is its rank wherever names decide an order.
    models: Vec<Arc<Model>>,
    /// A hash of each model's full name.
    hashes: Vec<u64>,
    callable: ModelSet,
    by_tag: HashMap<String, ModelSet>,
    by_kind: HashMap<ProviderKind, ModelSet>,
    by_provider: HashMap<String, ModelSet>,
    by_full_name: HashMap<String, usize>,
    by_full_remote: HashMap<String, usize>,
    by_name: HashMap<String, ModelSet>,
    by_remote: HashMap<String, ModelSet>,
}

impl Index {
    pub fn of(models: &[Arc<Model>]) -> Self {
        let mut models = models.to_vec();
        models.sort_by(|one, other| {
            (&one.provider.name, &one.name).cmp(&(&other.provider.name, &other.name))
        });
        let count = models.len();
        let mut index = Self { callable: ModelSet::none_of(count), ..Self::default() };
        for (position, model) in models.iter().enumerate() {
            index.add(position, count, model);
        }
        index.models = models;
        index
    }

    fn add(&mut self, position: usize, count: usize, model: &Model) {
        let provider = &model.provider;
        let none = || ModelSet::none_of(count);
        let hash = StableHash::default().with(provider.name.as_bytes());
        self.hashes.push(hash.with(model.name.as_bytes()).finish());
        if model.is_callable() {
            self.callable.insert(position);
        }
        for tag in &model.tags {
            self.by_tag.entry(tag.clone()).or_insert_with(none).insert(position);
        }
        self.by_kind.entry(provider.kind).or_insert_with(none).insert(position);
        self.by_provider.entry(provider.name.clone()).or_insert_with(none).insert(position);
        self.by_full_name.insert(model.full_name(), position);
        self.by_name.entry(model.name.clone()).or_insert_with(none).insert(position);
        if let Some(remote) = &model.remote_identifier {
            let full = format!("{}/{remote}", provider.name);
            self.by_full_remote.entry(full).or_insert(position);
            self.by_remote.entry(remote.clone()).or_insert_with(none).insert(position);
        }
    }

    pub fn all(&self) -> ModelSet {
        ModelSet::all_of(self.models.len())
    }

    pub fn none(&self) -> ModelSet {
        ModelSet::none_of(self.models.len())
    }

    /// The active models whose provider is active and has a usable URL and key.
    pub fn callable(&self) -> &ModelSet {
        &self.callable
    }

    /// `None` if no model has the tag; the same for the next two.
    pub fn tagged(&self, tag: &str) -> Option<&ModelSet> {
        self.by_tag.get(tag)
    }

    pub fn of_kind(&self, kind: ProviderKind) -> Option<&ModelSet> {
        self.by_kind.get(&kind)
    }

    pub fn at_provider(&self, name: &str) -> Option<&ModelSet> {
        self.by_provider.get(name)
    }

    pub fn model(&self, position: usize) -> Option<&Arc<Model>> {
        self.models.get(position)
    }

    /// A hash of the model's full name.
    pub fn hash(&self, position: usize) -> u64 {
        self.hashes.get(position).copied().unwrap_or_default()
    }

    pub fn models<'a>(
        &'a self,
        places: &'a ModelSet,
    ) -> impl Iterator<Item = (usize, &'a Arc<Model>)> {
        places.iter().filter_map(|position| Some((position, self.models.get(position)?)))
    }

    /// `provider/name` exactly.
    pub fn position_of(&self, full_name: &str) -> Option<usize> {
        self.by_full_name.get(full_name).copied()
    }

    /// The models that a name may mean: `provider/name`, else `provider/remote_identifier`, else
    /// all models with that name, else all with that remote identifier.
    pub fn named(&self, name: &str) -> ModelSet {
        let full = self.by_full_name.get(name).or_else(|| self.by_full_remote.get(name));
        if let Some(position) = full {
            let mut places = self.none();
            places.insert(*position);
            return places;
        }
        let bare = self.by_name.get(name).or_else(|| self.by_remote.get(name));
        bare.cloned().unwrap_or_else(|| self.none())
    }

    /// Whether [`Self::named`] finds any model.
    pub fn has(&self, name: &str) -> bool {
        self.by_full_name.contains_key(name)
            || self.by_full_remote.contains_key(name)
            || self.by_name.contains_key(name)
            || self.by_remote.contains_key(name)
    }

    /// All models with that name in any form except `provider/remote_identifier`.
    pub fn bearing(&self, name: &str) -> ModelSet {
        let mut places = self.none();
        self.by_full_name.get(name).into_iter().for_each(|position| places.insert(*position));
        let bare = [self.by_name.get(name), self.by_remote.get(name)];
        bare.into_iter().flatten().for_each(|bare| places.add(bare));
        places
    }
}
