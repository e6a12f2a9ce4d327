//! Token counts in the usual spellings: `"128k"`, `"1M"`, `200000`.

use serde_json::Value;

/// `k` is a thousand and `M` a million, as vendors count context windows.
pub fn parse(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().filter(|tokens| *tokens > 0),
        Value::String(text) => parse_text(text.trim()),
        _ => None,
    }
}

fn parse_text(text: &str) -> Option<u64> {
    let (digits, factor) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (text.get(..at)?, 1_000.0),
        (at, 'm' | 'M') => (text.get(..at)?, 1_000_000.0),
        _ => (text, 1.0),
    };
    let tokens = digits.trim().parse::<f64>().ok()? * factor;
    let is_whole = tokens.fract() == 0.0 && (1.0..=1e12).contains(&tokens);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    is_whole.then_some(tokens as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_usual_spellings_of_sizes_are_read() {
        for (written, tokens) in [
            (json!("128k"), Some(128_000)),
            (json!("1M"), Some(1_000_000)),
            (json!("1.5m"), Some(1_500_000)),
            (json!(" 32 K "), Some(32_000)),
            (json!(200_000), Some(200_000)),
            (json!("4096"), Some(4096)),
            (json!(0), None),
            (json!("many"), None),
            (json!("-1k"), None),
            (json!(""), None),
            (json!(true), None),
        ] {
            assert_eq!(parse(&written), tokens, "{written}");
        }
    }
}
