//! From when until when a certificate is valid: the only part of it that the router reads itself.
//! Everything else is checked by rustls.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Of a certificate in DER. `None` where it is not one.
pub fn validity(certificate: &[u8]) -> Option<Validity> {
    let (certificate, _) = expect(SEQUENCE, certificate)?;
    let (mut left, _) = expect(SEQUENCE, certificate)?;
    if let Some((_, rest)) = expect(VERSION, left) {
        left = rest;
    }
    // Its number, the algorithm of its signature, its issuer.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        left = expect(tag, left)?.1;
    }
    let (times, _) = expect(SEQUENCE, left)?;
    let (from, times) = time(times)?;
    let (until, _) = time(times)?;
    Some(Validity { from, until })
}

/// The content of the first element, and what follows it.
fn expect(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(input)?;
    (found == tag).then_some((content, rest))
}

/// An element is a tag, a length and so many bytes.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // The length of the length, at most four bytes.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = bytes.iter().try_fold(0_usize, |length, byte| {
                length.checked_mul(256)?.checked_add(usize::from(*byte))
            });
            (length?, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ` until 2049, else `YYYYMMDDHHMMSSZ`.
fn time(input: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, content, rest) = element(input)?;
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let (year, digits) = match tag {
        UTC_TIME => {
            let (year, digits) = digits.split_at_checked(2)?;
            let year = number(year)?;
            (year + if year < 50 { 2000 } else { 1900 }, digits)
        }
        GENERALIZED_TIME => {
            let (year, digits) = digits.split_at_checked(4)?;
            (number(year)?, digits)
        }
        _ => return None,
    };
    let pair = |at: usize| i8::try_from(number(digits.get(at..at + 2)?)?).ok();
    if digits.len() != 10 {
        return None;
    }
    let (month, day) = (pair(0)?, pair(2)?);
    let (hour, minute, second) = (pair(4)?, pair(6)?, pair(8)?);
    let time = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    // 99991231235959Z, which means for ever, is beyond what a timestamp holds.
    let time = time.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp());
    Some((time, rest))
}

fn number(digits: &str) -> Option<i16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec![String::from("r.example")]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_spellings_of_a_time_are_read() {
        for (from, until, expected) in [
            ((1975, 1, 2), (2049, 12, 31), ("1975-01-02T00:00:00Z", "2049-12-31T00:00:00Z")),
            ((2026, 2, 28), (2050, 1, 1), ("2026-02-28T00:00:00Z", "2050-01-01T00:00:00Z")),
            ((2060, 1, 1), (4096, 1, 1), ("2060-01-01T00:00:00Z", "4096-01-01T00:00:00Z")),
        ] {
            let read = validity(&certificate(from, until)).unwrap();
            assert_eq!((read.from.to_string(), read.until.to_string()), {
                (expected.0.to_owned(), expected.1.to_owned())
            });
        }
    }

    #[test]
    fn for_ever_is_a_time_as_well() {
        let element = [&[GENERALIZED_TIME, 15], b"99991231235959Z".as_slice()].concat();
        assert_eq!(time(&element).unwrap().0, Timestamp::MAX);
    }

    #[test]
    fn a_certificate_that_was_cut_off_is_none() {
        let whole = certificate((2020, 1, 1), (2030, 1, 1));
        for length in 0..100 {
            assert_eq!(validity(&whole[..length]), None, "{length} bytes of it");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = validity(&bytes);
        }

        #[test]
        fn a_changed_certificate_does_no_harm(at in 0_usize..120, byte in any::<u8>()) {
            let mut changed = certificate((2020, 1, 1), (2030, 1, 1));
            changed[at] = byte;
            let _ = validity(&changed);
        }
    }
}
