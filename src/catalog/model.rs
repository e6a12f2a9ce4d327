//! A running model and the provider that serves it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::capabilities::ModelFacts;
use super::price_list::{FROM_API, FROM_FILE};
use super::provider::{Origin, Provider};
use crate::config::entries::{MockSettings, ModelConfig, RateLimit};
use crate::domain::ids::{ModelId, ModelRef};
use crate::domain::invocation::PriceUsed;
use crate::domain::price::{Prices, TokenPrice};
use crate::health::Health;
use crate::limits::{LimitSettings, LimitsHandle};

#[derive(Clone, Debug)]
pub struct Model {
    pub id: ModelId,
    pub name: String,
    pub provider: Arc<Provider>,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub remote_identifier: Option<String>,
    pub is_active: bool,
    /// Sorted.
    pub tags: Vec<String>,
    pub default_params: Map<String, Value>,
    pub config: ModelConfig,
    pub rate_limit: Option<RateLimit>,
    pub local_path: Option<String>,
    pub download_uri: Option<String>,
    pub origin: Origin,
    pub prices: Prices,
    /// The same with their source, for the records of calls; absent where none is known.
    pub price: Option<Arc<PriceUsed>>,
    /// What the model's API accepts.
    pub facts: ModelFacts,
    /// Circuit and latency; kept over reloads.
    pub health: Arc<Health>,
    /// What of them is in use is kept over reloads.
    pub limits: LimitsHandle,
}

impl Model {
    pub fn limits_of(config: &ModelConfig, rate_limit: Option<&RateLimit>) -> LimitsHandle {
        LimitsHandle::local(LimitSettings {
            max_concurrent: config.max_concurrent,
            tokens_per_minute: config.tokens_per_minute,
            requests: rate_limit.map(RateLimit::numbers),
            is_compared: true,
        })
    }

    /// What the upstream calls this model.
    pub fn remote_name(&self) -> &str {
        self.remote_identifier.as_deref().unwrap_or(&self.name)
    }

    pub fn reference(&self) -> ModelRef<'_> {
        ModelRef { provider: &self.provider.name, model: &self.name }
    }

    /// `provider/name`, which clients may send as `model`.
    pub fn full_name(&self) -> String {
        self.reference().to_string()
    }

    pub fn is_callable(&self) -> bool {
        self.is_active && self.provider.is_callable()
    }

    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.binary_search_by(|known| known.as_str().cmp(tag)).is_ok()
    }

    /// A mock's settings: the model's own over its provider's.
    pub fn mock_settings(&self) -> MockSettings {
        let base = self.provider.settings.mock.clone().unwrap_or_default();
        self.config.mock.clone().unwrap_or_default().over(&base)
    }
}

/// As the entry says.
pub fn prices_of(config: &ModelConfig) -> Prices {
    let price = |dollars: Option<f64>| dollars.and_then(TokenPrice::per_1k_dollars);
    Prices {
        prompt: price(config.cost_per_1k_tokens),
        completion: price(config.cost_per_1k_completion_tokens),
        cached: price(config.cost_per_1k_cached_tokens),
        cache_write: price(config.cost_per_1k_cache_write_tokens),
        reasoning: price(config.cost_per_1k_reasoning_tokens),
    }
}

/// The key under which `POST /pricing/sync` notes in a model's config where its prices are from.
pub const PRICE_SOURCE: &str = "price_source";

/// An entry's own prices, with where they came from.
pub fn price_of(config: &ModelConfig, origin: Origin) -> Option<PriceUsed> {
    let prices = prices_of(config);
    if prices == Prices::default() {
        return None;
    }
    let noted = |key: &str| config.other.get(PRICE_SOURCE)?.get(key)?.as_str();
    let source = noted("source").unwrap_or(match origin {
        Origin::File => FROM_FILE,
        Origin::Api => FROM_API,
    });
    Some(PriceUsed {
        prices,
        source: source.into(),
        as_of: noted("as_of").unwrap_or_default().into(),
    })
}
