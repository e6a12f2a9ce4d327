//! The whole catalogue at one point in time, with the index for lookups.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::index::Index;
use super::model::Model;
use super::provider::Provider;
use super::telemetry::Telemetry;
use crate::config::egress::EgressPolicy;
use crate::config::pair::Pair;
use crate::config::recording::Recording;
use crate::config::routing::RoutingSection;
use crate::config::sections::{Pricing, Timeouts};

/// Everything else that a reload replaces together with providers and models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    pub timeouts: Timeouts,
    pub recording: Recording,
    pub pricing: Pricing,
    /// `None` where no traces are exported.
    pub telemetry: Option<Arc<Telemetry>>,
    pub routing: RoutingSection,
    pub egress: EgressPolicy,
}

#[derive(Debug, Default)]
pub struct Snapshot {
    /// The number of catalogues that this process has published.
    pub generation: u64,
    pub policy: Policy,
    providers: Vec<Arc<Provider>>,
    models: Vec<Arc<Model>>,
    index: Index,
}

impl Snapshot {
    pub fn new(
        generation: u64,
        policy: Policy,
        providers: Vec<Arc<Provider>>,
        models: Vec<Arc<Model>>,
    ) -> Self {
        let index = Index::of(&models);
        Self { generation, policy, providers, models, index }
    }

    pub fn providers(&self) -> &[Arc<Provider>] {
        &self.providers
    }

    pub fn models(&self) -> &[Arc<Model>] {
        &self.models
    }

    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// `provider/name` exactly.
    pub fn model(&self, full_name: &str) -> Option<&Arc<Model>> {
        self.index.model(self.index.position_of(full_name)?)
    }

    /// The models that a name may mean, see [`Index::named`].
    pub fn named(&self, name: &str) -> Vec<Arc<Model>> {
        let places = self.index.named(name);
        self.index.models(&places).map(|(_, model)| model.clone()).collect()
    }

    /// Whether [`Self::named`] finds any model.
    pub fn has(&self, name: &str) -> bool {
        self.index.has(name)
    }

    /// The pair for `pair:NAME`, unless a model has that name.
    pub fn pair(&self, name: &str) -> Option<&Pair> {
        let pair = name.strip_prefix("pair:").filter(|_| !self.has(name))?;
        self.policy.routing.pairs.iter().find(|known| known.name == pair)
    }

    /// Whether a call may use it as `model`: the name of a model or an alias.
    pub fn is_name(&self, name: &str) -> bool {
        self.has(name) || self.policy.routing.aliases.contains_key(name)
    }

    /// Up to three callable models with names similar to the requested one.
    pub fn near_names(&self, requested: &str) -> Vec<String> {
        const NEAR: f64 = 0.8;
        const MOST: usize = 3;
        let bare_requested = requested.rsplit('/').next().unwrap_or(requested).to_lowercase();
        let mut near: Vec<(f64, String)> = self
            .models
            .iter()
            .filter(|model| model.is_callable())
            .map(|model| {
                let bare = model.name.rsplit('/').next().unwrap_or(&model.name).to_lowercase();
                let full = model.full_name();
                let likeness = strsim::jaro_winkler(&bare_requested, &bare)
                    .max(strsim::jaro_winkler(&requested.to_lowercase(), &full.to_lowercase()));
                (likeness, full)
            })
            .filter(|(likeness, _)| *likeness > NEAR)
            .collect();
        near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        near.into_iter().take(MOST).map(|(_, name)| name).collect()
    }
}

/// Holds the running snapshot.
#[derive(Default)]
pub struct Catalogue {
    current: ArcSwap<Snapshot>,
}

impl Catalogue {
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        self.current.store(snapshot);
    }
}
