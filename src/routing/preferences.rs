//! OpenRouter's `provider` object, as far as a router can keep to it over providers of its own.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::needs::Needs;
use super::unmet::Unmet;
use crate::catalog::Model;
use crate::dialects::errors::BadRequest;
use crate::dialects::openai::body::ChatBody;
use crate::domain::price::{Prices, TokenPrice};
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
    /// `price`, `throughput` or `latency`; other words are OpenRouter's.
    #[serde(deserialize_with = "sort_word")]
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
    #[serde(deserialize_with = "dollars")]
    pub prompt: Option<f64>,
    #[serde(deserialize_with = "dollars")]
    pub completion: Option<f64>,
}

/// A word, or an object that holds it as `by`.
fn sort_word<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "`sort` must be a word, or an object with `by`")]
    enum Sort {
        Word(String),
        Object { by: Option<String> },
    }
    Ok(Option::deserialize(value)?.and_then(|sort| match sort {
        Sort::Word(word) => Some(word),
        Sort::Object { by } => by,
    }))
}

/// A number, or a string that holds one.
fn dollars<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a price must be a number of dollars")]
    enum Price {
        Number(f64),
        Text(String),
    }
    let price = match Option::deserialize(value)? {
        None => return Ok(None),
        Some(Price::Number(price)) => price,
        Some(Price::Text(text)) => text.trim().parse().map_err(D::Error::custom)?,
    };
    if !price.is_finite() || price < 0.0 {
        return Err(D::Error::custom("a price must be a number of dollars, 0 or more"));
    }
    Ok(Some(price))
}

impl Preferences {
    /// What a chat body says. Keys that speak of OpenRouter's own providers are passed over.
    ///
    /// # Errors
    /// When a key that is known has the wrong type.
    pub fn of(body: &ChatBody) -> Result<Self, BadRequest> {
        let Some(text) = body.value_of("provider").filter(|text| *text != b"null") else {
            return Ok(Self::default());
        };
        serde_json::from_slice(text).map_err(|error| {
            BadRequest::new(format!("`provider` cannot be read: {error}"), "provider")
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
    pub fn refuses(&self, model: &Model, needs: &Needs) -> Option<Unwanted> {
        let is_named = |name: &String| is_provider(model, name);
        if self.ignore.iter().any(is_named) {
            return Some(Unwanted::Ignored);
        }
        // There all else speaks of OpenRouter's own providers, and is sent on.
        if model.provider.kind.facts().has_own_providers {
            return None;
        }
        if !self.only.is_empty() && !self.only.iter().any(is_named) {
            return Some(Unwanted::NotAmongOnly);
        }
        if is_dearer(model.prices.prompt, self.max_price.prompt)
            || is_dearer(model.prices.completion, self.max_price.completion)
        {
            return Some(Unwanted::TooDear);
        }
        if self.require_parameters
            && let Some(unmet) = needs.unmet(&model.facts.capabilities, None)
        {
            return Some(Unwanted::Drops(unmet));
        }
        None
    }

    /// The place of this model's provider in `order`.
    pub fn rank(&self, model: &Model) -> usize {
        let place = self.order.iter().position(|name| is_provider(model, name));
        place.unwrap_or(self.order.len())
    }
}

/// What of the `provider` object a model does not fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unwanted {
    NotAmongOnly,
    Ignored,
    TooDear,
    /// With `require_parameters`.
    Drops(Unmet),
    /// Another one comes first, and `allow_fallbacks` is false.
    NotFirst,
}

impl fmt::Display for Unwanted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAmongOnly => out.write_str("its provider is not among `provider.only`"),
            Self::Ignored => out.write_str("its provider is among `provider.ignore`"),
            Self::TooDear => out.write_str("costs more than `provider.max_price`"),
            Self::Drops(unmet) => unmet.fmt(out),
            Self::NotFirst => {
                out.write_str("another one comes first, and `provider.allow_fallbacks` is false")
            }
        }
    }
}

fn is_provider(model: &Model, name: &str) -> bool {
    model.provider.name == name || model.provider.kind.as_str().eq_ignore_ascii_case(name)
}

/// An unknown price is not known to be low enough.
fn is_dearer(price: Option<TokenPrice>, most: Option<f64>) -> bool {
    let Some(most) = most else { return false };
    let usage = Usage { prompt: QUOTED, ..Usage::default() };
    let prices = Prices { prompt: price, ..Prices::default() };
    let quoted = prices.cost(&usage).map(|cost| cost.as_dollars());
    quoted.is_none_or(|dollars| dollars > most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(provider: Value) -> Result<Preferences, String> {
        let body = json!({"messages": [{"role": "user", "content": ""}], "provider": provider});
        let body = ChatBody::parse(body.to_string().into()).unwrap();
        Preferences::of(&body).map_err(|bad| bad.message)
    }

    #[test]
    fn prices_and_the_sort_are_read_in_each_of_their_forms() {
        for (written, prompt) in [
            (json!(0), Some(0.0)),
            (json!(1.5), Some(1.5)),
            (json!(" 2.5"), Some(2.5)),
            (json!(null), None),
        ] {
            let read = read(json!({"max_price": {"prompt": written, "image": 3}})).unwrap();
            assert_eq!(read.max_price, MaxPrice { prompt, completion: None });
        }
        for (written, strategy) in [
            (json!("price"), Some(Strategy::LeastCost)),
            (json!({"by": "throughput", "partition": "none"}), Some(Strategy::LeastLatency)),
            (json!({}), None),
            (json!("exacto"), None),
            (json!(null), None),
        ] {
            assert_eq!(read(json!({ "sort": written })).unwrap().strategy(), strategy);
        }
        assert_eq!(read(json!(null)).unwrap(), Preferences::default());
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for written in [json!(-1), json!("NaN"), json!("inf"), json!("cheap"), json!([1])] {
            let refused = read(json!({"max_price": {"completion": written}})).unwrap_err();
            assert!(refused.starts_with("`provider` cannot be read: "), "{refused}");
        }
        assert!(read(json!({"sort": 3})).is_err());
        assert!(read(json!({"only": "openai"})).is_err());
    }
}
