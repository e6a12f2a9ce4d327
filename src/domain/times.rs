//! Lengths and moments of time as they are recorded, in microseconds, and as they are shown.

use std::time::Duration;

pub fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a duration of 285 years is still exact")]
pub fn as_millis(microseconds: i64) -> f64 {
    microseconds as f64 / 1000.0
}

/// A moment in the notation of RFC 3339; empty for one that no calendar has.
pub fn rfc3339(microseconds: i64) -> String {
    let moment = jiff::Timestamp::from_microsecond(microseconds);
    moment.map(|moment| moment.to_string()).unwrap_or_default()
}
