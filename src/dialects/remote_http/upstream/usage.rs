//! Token counts under OpenAI's names, other common names, or at the configured location.

use serde_json::Value;

use crate::config::payload_mapping::ResponsePointers;
use crate::domain::usage::Usage;

/// `None` when there are no counts.
pub(super) fn read(value: &Value, places: &ResponsePointers) -> Option<Usage> {
    let told = value.get("usage");
    let number = |names: &[&str]| names.iter().find_map(|name| told?.pointer(name)?.as_u64());
    let at = |place: &Option<String>| value.pointer(place.as_deref()?)?.as_u64();
    let prompt = at(&places.prompt_tokens).or_else(|| number(&["/prompt_tokens", "/input_tokens"]));
    let completion =
        at(&places.completion_tokens).or_else(|| number(&["/completion_tokens", "/output_tokens"]));
    let total = number(&["/total_tokens"]);
    if prompt.is_none() && completion.is_none() && total.is_none() {
        return None;
    }
    let (prompt, completion) = (prompt.unwrap_or(0), completion.unwrap_or(0));
    let details = |name: &str| {
        number(&[
            &format!("/prompt_tokens_details/{name}"),
            &format!("/input_tokens_details/{name}"),
        ])
    };
    let cached = details("cached_tokens")
        .or_else(|| number(&["/cached_tokens", "/prompt_cache_hit_tokens"]));
    let reasoning = number(&[
        "/completion_tokens_details/reasoning_tokens",
        "/output_tokens_details/reasoning_tokens",
        // The router's own.
        "/reasoning_tokens",
    ]);
    Some(Usage {
        prompt,
        completion,
        cached: cached.unwrap_or(0),
        cache_write: details("cache_write_tokens").unwrap_or(0),
        reasoning: reasoning.unwrap_or(0),
        total: total.unwrap_or(prompt.saturating_add(completion)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_is_read() {
        let places = ResponsePointers {
            prompt_tokens: Some("/meta/in".into()),
            completion_tokens: Some("/meta/out".into()),
            ..ResponsePointers::default()
        };
        let full =
            Usage { prompt: 9, completion: 3, cached: 4, reasoning: 2, cache_write: 0, total: 12 };
        let bare = Usage { cached: 0, reasoning: 0, ..full };
        for (value, expected) in [
            (
                json!({"usage": {"prompt_tokens": 9, "completion_tokens": 3,
                    "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
                    "completion_tokens_details": {"reasoning_tokens": 2}}}),
                Some(Usage { cache_write: 1, ..full }),
            ),
            (
                json!({"usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12,
                    "cached_tokens": 4, "reasoning_tokens": 2}}),
                Some(full),
            ),
            (
                json!({"usage": {"input_tokens": 9, "output_tokens": 3,
                    "input_tokens_details": {"cached_tokens": 4},
                    "output_tokens_details": {"reasoning_tokens": 2}}}),
                Some(full),
            ),
            (json!({"meta": {"in": 9, "out": 3}}), Some(bare)),
            (
                json!({"meta": {"in": 9}, "usage": {"prompt_tokens": 1, "output_tokens": 3}}),
                Some(bare),
            ),
            (json!({"usage": {"total_tokens": 12}}), Some(Usage { total: 12, ..Usage::default() })),
            (json!({"usage": null}), None),
            (json!({"usage": {}}), None),
            (json!({"usage": {"prompt_tokens": "9"}}), None),
            (json!(["x"]), None),
        ] {
            assert_eq!(read(&value, &places), expected, "{value}");
        }
    }
}
