//! `usage` of the API. Its sums are the canonical ones: cached tokens are part of the input, and
//! reasoning is part of the output.

use serde::Deserialize;

use crate::domain::usage::Usage;

#[derive(Debug, Deserialize)]
pub(in crate::dialects::responses) struct WireUsage {
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    input_tokens_details: Option<InputDetails>,
    #[serde(default)]
    output_tokens: Option<u64>,
    #[serde(default)]
    output_tokens_details: Option<OutputDetails>,
    #[serde(default)]
    total_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct InputDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct OutputDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl WireUsage {
    pub(in crate::dialects::responses) fn into_usage(self) -> Usage {
        let prompt = self.input_tokens.unwrap_or(0);
        let completion = self.output_tokens.unwrap_or(0);
        let input = self.input_tokens_details.as_ref();
        let output = self.output_tokens_details;
        Usage {
            prompt,
            completion,
            cached: input.and_then(|input| input.cached_tokens).unwrap_or(0),
            cache_write: input.and_then(|input| input.cache_write_tokens).unwrap_or(0),
            reasoning: output.and_then(|output| output.reasoning_tokens).unwrap_or(0),
            total: self.total_tokens.unwrap_or(prompt.saturating_add(completion)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_and_missing_ones_are_none() {
        let read = |text: &str| serde_json::from_str::<WireUsage>(text).unwrap().into_usage();
        let full = read(
            r#"{"input_tokens":90,"input_tokens_details":{"cached_tokens":64,"cache_write_tokens":8},
            "output_tokens":12,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":102}"#,
        );
        let expected = Usage {
            prompt: 90,
            completion: 12,
            cached: 64,
            cache_write: 8,
            reasoning: 5,
            total: 102,
        };
        assert_eq!(full, expected);
        let bare = read(r#"{"input_tokens":9,"output_tokens":3,"output_tokens_details":null}"#);
        assert_eq!(bare, Usage { prompt: 9, completion: 3, total: 12, ..Usage::default() });
    }
}
