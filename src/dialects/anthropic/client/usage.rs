//! Usage in Anthropic's meaning: `input_tokens` are those that were neither read from the cache nor
//! written to it.

use serde::Serialize;

use crate::domain::usage::Usage;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WireUsage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
}

impl From<Usage> for WireUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.prompt.saturating_sub(usage.cached + usage.cache_write),
            cache_creation_input_tokens: usage.cache_write,
            cache_read_input_tokens: usage.cached,
            output_tokens: usage.completion,
        }
    }
}

impl WireUsage {
    /// Where the upstream tells none: SDKs fail without these members.
    pub fn estimated(prompt: u64, answer: u64) -> Self {
        Self { input_tokens: prompt, output_tokens: answer, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_not_input_tokens() {
        let usage =
            Usage { prompt: 100, cached: 60, cache_write: 10, completion: 7, ..Usage::default() };
        let expected = WireUsage {
            input_tokens: 30,
            cache_creation_input_tokens: 10,
            cache_read_input_tokens: 60,
            output_tokens: 7,
        };
        assert_eq!(WireUsage::from(usage), expected);
    }
}
