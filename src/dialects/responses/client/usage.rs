//! Usage in the API's form. Its sums are the router's own.

use serde::Serialize;

use crate::domain::usage::Usage;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct WireUsage {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

impl From<Usage> for WireUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.prompt,
            input_tokens_details: InputDetails {
                cached_tokens: usage.cached,
                cache_write_tokens: usage.cache_write,
            },
            output_tokens: usage.completion,
            output_tokens_details: OutputDetails { reasoning_tokens: usage.reasoning },
            total_tokens: usage.total,
        }
    }
}

impl WireUsage {
    /// Where the upstream tells none: SDKs fail without these members.
    pub(super) fn estimated(prompt: u64, answer: u64) -> Self {
        let total_tokens = prompt.saturating_add(answer);
        Self { input_tokens: prompt, output_tokens: answer, total_tokens, ..Self::default() }
    }
}
