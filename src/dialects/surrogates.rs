//! Lone surrogates in JSON. Clients and models that count in UTF-16 cut an emoji in two and write
//! `\ud83c` without its `\udf0d`; some send the half as three bytes that are not UTF-8. Python and
//! JavaScript accept it, serde_json and most providers refuse the whole text. Such a half becomes
//! U+FFFD before anything reads the text; everything else keeps its bytes.
//!
//! Source: RFC 8259 section 8.2, RFC 3629 section 3.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memchr;

mod stream;

pub use stream::Halves;

use crate::dialects::needle::needle;

needle!(UNICODE_ESCAPE = b"\\u");

/// The length of an escape such as `\ud83c`.
const ESCAPE: usize = 6;
/// As long as the escape that it replaces.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// The text with U+FFFD for each lone half. Text that is not UTF-8 for another reason is left to
/// the reader to refuse.
pub fn mend(text: &[u8]) -> Cow<'_, [u8]> {
    match mend_raw(text) {
        Cow::Borrowed(text) => mend_escapes(text),
        Cow::Owned(text) => Cow::Owned(mend_escapes(&text).into_owned()),
    }
}

/// The same for a body; a valid one is not copied.
pub fn mended(body: Bytes) -> Bytes {
    match mend(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(mended) => mended.into(),
    }
}

/// An upstream's text made readable in any case: a character cut between its bytes becomes U+FFFD
/// too.
pub fn readable(text: &[u8]) -> Cow<'_, [u8]> {
    match utf8(text) {
        Cow::Borrowed(text) => mend_escapes(text),
        Cow::Owned(text) => Cow::Owned(mend_escapes(&text).into_owned()),
    }
}

fn utf8(text: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(text).is_ok() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&mend_raw(text)).into_owned().into_bytes())
}

fn mend_escapes(text: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Cow::Borrowed(text);
    for half in lone_halves(&text) {
        replace(text.to_mut(), half.at);
    }
    text
}

fn replace(text: &mut [u8], at: usize) {
    if let Some(place) = text.get_mut(at..at + ESCAPE) {
        place.copy_from_slice(REPLACEMENT);
    }
}

/// Half a pair, as an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Half {
    at: usize,
    /// The first of a pair, or else the second.
    is_high: bool,
}

/// The escapes of halves without their other half. An escaped backslash before a `u` begins no
/// escape.
fn lone_halves(text: &[u8]) -> Vec<Half> {
    let mut lone = Vec::new();
    if memchr(b'\\', text).is_none() {
        return lone;
    }
    let mut paired_until = 0;
    for at in UNICODE_ESCAPE.positions(text) {
        if at < paired_until || is_escaped(text, at) {
            continue;
        }
        let Some(half) = half_at(text, at) else { continue };
        let follows = half_at(text, at + ESCAPE).filter(|next| half.is_high && !next.is_high);
        match follows {
            Some(_) => paired_until = at + 2 * ESCAPE,
            None => lone.push(half),
        }
    }
    lone
}

fn half_at(text: &[u8], at: usize) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', class, rest @ ..] = text.get(at..at + ESCAPE)? else {
        return None;
    };
    let is_high = match class.to_ascii_lowercase() {
        b'8' | b'9' | b'a' | b'b' => true,
        b'c'..=b'f' => false,
        _ => return None,
    };
    rest.iter().all(u8::is_ascii_hexdigit).then_some(Half { at, is_high })
}

/// Whether an odd number of backslashes precedes this position.
fn is_escaped(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Halves that were written as three bytes each: a pair of them becomes its character.
fn mend_raw(text: &[u8]) -> Cow<'_, [u8]> {
    let mut mended: Vec<u8> = Vec::new();
    let (mut kept, mut from) = (0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| memchr(0xED, rest)).map(|at| from + at) {
        from = at + 1;
        let Some(unit) = raw_half_at(text, at) else { continue };
        let pair = raw_half_at(text, at + 3).map(|next| [unit, next]);
        let joined = pair.and_then(|pair| char::decode_utf16(pair).next()?.ok());
        mended.extend_from_slice(text.get(kept..at).unwrap_or_default());
        let character = joined.unwrap_or(char::REPLACEMENT_CHARACTER);
        mended.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        kept = at + if joined.is_some() { 6 } else { 3 };
        from = kept;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    mended.extend_from_slice(text.get(kept..).unwrap_or_default());
    Cow::Owned(mended)
}

fn raw_half_at(text: &[u8], at: usize) -> Option<u16> {
    let [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF] = text.get(at..at + 3)? else {
        return None;
    };
    Some(0xD000 | (u16::from(*second & 0x3F) << 6) | u16::from(*third & 0x3F))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mended_text(text: &str) -> String {
        String::from_utf8(mend(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn a_lone_half_becomes_a_replacement_character() {
        for (text, expected) in [
            (r#""x\ud83c""#, r#""x\ufffd""#),
            (r#""\uDF0Dy""#, r#""\ufffdy""#),
            (r#""\udf0d\ud83c""#, r#""\ufffd\ufffd""#),
            (r#""\ud83c\ud83c\udf0d""#, r#""\ufffd\ud83c\udf0d""#),
            (r#""\ud83c\udf0d\udf0d""#, r#""\ud83c\udf0d\ufffd""#),
            (r#""\ud83c \udf0d""#, r#""\ufffd \ufffd""#),
            (r#""\\\ud83c""#, r#""\\\ufffd""#),
            (r#"{"\ud800":"\uDBFF"}"#, r#"{"\ufffd":"\ufffd"}"#),
        ] {
            assert_eq!(mended_text(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_lone_half_is_not_copied() {
        for text in [
            r#""\ud83c\udf0d 🌍 \u4e2d\u6587 \ud7ff\ue000""#,
            r#""\\ud83c and \\\\udf0d""#,
            r#""{\"a\": \"\\ud83c\"}""#,
            "\"한국어 힣\"",
            r#""\ud83"#,
            r"\u",
            "",
        ] {
            assert!(matches!(mend(text.as_bytes()), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn halves_that_are_no_utf8_are_mended_and_a_pair_is_joined() {
        for (bytes, expected) in [
            (&b"x\xed\xa0\xbcy"[..], "x\u{fffd}y"),
            (b"\xed\xa0\xbc\xed\xbc\x8d!", "🌍!"),
            (b"\xed\xbc\x8d\xed\xa0\xbc", "\u{fffd}\u{fffd}"),
            (b"\xed\x9e\xa3\xed\xa0\xbc\\ud83c", "힣\u{fffd}\\ufffd"),
        ] {
            assert_eq!(mend(bytes), expected.as_bytes(), "{expected}");
        }
        assert!(matches!(mend(b"caf\xe9 \xed"), Cow::Borrowed(_)));
        assert_eq!(readable(b"caf\xe9 \xf0\x9f\x8c"), "caf\u{fffd} \u{fffd}".as_bytes());
    }

    proptest! {
        /// As older versions of JavaScript's `JSON.stringify`: each lone unit is an escape.
        #[test]
        fn any_units_can_be_read_and_say_what_utf16_says(units in prop::collection::vec(
            prop_oneof![0xD7F0u16..0xE010, any::<u16>(), Just(0x5Cu16), Just(0x75u16)], 0..12,
        )) {
            let escaped = |unit: &u16| match unit {
                0x22 => String::from("\\\""),
                0x5C => String::from("\\\\"),
                0x75 => String::from("u"),
                unit => format!("\\u{unit:04x}"),
            };
            let text = format!("\"{}\"", units.iter().map(escaped).collect::<String>());
            let read: String = serde_json::from_slice(&mend(text.as_bytes())).unwrap();
            prop_assert_eq!(read, String::from_utf16_lossy(&units));
        }
    }
}
