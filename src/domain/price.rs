//! What a model's tokens cost. An unknown price stays unknown: it is never 0.

use super::money::NanoUsd;
use super::usage::Usage;

/// Nano-dollars per million tokens: whole numbers down to a billionth of a dollar a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPrice(u64);

impl TokenPrice {
    /// From US dollars per thousand tokens, the unit of `router.toml`. `None` for a negative
    /// or unreasonable number (over 1,000 dollars per thousand).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked in the line before"
    )]
    pub fn per_1k_dollars(dollars: f64) -> Option<Self> {
        (0.0..=1000.0).contains(&dollars).then(|| Self((dollars * 1e12).round() as u64))
    }

    /// The unit of `router.toml`.
    #[expect(clippy::cast_precision_loss, reason = "prices have far fewer digits")]
    pub fn as_per_1k_dollars(self) -> f64 {
        self.0 as f64 / 1e12
    }

    pub fn nano_per_million(self) -> u64 {
        self.0
    }

    fn of(self, tokens: u64) -> u128 {
        u128::from(self.0) * u128::from(tokens)
    }
}

/// A model's prices. Tokens read from and written to the cache fall back to the prompt's price,
/// which is what a provider without a cache discount charges; reasoning tokens fall back to the
/// completion's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    pub prompt: Option<TokenPrice>,
    pub completion: Option<TokenPrice>,
    pub cached: Option<TokenPrice>,
    pub cache_write: Option<TokenPrice>,
    pub reasoning: Option<TokenPrice>,
}

impl Prices {
    /// The cost of a call, rounded half up to a nano-dollar; `None` when a price that the call
    /// needs is unknown.
    pub fn cost(&self, usage: &Usage) -> Option<NanoUsd> {
        const TOKENS_PER_PRICE: u128 = 1_000_000;
        let cached = usage.cached.min(usage.prompt);
        let written = usage.cache_write.min(usage.prompt - cached);
        let plain = usage.prompt - cached - written;
        let completion = usage.completion.max(usage.total.saturating_sub(usage.prompt));
        let reasoning = usage.reasoning.min(completion);

        let parts = [
            (plain, self.prompt),
            (cached, self.cached.or(self.prompt)),
            (written, self.cache_write.or(self.prompt)),
            (completion - reasoning, self.completion),
            (reasoning, self.reasoning.or(self.completion)),
        ];
        let mut sum = 0u128;
        for (tokens, price) in parts {
            if tokens > 0 {
                sum += price?.of(tokens);
            }
        }
        let nano = (sum + TOKENS_PER_PRICE / 2) / TOKENS_PER_PRICE;
        // The cost of a call without tokens is unknown, too, where the model has no prices.
        (sum > 0 || self.prompt.is_some()).then_some(())?;
        i64::try_from(nano).ok().map(NanoUsd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices() -> Prices {
        Prices {
            prompt: TokenPrice::per_1k_dollars(0.002),
            completion: TokenPrice::per_1k_dollars(0.01),
            cached: TokenPrice::per_1k_dollars(0.0002),
            cache_write: None,
            reasoning: None,
        }
    }

    #[test]
    fn cached_tokens_cost_their_own_price() {
        let usage =
            Usage { prompt: 1000, cached: 900, completion: 10, total: 1010, ..Usage::default() };
        // 100 * 2 µ$ + 900 * 0.2 µ$ + 10 * 10 µ$ = 480 µ$
        assert_eq!(prices().cost(&usage), Some(NanoUsd(480_000)));
    }

    #[test]
    fn reasoning_that_a_provider_counts_outside_the_completion_is_charged() {
        let usage =
            Usage { prompt: 10, completion: 5, reasoning: 20, total: 35, ..Usage::default() };
        assert_eq!(prices().cost(&usage), Some(NanoUsd(20_000 + 250_000)));
    }

    #[test]
    fn an_unknown_price_is_unknown_and_a_price_of_zero_is_free() {
        let usage = Usage { prompt: 10, completion: 5, total: 15, ..Usage::default() };
        assert_eq!(Prices::default().cost(&usage), None);
        let half_known = Prices { completion: None, ..prices() };
        assert_eq!(half_known.cost(&usage), None);
        let free = TokenPrice::per_1k_dollars(0.0);
        let free = Prices { prompt: free, completion: free, ..Prices::default() };
        assert_eq!(free.cost(&usage), Some(NanoUsd(0)));
    }

    #[test]
    fn more_cached_tokens_than_prompt_tokens_never_go_below_zero() {
        let usage = Usage { prompt: 10, cached: 50, total: 10, ..Usage::default() };
        assert_eq!(prices().cost(&usage), Some(NanoUsd(2_000)));
    }
}
