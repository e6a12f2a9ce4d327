//! The client's preferences: which models they exclude, and how they rank the others.

use std::fmt;

use super::unmet::Unmet;
use crate::catalog::Model;
use crate::domain::facts::{Needs, Preferences};
use crate::domain::price::{Prices, TokenPrice};
use crate::domain::usage::Usage;

/// Prices are quoted for this many tokens.
const QUOTED: u64 = 1_000_000;

impl Preferences {
    /// Why this model does not match the preferences.
    pub fn refuses(&self, model: &Model, needs: &Needs) -> Option<Unwanted> {
        let is_named = |name: &String| is_provider(model, name);
        if self.ignore.iter().any(is_named) {
            return Some(Unwanted::Ignored);
        }
        // For an OpenRouter upstream the other keys concern its own providers, and are sent on.
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

/// The preference that a model does not match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unwanted {
    NotAmongOnly,
    Ignored,
    TooDear,
    /// With `require_parameters`.
    Drops(Unmet),
    /// Another provider comes first, and `allow_fallbacks` is false.
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
