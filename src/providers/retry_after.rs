//! Parses `Retry-After` and the providers' rate-limit reset headers.
//!
//! Sources: RFC 9110 section 10.2.3 (`Retry-After`); the pages on rate limits of OpenAI (waits
//! such as `6m0s`), Anthropic (times of RFC 3339) and OpenRouter (milliseconds since 1970).

use std::time::Duration;

use awc::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;

/// A rate-limit window does not end later than this: one of the two clocks is wrong.
const LONGEST_WINDOW: Duration = Duration::from_secs(31 * 24 * 3600);

/// From this value on a number means seconds since 1970; smaller ones mean seconds from now.
const FIRST_EPOCH_SECOND: f64 = 1e9;

/// From this value on a number means milliseconds since 1970.
const FIRST_EPOCH_MILLI: f64 = 1e11;

/// OpenAI's `retry-after-ms`, which is finer, or `Retry-After` in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let in_millis = || seconds(text(headers.get("retry-after-ms")?)?.parse::<f64>().ok()? / 1000.0);
    let written = || {
        let written = text(headers.get(RETRY_AFTER)?)?;
        match written.parse() {
            Ok(number) => seconds(number),
            Err(_) => Some(until(jiff::fmt::rfc2822::parse(written).ok()?.timestamp(), now)),
        }
    };
    in_millis().or_else(written)
}

/// When the exhausted limit resets: the latest reset among the limits with nothing remaining. If
/// something remains of each, or no header says what remains, the earliest reset, because the
/// request may have been too large for what was left.
pub(super) fn reset_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let windows = || {
        let window = move |(name, value): (&HeaderName, &HeaderValue)| {
            let counterpart = remaining(name.as_str())?;
            let wait = until_reset(text(value)?, now)?;
            let left = headers.get(counterpart).and_then(text);
            let is_spent = left.and_then(|left| left.parse::<f64>().ok()) == Some(0.0);
            Some((is_spent, wait))
        };
        headers.iter().filter_map(window)
    };
    let spent = windows().filter_map(|(is_spent, wait)| is_spent.then_some(wait)).max();
    spent.or_else(|| windows().map(|(_, wait)| wait).min())
}

/// The wait given by a reset header; `None` when it is over or too long for a rate limit.
pub fn until_reset(written: &str, now: Timestamp) -> Option<Duration> {
    wait(written, now).filter(|wait| !wait.is_zero() && *wait <= LONGEST_WINDOW)
}

/// Maps the name of a reset header to that of its `remaining` header: `x-ratelimit-reset-tokens`,
/// `anthropic-ratelimit-requests-reset`, `ratelimit-reset`.
fn remaining(name: &str) -> Option<String> {
    let (_, behind) = name.split_once("ratelimit")?;
    behind.contains("reset").then(|| name.replacen("reset", "remaining", 1))
}

fn wait(written: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(number) = written.parse::<f64>() {
        return match number {
            millis if millis >= FIRST_EPOCH_MILLI => {
                Some(since_1970(seconds(millis / 1000.0)?, now))
            }
            whole if whole >= FIRST_EPOCH_SECOND => Some(since_1970(seconds(whole)?, now)),
            from_now => seconds(from_now),
        };
    }
    written.parse().map(|time: Timestamp| until(time, now)).ok().or_else(|| units(written))
}

/// `1h2m3.5s`, `20ms`: a sequence of numbers with units.
fn units(written: &str) -> Option<Duration> {
    let (mut sum, mut rest) = (Duration::ZERO, written);
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|sign: char| sign.is_alphabetic())?);
        let unit_ends = behind.find(|sign: char| !sign.is_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_ends);
        let unit_seconds = match unit {
            "d" => 86_400.0,
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum = sum.checked_add(seconds(number.parse::<f64>().ok()? * unit_seconds)?)?;
        rest = behind;
    }
    (!written.is_empty()).then_some(sum)
}

fn until(time: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(now)).unwrap_or(Duration::ZERO)
}

fn since_1970(time: Duration, now: Timestamp) -> Duration {
    let now = Duration::try_from(now.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
    time.saturating_sub(now)
}

/// `None` for a negative, infinite or invalid number.
fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25T06:00:00Z.
    const NOW_SECONDS: i64 = 1_795_586_400;

    fn now() -> Timestamp {
        Timestamp::from_second(NOW_SECONDS).unwrap()
    }

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        for (name, value, millis) in [
            ("retry-after", "7", Some(7000)),
            ("retry-after", "0.5", Some(500)),
            ("retry-after-ms", "1500", Some(1500)),
            ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
            ("retry-after", "Wed, 25 Nov 2026 06:00:09 GMT", Some(9000)),
            ("retry-after", "soon", None),
            ("retry-after", "-1", None),
            ("retry-after", "", None),
            ("retry-after", "inf", None),
        ] {
            let read = retry_after(&headers(&[(name, value)]), now());
            assert_eq!(read, millis.map(Duration::from_millis), "{name}: {value}");
        }
        let both = headers(&[("retry-after-ms", "odd"), ("retry-after", "3")]);
        assert_eq!(retry_after(&both, now()), Some(Duration::from_secs(3)));
    }

    #[test]
    fn waits_are_read_in_every_spelling() {
        for (written, millis) in [
            ("1s", Some(1000)),
            ("6m0s", Some(360_000)),
            ("20ms", Some(20)),
            ("1h2m3.5s", Some(3_723_500)),
            ("1d", Some(86_400_000)),
            ("7.66s", Some(7660)),
            ("500µs", Some(0)),
            ("2026-11-25T06:00:12Z", Some(12_000)),
            ("2026-11-25T07:00:00.250+01:00", Some(250)),
            ("2026-11-25T05:59:59Z", Some(0)),
            ("1795586430000", Some(30_000)),
            ("1795586430", Some(30_000)),
            ("1795586399", Some(0)),
            ("12", Some(12_000)),
            ("", None),
            ("s", None),
            ("5", Some(5000)),
            ("5x", None),
            ("5s6", None),
            ("-5s", None),
            ("1e400s", None),
            ("NaN", None),
            ("tomorrow", None),
            ("2026-11-25", None),
        ] {
            let read = wait(written, now()).map(|wait| wait.as_millis());
            assert_eq!(read, millis, "{written}");
        }
    }

    #[test]
    fn the_exhausted_limit_gives_the_reset_time() {
        for (all, seconds) in [
            (
                &[
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", "6m0s"),
                    ("x-ratelimit-remaining-tokens", "149984"),
                    ("x-ratelimit-reset-tokens", "6s"),
                ][..],
                Some(360),
            ),
            (
                &[
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", "2s"),
                    ("x-ratelimit-remaining-tokens", "0"),
                    ("x-ratelimit-reset-tokens", "9s"),
                ],
                Some(9),
            ),
            (
                // The request wanted more tokens than were left.
                &[
                    ("x-ratelimit-remaining-requests", "9999"),
                    ("x-ratelimit-reset-requests", "8s"),
                    ("x-ratelimit-remaining-tokens", "120"),
                    ("x-ratelimit-reset-tokens", "59s"),
                ],
                Some(8),
            ),
            (
                &[
                    ("anthropic-ratelimit-requests-remaining", "49"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-25T06:00:01Z"),
                    ("anthropic-ratelimit-input-tokens-remaining", "0"),
                    ("anthropic-ratelimit-input-tokens-reset", "2026-11-25T06:00:41Z"),
                    ("anthropic-ratelimit-output-tokens-remaining", "8000"),
                    ("anthropic-ratelimit-output-tokens-reset", "2026-11-25T06:00:00Z"),
                ],
                Some(41),
            ),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795586460000")], Some(60)),
            (&[("ratelimit-reset", "3")], Some(3)),
            (&[("x-ratelimitbysize-reset-minute", "25")], Some(25)),
            // Past, too far away, or not a time: ignored.
            (
                &[
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", "0s"),
                    ("x-ratelimit-reset-tokens", "4s"),
                ],
                Some(4),
            ),
            (&[("x-ratelimit-reset", "9999999999999")], None),
            (&[("x-ratelimit-reset", "soon")], None),
            (&[("x-ratelimit-limit-requests", "5"), ("x-reset", "4s")], None),
        ] {
            let read = reset_after(&headers(all), now());
            assert_eq!(read, seconds.map(Duration::from_secs), "{all:?}");
        }
    }
}
