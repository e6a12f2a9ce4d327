//! A trace differs from the next one in its numbers and in a few names. Its numbers go apart, in as
//! few bytes each as they need; what is left is nearly one of the texts of [`SHAPES`].

use crate::domain::varint;

/// Of a trace whose numbers stand apart: this byte, the length of the numbers, the numbers, and the
/// text in which [`PLACE`] stands for each of them. No JSON begins with it.
pub const MARK: u8 = 1;

/// JSON has no such byte: in strings it is written as an escape.
const PLACE: u8 = 1;

/// What traces look like without their numbers; the last ones are the most frequent. It is needed to
/// read what was written with it, and so it never changes: another one gets another [`MARK`].
pub const SHAPES: &[u8] = include_bytes!("shapes-1");

/// More digits would not fit in a number and its decimals.
const MAX_DIGITS: usize = 17;

/// The three lowest bits of a number count its decimals.
const MAX_DECIMALS: usize = 7;

/// The numbers, and the text without them. `None` of what is no JSON that this program writes.
pub fn take_apart(json: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    if json.first() != Some(&b'{') || memchr::memchr(PLACE, json).is_some() {
        return None;
    }
    let (mut numbers, mut text) = (Vec::with_capacity(64), Vec::with_capacity(json.len()));
    let mut rest = json;
    while let Some(colon) = memchr::memchr(b':', rest) {
        let (before, after) = rest.split_at(colon + 1);
        text.extend_from_slice(before);
        let length = match leading_number(after) {
            Some((number, length)) => {
                varint::put(number, &mut numbers);
                text.push(PLACE);
                length
            }
            None => 0,
        };
        rest = after.get(length..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
    Some((numbers, text))
}

/// What [`take_apart`] was given. `None` where the two do not belong together.
pub fn put_together(mut numbers: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut json = Vec::with_capacity(text.len() * 2);
    let mut parts = text.split(|byte| *byte == PLACE);
    json.extend_from_slice(parts.next()?);
    for part in parts {
        let number = varint::take(&mut numbers)?;
        write_number(&mut json, number);
        json.extend_from_slice(part);
    }
    numbers.is_empty().then_some(json)
}

/// A number that comes back as it was written: no sign, no exponent, no needless zero in front.
fn leading_number(text: &[u8]) -> Option<(u64, usize)> {
    let (mut value, mut digits, mut decimals, mut is_fraction) = (0u64, 0, 0, false);
    let mut length = 0;
    for byte in text {
        match byte {
            b'0'..=b'9' if digits < MAX_DIGITS && decimals < MAX_DECIMALS => {
                if digits == 1 && value == 0 && !is_fraction {
                    return None;
                }
                value = value * 10 + u64::from(byte - b'0');
                digits += 1;
                decimals += usize::from(is_fraction);
            }
            b'.' if digits > 0 && !is_fraction => is_fraction = true,
            _ => break,
        }
        length += 1;
    }
    let has_dangling_point = is_fraction && decimals == 0;
    (digits > 0 && !has_dangling_point).then_some((value << 3 | decimals as u64, length))
}

fn write_number(json: &mut Vec<u8>, number: u64) {
    let (value, decimals) = (number >> 3, usize::from((number & 7) as u8));
    let digits = format!("{value:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    json.extend_from_slice(whole.as_bytes());
    if decimals > 0 {
        json.push(b'.');
        json.extend_from_slice(fraction.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn comes_back(json: &str) {
        let (numbers, text) = take_apart(json.as_bytes()).unwrap();
        let together = put_together(&numbers, &text).unwrap();
        assert_eq!(String::from_utf8(together).unwrap(), json);
    }

    #[test]
    fn numbers_come_back_as_they_were_written() {
        for number in [
            "0",
            "0.0",
            "0.05",
            "7",
            "1344.93",
            "200",
            "9007199254740991",
            "00",
            "007",
            "1.",
            "-3",
            "1e5",
            "0.2958383508311339",
            "99999999999999999999",
            "0.00000001",
            "1.2.3",
            "",
            ".5",
        ] {
            comes_back(&format!(r#"{{"a":{number},"text":"b:{number}","c":[{number}]}}"#));
        }
        let (numbers, text) = take_apart(br#"{"ms":1344.93,"seed":12}"#).unwrap();
        assert_eq!((numbers.len(), text.as_slice()), (4, &b"{\"ms\":\x01,\"seed\":\x01}"[..]));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        assert_eq!(put_together(&[8], b"{\"a\":1}"), None);
        assert_eq!(put_together(&[], b"{\"a\":\x01}"), None);
        assert_eq!(put_together(&[0xff; 12], b"{\"a\":\x01}"), None);
        assert_eq!(take_apart(b"{\"a\":\x01}"), None);
        assert_eq!(take_apart(b"a: 1"), None);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(json in r#"\{[a-z0-9:.,"{}\[\]é-]{0,80}"#) {
            comes_back(&json);
        }

        #[test]
        fn whatever_is_put_together_ends(numbers in any::<Vec<u8>>(), text in any::<Vec<u8>>()) {
            let _ = put_together(&numbers, &text);
        }
    }
}
