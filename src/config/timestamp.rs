//! Points in time in the spellings that a person would write.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Parses the end of a period: `2027-01-31T12:00:00Z`, `2027-01-31T12:00:00`, or `2027-01-31`,
/// which includes that day. UTC without an offset or a zone like `2027-01-31[Europe/Berlin]`.
pub fn parse_end(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let (text, zone) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        Some((text, name)) => (text.trim(), TimeZone::get(name.trim()).ok()?),
        None => (text, TimeZone::UTC),
    };
    let date_time: DateTime = match text.parse::<Date>() {
        // jiff also parses the date out of a date and time.
        Ok(date) if text.len() <= "2027-01-31".len() => date.tomorrow().ok()?.into(),
        _ => text.parse().ok()?,
    };
    Some(date_time.to_zoned(zone).ok()?.timestamp())
}

/// The same, or a span from now: `30d`, `12h`, `1 year`.
pub fn parse_end_or_span(text: &str, now: Timestamp) -> Option<Timestamp> {
    parse_end(text).or_else(|| {
        let span: Span = text.trim().parse().ok()?;
        Some(now.to_zoned(TimeZone::UTC).checked_add(span).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_in_utc() {
        for (text, expected) in [
            ("2027-01-31", Some("2027-02-01T00:00:00Z")),
            ("2027-01-31[Europe/Berlin]", Some("2027-01-31T23:00:00Z")),
            ("2027-01-31T12:00:00[Europe/Berlin]", Some("2027-01-31T11:00:00Z")),
            ("2027-01-31[Nowhere]", None),
            ("2027-01-31T12:00:00", Some("2027-01-31T12:00:00Z")),
            ("2027-01-31 12:00", Some("2027-01-31T12:00:00Z")),
            ("2027-01-31T12:00:00+02:00", Some("2027-01-31T10:00:00Z")),
            ("2027-02-30", None),
            ("soon", None),
        ] {
            assert_eq!(parse_end(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_span_counts_from_now() {
        let now = "2027-01-31T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("30d", Some("2027-03-02T12:00:00Z")),
            ("1 month", Some("2027-02-28T12:00:00Z")),
            ("12h", Some("2027-02-01T00:00:00Z")),
            ("tomorrow", None),
        ] {
            let read = parse_end_or_span(text, now).map(|time| time.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
