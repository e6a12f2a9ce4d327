//! The tokens that an answer tells of, in the spellings of these endpoints.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::json::RawObject;
use crate::domain::usage::Usage;

/// Of Cohere's rerank.
#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default)]
    tokens: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(alias = "prompt_tokens")]
    input_tokens: Option<f64>,
    #[serde(alias = "completion_tokens")]
    output_tokens: Option<f64>,
    total_tokens: Option<f64>,
}

/// `None` where the answer tells none: a call may be billed by the picture, the second or the search.
pub fn of(answer: &RawObject<'_>) -> Option<Usage> {
    let of_meta = || {
        let meta: Meta<'_> = serde_json::from_str(answer.get("meta")?.get()).ok()?;
        counts(meta.tokens?)
    };
    answer.get("usage").and_then(counts).or_else(of_meta)
}

fn counts(raw: &RawValue) -> Option<Usage> {
    let Counts { input_tokens, output_tokens, total_tokens } =
        serde_json::from_str(raw.get()).ok()?;
    let (input, output, total) = (whole(input_tokens), whole(output_tokens), whole(total_tokens));
    input.or(output).or(total)?;
    let completion = output.unwrap_or(0);
    let prompt = input.unwrap_or_else(|| total.unwrap_or(0).saturating_sub(completion));
    let total = total.unwrap_or(prompt.saturating_add(completion));
    Some(Usage { prompt, completion, total, ..Usage::default() })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, in bounds")]
fn whole(number: Option<f64>) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = number.filter(|number| number.fract() == 0.0 && (0.0..EXACT).contains(number))?;
    Some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_tokens_is_read() {
        let usage = |prompt, completion, total| {
            Some(Usage { prompt, completion, total, ..Usage::default() })
        };
        for (answer, expected) in [
            (
                r#"{"data":[],"usage":{"input_tokens":5,"output_tokens":100,"total_tokens":105}}"#,
                usage(5, 100, 105),
            ),
            (
                r#"{"text":"hi","usage":{"type":"tokens","input_tokens":14,"output_tokens":9,
                   "input_token_details":{"audio_tokens":14}}}"#,
                usage(14, 9, 23),
            ),
            (r#"{"text":"hi","usage":{"type":"duration","seconds":9}}"#, None),
            (r#"{"results":[],"usage":{"total_tokens":56}}"#, usage(56, 0, 56)),
            (r#"{"results":[],"meta":{"tokens":{"input_tokens":12}}}"#, usage(12, 0, 12)),
            (
                r#"{"results":[],"meta":{"billed_units":{"search_units":1},
                   "tokens":{"input_tokens":12.0,"output_tokens":0.0}}}"#,
                usage(12, 0, 12),
            ),
            (r#"{"usage":{"prompt_tokens":3,"total_tokens":3}}"#, usage(3, 0, 3)),
            (r#"{"usage":{"input_tokens":-3}}"#, None),
            (r#"{"usage":"many"}"#, None),
            (r#"{"results":[],"meta":{"billed_units":{"search_units":1}}}"#, None),
        ] {
            let parsed = RawObject::parse(answer.as_bytes()).unwrap();
            assert_eq!(of(&parsed), expected, "{answer}");
        }
    }
}
