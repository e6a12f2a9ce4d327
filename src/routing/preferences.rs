//! OpenRouter's `provider` object, as far as a router can keep to it over providers of its own.

use serde::Deserialize;

use super::needs::Needs;
use crate::catalog::Model;
use crate::config::entries::ProviderKind;
use crate::dialects::openai::body::{BadBody, ChatBody};
use crate::domain::price::TokenPrice;
use crate::domain::strategy::Strategy;
use crate::domain::usage::Usage;

/// Tokens that prices are quoted for.
const QUOTED: u64 = 1_000_000;

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Names or types of providers that come first, in this order.
    pub order: Vec<String>,
    /// No others.
    pub only: Vec<String>,
    pub ignore: Vec<String>,
    /// `price`, `throughput` or `latency`.
    pub sort: Option<String>,
    /// Dollars for a million tokens.
    pub max_price: MaxPrice,
    /// Leave out models that would drop a wish of the request.
    pub require_parameters: bool,
    /// `false`: the first candidate or none.
    pub allow_fallbacks: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct MaxPrice {
    pub prompt: Option<f64>,
    pub completion: Option<f64>,
}

impl Preferences {
    /// What a chat body says. Keys that speak of OpenRouter's own providers are passed over.
    ///
    /// # Errors
    /// When a key that is known has the wrong type.
    pub fn of(body: &ChatBody) -> Result<Self, BadBody> {
        let Some(text) = body.value_of("provider").filter(|text| *text != b"null") else {
            return Ok(Self::default());
        };
        serde_json::from_slice(text).map_err(|error| {
            BadBody::new(format!("`provider` cannot be read: {error}"), "provider")
        })
    }

    pub fn strategy(&self) -> Option<Strategy> {
        match self.sort.as_deref()? {
            "price" => Some(Strategy::LeastCost),
            "latency" | "throughput" => Some(Strategy::LeastLatency),
            _ => None,
        }
    }

    /// Why this model is not what was wished for.
    pub fn refuses(&self, model: &Model, needs: &Needs) -> Option<String> {
        // There it speaks of OpenRouter's own providers, and is sent on.
        if model.provider.kind == ProviderKind::Openrouter {
            return None;
        }
        let is_named = |name: &String| is_provider(model, name);
        if !self.only.is_empty() && !self.only.iter().any(is_named) {
            return Some(String::from("its provider is not among `provider.only`"));
        }
        if self.ignore.iter().any(is_named) {
            return Some(String::from("its provider is among `provider.ignore`"));
        }
        if is_dearer(model.prices.prompt, self.max_price.prompt)
            || is_dearer(model.prices.completion, self.max_price.completion)
        {
            return Some(String::from("costs more than `provider.max_price`"));
        }
        if self.require_parameters
            && let Some(unmet) = needs.unmet(&model.facts.capabilities, None)
        {
            return Some(unmet.to_string());
        }
        None
    }

    /// The place of this model's provider in `order`.
    pub fn rank(&self, model: &Model) -> usize {
        let place = self.order.iter().position(|name| is_provider(model, name));
        place.unwrap_or(self.order.len())
    }
}

fn is_provider(model: &Model, name: &str) -> bool {
    model.provider.name == name || model.provider.kind.as_str().eq_ignore_ascii_case(name)
}

/// An unknown price is not known to be low enough.
fn is_dearer(price: Option<TokenPrice>, most: Option<f64>) -> bool {
    let Some(most) = most else { return false };
    let quoted = price.map(|price| {
        let usage = Usage { prompt: QUOTED, ..Usage::default() };
        let prices = crate::domain::price::Prices { prompt: Some(price), ..Default::default() };
        prices.cost(&usage).map_or(f64::INFINITY, |cost| cost.as_dollars())
    });
    quoted.is_none_or(|dollars| dollars > most)
}
