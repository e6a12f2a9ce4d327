//! `usage` as the OpenAI family writes it, with its spellings, into the canonical form.

use serde::Deserialize;

use crate::domain::usage::Usage;

#[derive(Debug, Deserialize)]
pub(super) struct WireUsage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    total_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's name for cached tokens.
    #[serde(default)]
    prompt_cache_hit_tokens: Option<u64>,
    /// Kimi's.
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl WireUsage {
    pub(super) fn into_usage(self) -> Usage {
        let prompt = self.prompt_tokens.unwrap_or(0);
        let completion = self.completion_tokens.unwrap_or(0);
        let details = self.prompt_tokens_details.as_ref();
        let cached = details
            .and_then(|details| details.cached_tokens)
            .or(self.prompt_cache_hit_tokens)
            .or(self.cached_tokens);
        let reasoning = self.completion_tokens_details.and_then(|details| details.reasoning_tokens);
        let reasoning = reasoning.unwrap_or(0);
        // xAI counts reasoning beside the completion, and only the total tells.
        let with_reasoning = completion.saturating_add(reasoning);
        let is_beside = self.total_tokens == Some(prompt.saturating_add(with_reasoning));
        let completion = if is_beside { with_reasoning } else { completion };
        Usage {
            prompt,
            completion,
            cached: cached.unwrap_or(0),
            cache_write: details.and_then(|details| details.cache_write_tokens).unwrap_or(0),
            reasoning,
            total: self.total_tokens.unwrap_or(prompt.saturating_add(completion)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_a_part_of_the_completion_wherever_it_was_counted() {
        for (completion, total) in [(25, 37), (5, 37)] {
            let text = format!(
                r#"{{"prompt_tokens":12,"completion_tokens":{completion},"total_tokens":{total},"completion_tokens_details":{{"reasoning_tokens":20}}}}"#
            );
            let usage = serde_json::from_str::<WireUsage>(&text).unwrap().into_usage();
            let expected =
                Usage { prompt: 12, completion: 25, reasoning: 20, total: 37, ..Usage::default() };
            assert_eq!(usage, expected, "{text}");
        }
    }

    #[test]
    fn every_spelling_of_cached_tokens_is_read() {
        for text in [
            r#"{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}"#,
            r#"{"prompt_tokens":9,"completion_tokens":3,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5}"#,
            r#"{"prompt_tokens":9,"completion_tokens":3,"cached_tokens":4,"prompt_tokens_details":null}"#,
        ] {
            let usage = serde_json::from_str::<WireUsage>(text).unwrap().into_usage();
            let expected =
                Usage { prompt: 9, completion: 3, cached: 4, total: 12, ..Usage::default() };
            assert_eq!(usage, expected, "{text}");
        }
    }
}
