//! A range as buckets of the calendar, in a zone of time.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::Period;
use crate::store::sums::MINUTES_KEPT_US;

/// More are neither read nor drawn.
pub const MAX_BUCKETS: usize = 1_500;

const MINUTE_US: i64 = 60_000_000;
const QUARTER_US: i64 = 15 * MINUTE_US;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    Minute,
    Quarter,
    Hour,
    Day,
    /// From Monday on.
    Week,
    Month,
}

/// Beginnings, ascending, and where the last one ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    pub granularity: Granularity,
    pub starts: Vec<i64>,
    pub end_us: i64,
    period: Period,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoBuckets {
    #[error(
        "that makes more than {MAX_BUCKETS} points; take a shorter range, or a granularity of \
         `{fits}` or longer"
    )]
    TooMany { fits: &'static str },
    #[error("the range is beyond what a calendar knows")]
    OutOfCalendar,
}

impl Granularity {
    const ALL: [Self; 6] =
        [Self::Minute, Self::Quarter, Self::Hour, Self::Day, Self::Week, Self::Month];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Quarter => "quarter",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// One that shows enough of a period, and not too much.
    pub fn fitting(period: Period) -> Self {
        let minutes_from = period.now_us.saturating_sub(MINUTES_KEPT_US);
        match period.until_us.saturating_sub(period.start_us) {
            span if span <= 3 * HOUR_US && period.start_us > minutes_from => Self::Minute,
            span if span <= 26 * HOUR_US => Self::Quarter,
            span if span <= 15 * DAY_US => Self::Hour,
            span if span <= 185 * DAY_US => Self::Day,
            span if span <= 3 * 366 * DAY_US => Self::Week,
            _ => Self::Month,
        }
    }

    /// The shortest that it can be.
    fn least_us(self) -> i64 {
        match self {
            Self::Minute => MINUTE_US,
            Self::Quarter => QUARTER_US,
            Self::Hour => HOUR_US,
            Self::Day => 23 * HOUR_US,
            Self::Week => 7 * DAY_US - HOUR_US,
            Self::Month => 28 * DAY_US - HOUR_US,
        }
    }

    fn is_too_fine(self, period: Period) -> bool {
        let span = period.until_us.saturating_sub(period.start_us);
        usize::try_from(span / self.least_us()).is_ok_and(|count| count >= MAX_BUCKETS)
    }
}

/// # Errors
/// Where there would be too many.
pub fn buckets(
    granularity: Option<Granularity>,
    period: Period,
    zone: &TimeZone,
) -> Result<Buckets, NoBuckets> {
    let granularity = granularity.unwrap_or_else(|| Granularity::fitting(period));
    if granularity.is_too_fine(period) {
        let fits = Granularity::ALL.into_iter().find(|finer| !finer.is_too_fine(period));
        return Err(NoBuckets::TooMany { fits: fits.unwrap_or(Granularity::Month).as_str() });
    }
    let mut starts = Vec::new();
    let mut at = beginning(granularity, period.start_us, zone).ok_or(NoBuckets::OutOfCalendar)?;
    while at < period.until_us || starts.is_empty() {
        starts.push(at);
        at = next(granularity, at, zone).ok_or(NoBuckets::OutOfCalendar)?;
    }
    Ok(Buckets { granularity, starts, end_us: at, period })
}

impl Buckets {
    /// In which one an instant of the period lies. A call at the very end of the period counts in
    /// the last one.
    pub fn place(&self, at_us: i64) -> Option<usize> {
        self.starts.partition_point(|start| *start <= at_us).checked_sub(1)
    }

    /// What of the period lies in each, ascending.
    pub fn spans(&self) -> Vec<(i64, i64)> {
        let ends = self.starts.iter().skip(1).copied().chain([i64::MAX]);
        let within = |(start, end): (&i64, i64)| {
            ((*start).max(self.period.start_us), end.min(self.period.end_us))
        };
        self.starts.iter().zip(ends).map(within).collect()
    }

    /// Their beginnings with the zone's offset, and whether something of each lies outside of the
    /// period or is still to come.
    pub fn labels(&self, zone: &TimeZone) -> Vec<(String, bool)> {
        let ends = self.starts.iter().skip(1).copied().chain([self.end_us]);
        let last = self.period.until_us.min(self.period.now_us);
        let label = |(start, end): (&i64, i64)| {
            (label(*start, zone), *start < self.period.start_us || end > last)
        };
        self.starts.iter().zip(ends).map(label).collect()
    }
}

fn label(at_us: i64, zone: &TimeZone) -> String {
    let Ok(at) = Timestamp::from_microsecond(at_us) else { return String::new() };
    at.display_with_offset(zone.to_offset(at)).to_string()
}

fn beginning(granularity: Granularity, at_us: i64, zone: &TimeZone) -> Option<i64> {
    let date = || Some(Timestamp::from_microsecond(at_us).ok()?.to_zoned(zone.clone()).date());
    match granularity {
        Granularity::Minute => Some(floor(at_us, MINUTE_US)),
        // Offsets are whole quarters.
        Granularity::Quarter => Some(floor(at_us, QUARTER_US)),
        Granularity::Hour => {
            let quarter = floor(at_us, QUARTER_US);
            let before = (0..8).map(|back| quarter - back * QUARTER_US);
            Some(before.clone().find(|at| is_full_hour(*at, zone)).unwrap_or(floor(at_us, HOUR_US)))
        }
        Granularity::Day => midnight(date()?, zone),
        Granularity::Week => {
            let date = date()?;
            let days = i64::from(date.weekday().to_monday_zero_offset());
            midnight(date.checked_sub(days.days()).ok()?, zone)
        }
        Granularity::Month => midnight(date()?.first_of_month(), zone),
    }
}

fn next(granularity: Granularity, at_us: i64, zone: &TimeZone) -> Option<i64> {
    let after = |span: jiff::Span| {
        let at = Timestamp::from_microsecond(at_us).ok()?.to_zoned(zone.clone());
        // A date that a zone has left out begins when the next one does.
        let dates = [at.date().checked_add(span).ok()?, at.date().checked_add(span * 2).ok()?];
        dates.into_iter().filter_map(|date| midnight(date, zone)).find(|next| *next > at_us)
    };
    match granularity {
        Granularity::Minute => Some(at_us + MINUTE_US),
        Granularity::Quarter => Some(at_us + QUARTER_US),
        Granularity::Hour => {
            // An hour in which the clock is changed by half of one is longer.
            let mut later = (1..=8).map(|ahead| at_us + ahead * QUARTER_US);
            Some(later.find(|at| is_full_hour(*at, zone)).unwrap_or(at_us + HOUR_US))
        }
        Granularity::Day => after(1.day()),
        Granularity::Week => after(7.days()),
        Granularity::Month => after(1.month()),
    }
}

fn is_full_hour(at_us: i64, zone: &TimeZone) -> bool {
    let Ok(at) = Timestamp::from_microsecond(at_us) else { return false };
    let offset_us = i64::from(zone.to_offset(at).seconds()) * 1_000_000;
    (at_us + offset_us).rem_euclid(HOUR_US) == 0
}

fn midnight(date: Date, zone: &TimeZone) -> Option<i64> {
    Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond())
}

fn floor(at_us: i64, to_us: i64) -> i64 {
    at_us.div_euclid(to_us) * to_us
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn labels(granularity: Granularity, zone: &str, from: &str, to: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let period =
            Period { start_us: at(from), end_us: at(to), until_us: at(to), now_us: at(to) };
        let buckets = buckets(Some(granularity), period, &zone).unwrap();
        buckets.labels(&zone).into_iter().map(|(label, _)| label).collect()
    }

    #[test]
    fn days_are_those_of_the_zone_on_the_days_of_the_change() {
        let berlin = |from, to| labels(Granularity::Day, "Europe/Berlin", from, to);
        assert_eq!(
            berlin("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
            ["2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"]
        );
        let hours = |from, to| labels(Granularity::Hour, "Europe/Berlin", from, to).len();
        assert_eq!(hours("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 23);
        assert_eq!(hours("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25);
        // Midnight itself is left out there.
        assert_eq!(
            labels(
                Granularity::Day,
                "Africa/Cairo",
                "2026-04-23T10:00:00Z",
                "2026-04-24T10:00:00Z"
            ),
            ["2026-04-23T00:00:00+02:00", "2026-04-24T01:00:00+03:00"]
        );
    }

    #[test]
    fn hours_of_zones_with_half_and_quarter_hours_are_their_own() {
        assert_eq!(
            labels(
                Granularity::Hour,
                "Asia/Kolkata",
                "2026-11-27T10:00:00Z",
                "2026-11-27T11:00:00Z"
            ),
            ["2026-11-27T15:00:00+05:30", "2026-11-27T16:00:00+05:30"]
        );
        assert_eq!(
            labels(
                Granularity::Hour,
                "Asia/Kathmandu",
                "2026-11-27T10:15:00Z",
                "2026-11-27T11:15:00Z"
            ),
            ["2026-11-27T16:00:00+05:45"]
        );
        // The clock is set back by half an hour.
        assert_eq!(
            labels(
                Granularity::Hour,
                "Australia/Lord_Howe",
                "2026-04-04T14:00:00Z",
                "2026-04-04T16:00:00Z"
            ),
            ["2026-04-05T01:00:00+11:00", "2026-04-05T02:00:00+10:30"]
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_their_first() {
        assert_eq!(
            labels(Granularity::Week, "UTC", "2026-11-27T10:00:00Z", "2026-12-01T10:00:00Z"),
            ["2026-11-23T00:00:00+00:00", "2026-11-30T00:00:00+00:00"]
        );
        assert_eq!(
            labels(
                Granularity::Month,
                "Asia/Shanghai",
                "2026-11-30T15:59:00Z",
                "2026-11-30T16:01:00Z"
            ),
            ["2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00"]
        );
        // Samoa had no 30th of December.
        assert_eq!(
            labels(
                Granularity::Day,
                "Pacific/Apia",
                "2011-12-29T12:00:00Z",
                "2011-12-30T12:00:00Z"
            ),
            ["2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"]
        );
    }

    #[test]
    fn too_many_are_refused_with_one_that_fits() {
        let period = |from, to| Period {
            start_us: at(from),
            end_us: at(to),
            until_us: at(to),
            now_us: at(to),
        };
        let year = period("2025-11-27T00:00:00Z", "2026-11-27T00:00:00Z");
        for granularity in [Granularity::Minute, Granularity::Quarter, Granularity::Hour] {
            let refused = buckets(Some(granularity), year, &TimeZone::UTC);
            assert_eq!(refused, Err(NoBuckets::TooMany { fits: "day" }));
        }
        for granularity in Granularity::ALL.into_iter().map(Some).chain([None]) {
            for (from, to) in [
                ("-009990-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
                ("1800-01-01T00:00:07Z", "1800-01-01T02:00:00Z"),
                ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ] {
                for zone in ["UTC", "Asia/Shanghai", "Africa/Monrovia", "America/New_York"] {
                    let zone = TimeZone::get(zone).unwrap();
                    let found = buckets(granularity, period(from, to), &zone);
                    assert!(found.is_err() || found.unwrap().starts.len() <= MAX_BUCKETS + 1);
                }
            }
        }
    }

    #[test]
    fn what_is_cut_or_goes_on_is_partial() {
        let period = Period {
            start_us: at("2026-11-25T06:00:00Z"),
            end_us: at("2026-11-28T00:00:00Z"),
            until_us: at("2026-11-28T00:00:00Z"),
            now_us: at("2026-11-27T10:00:00Z"),
        };
        let buckets = buckets(Some(Granularity::Day), period, &TimeZone::UTC).unwrap();
        let partial: Vec<bool> =
            buckets.labels(&TimeZone::UTC).into_iter().map(|(_, partial)| partial).collect();
        assert_eq!(partial, [true, false, true]);
    }
}
