//! Estimates the tokens of a prompt from its JSON, without a tokenizer.
//!
//! - An ASCII byte is a quarter of a token, any other byte a third, `\uXXXX` one token. The
//!   names, quotes and brackets of the JSON are counted too: they make up for the few tokens that
//!   a message costs besides its text.
//! - An image, a recording or a file has a flat price whatever its size, as base64 is not text.
//!
//! The likely number errs on the high side: English prose has 4.5 bytes per token, and two Chinese
//! characters are often one. The least is half of the text and a small price per medium, below
//! which hardly any tokenizer goes.

use std::ops::{Add, AddAssign};

use crate::dialects::needle::needle;

needle!(UNICODE_ESCAPE = b"\\u");

/// Twelfths of a token, so that quarters and thirds add up without rounding.
const ASCII: u64 = 3;
const OTHER: u64 = 4;
const ESCAPE: u64 = 12;
const TOKEN: u64 = 12;

/// `\uXXXX`
const ESCAPE_LENGTH: u64 = 6;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// In twelfths.
    text: u64,
    media: Price,
}

/// In tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    pub likely: u64,
    pub least: u64,
}

impl Estimate {
    /// The estimate for a raw JSON value. One or two passes at the speed of memory.
    pub fn of_json(json: &[u8]) -> Self {
        let other = non_ascii(json);
        let ascii = json.len() as u64 - other;
        let escapes = escapes(json).count() as u64;
        let saved = escapes * (ESCAPE_LENGTH * ASCII - ESCAPE);
        Self {
            text: (ascii * ASCII + other * OTHER).saturating_sub(saved),
            media: Price::default(),
        }
    }

    /// Replaces bytes that were counted as text by the price of a medium.
    pub fn exchange(&mut self, json: &[u8], price: Price) {
        self.text = self.text.saturating_sub(Self::of_json(json).text);
        self.media.likely += price.likely;
        self.media.least += price.least;
    }

    /// At least one.
    pub fn likely(self) -> u64 {
        (self.text.div_ceil(TOKEN) + self.media.likely).max(1)
    }

    /// At least one.
    pub fn least(self) -> u64 {
        (self.text / (2 * TOKEN) + self.media.least).max(1)
    }
}

/// The estimate for a text, a list of texts, or the numbers of their tokens, in lists or not.
pub fn of_texts(json: &[u8]) -> u64 {
    let first = json.iter().find(|byte| !matches!(byte, b'[' | b' ' | b'\n' | b'\r' | b'\t'));
    match first {
        Some(digit) if digit.is_ascii_digit() => {
            let commas = json.iter().filter(|byte| **byte == b',').count();
            u64::try_from(commas).unwrap_or(u64::MAX).saturating_add(1)
        }
        _ => Estimate::of_json(json).likely(),
    }
}

impl Add for Estimate {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        self.text += other.text;
        self.media.likely += other.media.likely;
        self.media.least += other.media.least;
    }
}

/// Eight bytes at a time, each with a count of its own that 255 words cannot overflow: the compiler
/// makes vectors of it, and a build without optimisation is not slow at a body of megabytes.
fn non_ascii(json: &[u8]) -> u64 {
    const LOW_BITS: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = json.as_chunks::<8>();
    let count = |words: &[[u8; 8]]| {
        let top_bit = |word: &[u8; 8]| (u64::from_ne_bytes(*word) >> 7) & LOW_BITS;
        let counts = words.iter().fold(0, |counts, word| counts + top_bit(word));
        counts.to_ne_bytes().into_iter().map(u64::from).sum::<u64>()
    };
    let rest = rest.iter().filter(|byte| !byte.is_ascii()).count() as u64;
    words.chunks(255).map(count).sum::<u64>() + rest
}

/// The positions of `\uXXXX` in a JSON text; `\\u` is an escaped backslash.
pub fn escapes(json: &[u8]) -> impl Iterator<Item = usize> {
    UNICODE_ESCAPE.positions(json).filter(|&at| {
        let before = json.get(..at).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn likely(text: &str) -> u64 {
        Estimate::of_json(text.as_bytes()).likely()
    }

    #[test]
    fn text_is_counted_by_its_bytes() {
        for (text, expected) in [
            ("", 1),
            ("abcd", 1),
            ("abcde", 2),
            ("The quick brown fox jumps over the lazy dog.", 11),
            ("敏捷的棕色狐狸", 7),
            (r"\u654f\u6377\u7684\u68d5\u8272\u72d0\u72f8", 7),
            (r"C:\\users\\u0001", 4),
        ] {
            assert_eq!(likely(text), expected, "{text}");
        }
        assert_eq!(Estimate::of_json("a".repeat(800).as_bytes()).least(), 100);
    }

    #[test]
    fn tokens_sent_as_numbers_are_counted() {
        for (json, expected) in [
            ("[1,22,333]", 3),
            ("[[1, 2], [3]]", 3),
            (r#""abcdefgh""#, 3),
            (r#"["1,2,3"]"#, 3),
            ("[]", 1),
        ] {
            assert_eq!(of_texts(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn a_medium_has_its_price_whatever_its_size() {
        let data = "A".repeat(4_000_000);
        let mut estimate = Estimate::of_json(format!("abcd{data}").as_bytes());
        estimate.exchange(data.as_bytes(), Price { likely: 1000, least: 50 });
        assert_eq!((estimate.likely(), estimate.least()), (1001, 50));
    }

    proptest! {
        #[test]
        fn more_text_is_never_fewer_tokens(text in any::<String>(), more in r"[\\u0a\PC]{0,9}") {
            for is_ascii in [false, true] {
                let (short, long) = (json(&text, is_ascii), json(&(text.clone() + &more), is_ascii));
                prop_assert!(likely(&short) <= likely(&long), "{short} {long}");
            }
        }

        #[test]
        fn bytes_beyond_ascii_are_counted_one_by_one(
            bytes in prop::collection::vec(any::<u8>(), 0..9), times in 0usize..1000,
        ) {
            let bytes = bytes.repeat(times);
            let expected = bytes.iter().filter(|byte| !byte.is_ascii()).count() as u64;
            prop_assert_eq!(non_ascii(&bytes), expected);
        }

        #[test]
        fn the_two_numbers_stand_in_order(text in any::<String>()) {
            let estimate = Estimate::of_json(text.as_bytes());
            prop_assert!(1 <= estimate.least() && estimate.least() <= estimate.likely());
            prop_assert!(estimate.likely() <= text.len() as u64 / 3 + 1);
        }
    }

    /// The JSON that Python writes, with or without `ensure_ascii`.
    fn json(text: &str, is_ascii: bool) -> String {
        let text = serde_json::to_string(text).unwrap();
        let escaped = |c: char| {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        };
        text.chars()
            .map(|c| if is_ascii && !c.is_ascii() { escaped(c) } else { c.to_string() })
            .collect()
    }
}
