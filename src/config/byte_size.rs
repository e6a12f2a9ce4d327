//! Sizes in bytes: `"500MB"`, `"10 GiB"`, `1000000`.

use serde_json::Value;

const UNITS: [(&str, u64); 13] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("k", 1_000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("b", 1),
];

/// `k` is a thousand and `Ki` 1024, in either case.
pub fn parse(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => parse_text(&text.trim().to_ascii_lowercase()),
        _ => None,
    }
}

fn parse_text(text: &str) -> Option<u64> {
    let unit =
        UNITS.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (digits, factor) = unit.unwrap_or((text, 1));
    let digits = digits.trim();
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_plain {
        return None;
    }
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    #[expect(clippy::cast_precision_loss, reason = "a factor is exact")]
    let bytes = digits.parse::<f64>().ok()? * factor as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
    (bytes.is_finite() && bytes < 9e18).then_some(bytes.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_usual_spellings_of_sizes_are_read() {
        for (written, bytes) in [
            (json!("500MB"), Some(500_000_000)),
            (json!("10 GiB"), Some(10 << 30)),
            (json!("1.5g"), Some(1_500_000_000)),
            (json!("64k"), Some(64_000)),
            (json!("12 b"), Some(12)),
            (json!("2TB"), Some(2_000_000_000_000)),
            (json!(200_000), Some(200_000)),
            (json!("4096"), Some(4096)),
            (json!(0), Some(0)),
            (json!(-1), None),
            (json!(1.5), None),
            (json!("-1k"), None),
            (json!("1e3"), None),
            (json!("inf"), None),
            (json!("GB"), None),
            (json!("99999999999999999999TB"), None),
            (json!("18446744073709551615k"), None),
            (json!("much"), None),
            (json!(""), None),
            (json!(true), None),
        ] {
            assert_eq!(parse(&written), bytes, "{written}");
        }
    }
}
