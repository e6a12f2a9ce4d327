//! What is shown of a model beside its entry: its circuit, what is left of its limits, its price
//! with the source, and what its API takes, by the shipped table and by its own overrides.

use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::Model;
use crate::catalog::capabilities::{Api, ModelFacts, Table};
use crate::config::entries::ModelConfig;
use crate::domain::capabilities::ThinkingStyle;
use crate::domain::invocation::PriceUsed;
use crate::domain::price::TokenPrice;
use crate::http::app_state::AppState;

/// As it is now, at this process.
#[derive(Serialize, ToSchema)]
pub struct ModelState {
    /// `closed`, `open` or `half-open`.
    circuit: &'static str,
    /// Seconds until a call is let in, where the circuit is open.
    retry_after: Option<f64>,
    in_flight: usize,
    /// Those that the model has.
    limits: Vec<LimitLevel>,
    /// What its calls are counted with; `null` where that is unknown.
    price: Option<PriceShown>,
    capabilities: CapabilitiesShown,
}

#[derive(Serialize, ToSchema)]
struct LimitLevel {
    /// `concurrency`, `tokens` (per minute) or `requests`.
    of: &'static str,
    limit: u64,
    remaining: u64,
}

/// Dollars per million tokens; `null`: as the prompt, as the completion.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelPrice)]
pub struct PriceShown {
    pub input_per_1m: Option<f64>,
    pub output_per_1m: Option<f64>,
    cached_per_1m: Option<f64>,
    cache_write_per_1m: Option<f64>,
    reasoning_per_1m: Option<f64>,
    /// `router.toml`, `api`, or a list: `prices.toml`, `file`, `url`.
    pub source: String,
    /// The date of the list, where it is from one.
    as_of: Option<String>,
}

/// What the model's API takes.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelCapabilities)]
struct CapabilitiesShown {
    /// By the shipped table; `null` where it does not know the model.
    built_in: Option<Takes>,
    /// With the overrides of its `config`.
    effective: Takes,
}

#[derive(PartialEq, Serialize, ToSchema)]
#[schema(as = ModelTakes)]
struct Takes {
    max_output_tokens: Option<u64>,
    takes_images: bool,
    takes_audio: bool,
    takes_video: bool,
    takes_files: bool,
    takes_tools: bool,
    takes_json_schema: bool,
    takes_sampling: bool,
    /// How thinking is requested: `none`, `budget`, `adaptive`, `level` or `switch`.
    thinking: &'static str,
    always_thinks: bool,
    /// The values of `reasoning_effort`; empty: all.
    efforts: Vec<&'static str>,
    /// `chat` or `responses`, where the vendor has both and the model wants one.
    api: Option<&'static str>,
}

impl ModelState {
    pub fn of(model: &Model, state: &AppState) -> Self {
        let now = state.now();
        let built_in = Table::shipped_once().filter(|table| table.knows(model.remote_name()));
        let built_in =
            built_in.map(|table| table.facts(model.remote_name(), &ModelConfig::default()));
        let levels = model.limits.levels(state.clock);
        Self {
            circuit: model.health.circuit.state(now).as_str(),
            retry_after: model.health.circuit.wait(now).map(|wait| wait.as_secs_f64()),
            in_flight: model.limits.in_flight(),
            limits: levels
                .map(|(of, level)| LimitLevel {
                    of,
                    limit: level.limit,
                    remaining: level.remaining,
                })
                .collect(),
            price: model.price.as_deref().map(PriceShown::of),
            capabilities: CapabilitiesShown {
                built_in: built_in.as_ref().map(Takes::of),
                effective: Takes::of(&model.facts),
            },
        }
    }
}

impl PriceShown {
    pub fn of(price: &PriceUsed) -> Self {
        let per_1m = |price: Option<TokenPrice>| price.map(|it| it.as_per_1k_dollars() * 1000.0);
        let prices = &price.prices;
        Self {
            input_per_1m: per_1m(prices.prompt),
            output_per_1m: per_1m(prices.completion),
            cached_per_1m: per_1m(prices.cached),
            cache_write_per_1m: per_1m(prices.cache_write),
            reasoning_per_1m: per_1m(prices.reasoning),
            source: price.source.to_string(),
            as_of: Some(price.as_of.to_string()).filter(|date| !date.is_empty()),
        }
    }
}

impl Takes {
    fn of(facts: &ModelFacts) -> Self {
        let it = &facts.capabilities;
        Self {
            max_output_tokens: it.max_output_tokens,
            takes_images: it.takes_images,
            takes_audio: it.takes_audio,
            takes_video: it.takes_video,
            takes_files: it.takes_files,
            takes_tools: it.takes_tools,
            takes_json_schema: it.takes_json_schema,
            takes_sampling: it.takes_sampling,
            thinking: match it.thinking {
                ThinkingStyle::None => "none",
                ThinkingStyle::Budget => "budget",
                ThinkingStyle::Adaptive => "adaptive",
                ThinkingStyle::Level => "level",
                ThinkingStyle::Switch => "switch",
            },
            always_thinks: it.always_thinks,
            efforts: it.efforts.iter().map(|effort| effort.as_str()).collect(),
            api: facts.api.map(|api| match api {
                Api::Chat => "chat",
                Api::Responses => "responses",
            }),
        }
    }
}
