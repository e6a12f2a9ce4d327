//! Decodes the OpenAI family's `usage`, in all its spellings, into the canonical form. A value that
//! cannot be read counts as unknown and does not fail the answer.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::usage::Usage;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct WireUsage {
    #[serde(default, deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    total_tokens: Option<u64>,
    #[serde(default, deserialize_with = "if_readable")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default, deserialize_with = "if_readable")]
    completion_tokens_details: Option<CompletionDetails>,
    /// Cached tokens, in DeepSeek's spelling.
    #[serde(default, deserialize_with = "count")]
    prompt_cache_hit_tokens: Option<u64>,
    /// In Kimi's.
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<u64>,
}

#[derive(Debug, serde::Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, serde::Deserialize)]
struct CompletionDetails {
    #[serde(default, deserialize_with = "count")]
    reasoning_tokens: Option<u64>,
}

impl WireUsage {
    /// `None` where no count is present: an empty object does not mean zero tokens.
    pub(super) fn into_usage(self) -> Option<Usage> {
        self.prompt_tokens.or(self.completion_tokens).or(self.total_tokens)?;
        let prompt = self.prompt_tokens.unwrap_or(0);
        let completion = self.completion_tokens.unwrap_or(0);
        let details = self.prompt_tokens_details.as_ref();
        let cached = details
            .and_then(|details| details.cached_tokens)
            .or(self.prompt_cache_hit_tokens)
            .or(self.cached_tokens);
        let reasoning = self.completion_tokens_details.and_then(|details| details.reasoning_tokens);
        let reasoning = reasoning.unwrap_or(0);
        // xAI counts reasoning outside the completion tokens, which only the total shows.
        let with_reasoning = completion.saturating_add(reasoning);
        let is_beside = self.total_tokens == Some(prompt.saturating_add(with_reasoning));
        let completion = if is_beside { with_reasoning } else { completion };
        Some(Usage {
            prompt,
            completion,
            cached: cached.unwrap_or(0),
            cache_write: details.and_then(|details| details.cache_write_tokens).unwrap_or(0),
            reasoning,
            total: self.total_tokens.unwrap_or(prompt.saturating_add(completion)),
        })
    }
}

/// A value of the wrong shape is usage without counts; `null` is no usage.
pub(super) fn any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<WireUsage>, D::Error> {
    let value = <&RawValue>::deserialize(from)?.get();
    Ok((value != "null").then(|| serde_json::from_str(value).unwrap_or_default()))
}

/// A value of the wrong shape counts as absent.
fn if_readable<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_str(<&RawValue>::deserialize(from)?.get()).ok())
}

/// A count; some providers write it with a decimal point.
fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let value = Value::deserialize(from)?;
    let whole =
        |number: f64| (number.fract() == 0.0 && (0.0..EXACT).contains(&number)).then_some(number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, in bounds")]
    let from_decimal = || Some(whole(value.as_f64()?)? as u64);
    Ok(value.as_u64().or_else(from_decimal))
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
            let usage = serde_json::from_str::<WireUsage>(&text).unwrap().into_usage().unwrap();
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
            let usage = serde_json::from_str::<WireUsage>(text).unwrap().into_usage().unwrap();
            let expected =
                Usage { prompt: 9, completion: 3, cached: 4, total: 12, ..Usage::default() };
            assert_eq!(usage, expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        let read = |text: &str| serde_json::from_str::<WireUsage>(text).unwrap().into_usage();
        let nine = Some(Usage { prompt: 9, completion: 3, total: 12, ..Usage::default() });
        assert_eq!(read(r#"{"prompt_tokens":9.0,"completion_tokens":3}"#), nine);
        let odd = r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":-1,
            "prompt_tokens_details":"none","completion_tokens_details":{"reasoning_tokens":"2"}}"#;
        assert_eq!(read(odd), nine);
        for nothing in
            ["{}", r#"{"prompt_tokens":null}"#, r#"{"prompt_tokens":"9"}"#, r#"{"cost":1}"#]
        {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
