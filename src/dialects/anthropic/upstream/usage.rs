//! Maps `usage` to the canonical form. The API counts tokens read from and written to its cache
//! apart from `input_tokens`.

use serde::Deserialize;

use crate::domain::usage::Usage;

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct WireUsage {
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    /// Includes thinking.
    #[serde(default)]
    output_tokens: Option<u64>,
    #[serde(default)]
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct OutputDetails {
    #[serde(default)]
    thinking_tokens: Option<u64>,
}

impl WireUsage {
    /// Merges later counts of the same stream. Counts are cumulative; one that is omitted or
    /// repeated as 0 changes nothing.
    pub(super) fn update(&mut self, later: Self) {
        let newer = |known: &mut Option<u64>, count: Option<u64>| {
            *known = count.filter(|count| *count > 0).or(*known);
        };
        newer(&mut self.input_tokens, later.input_tokens);
        newer(&mut self.cache_creation_input_tokens, later.cache_creation_input_tokens);
        newer(&mut self.cache_read_input_tokens, later.cache_read_input_tokens);
        newer(&mut self.output_tokens, later.output_tokens);
        let thinking = later.output_tokens_details.and_then(|details| details.thinking_tokens);
        let details = self.output_tokens_details.get_or_insert_default();
        newer(&mut details.thinking_tokens, thinking);
    }

    pub(super) fn into_usage(self) -> Usage {
        let cached = self.cache_read_input_tokens.unwrap_or(0);
        let cache_write = self.cache_creation_input_tokens.unwrap_or(0);
        let uncached = self.input_tokens.unwrap_or(0);
        let prompt = uncached.saturating_add(cached).saturating_add(cache_write);
        let completion = self.output_tokens.unwrap_or(0);
        let details = self.output_tokens_details.unwrap_or_default();
        Usage {
            prompt,
            completion,
            cached,
            cache_write,
            reasoning: details.thinking_tokens.unwrap_or(0),
            total: prompt.saturating_add(completion),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> WireUsage {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn cached_tokens_are_part_of_the_prompt() {
        let usage = read(
            r#"{"input_tokens":10,"cache_creation_input_tokens":200,"cache_read_input_tokens":3000,
            "cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":0},
            "output_tokens":50,"output_tokens_details":{"thinking_tokens":30},"service_tier":"standard"}"#,
        );
        let expected = Usage {
            prompt: 3210,
            completion: 50,
            cached: 3000,
            cache_write: 200,
            reasoning: 30,
            total: 3260,
        };
        assert_eq!(usage.into_usage(), expected);
    }

    #[test]
    fn later_counts_never_reduce_earlier_ones() {
        let mut usage =
            read(r#"{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}"#);
        usage
            .update(read(r#"{"input_tokens":0,"cache_read_input_tokens":null,"output_tokens":9}"#));
        let expected =
            Usage { prompt: 15, completion: 9, cached: 5, total: 24, ..Usage::default() };
        assert_eq!(usage.into_usage(), expected);
    }
}
