//! A key's budget and its period.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::key_rules::{BudgetRules, Per};
use crate::domain::money::NanoUsd;
use crate::limits::BudgetLimits;

#[derive(Clone, Debug)]
pub struct Budget {
    pub money: Option<NanoUsd>,
    pub tokens: Option<u64>,
    pub per: Per,
}

impl Budget {
    pub fn of(rules: &BudgetRules) -> Self {
        Self { money: rules.money(), tokens: rules.tokens, per: rules.per }
    }

    /// The limits of one period.
    pub fn limits(&self) -> BudgetLimits {
        BudgetLimits { money: self.money, tokens: self.tokens }
    }

    /// The end of the current period; `None` if there is none.
    pub fn ends_at(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = date_at(now, zone);
        let next = match self.per {
            Per::Day => today.tomorrow().ok()?,
            Per::Month => today.last_of_month().tomorrow().ok()?,
            Per::Total => return None,
        };
        Some(next.to_zoned(zone.clone()).ok()?.timestamp())
    }
}

/// The calendar day at that time.
pub fn date_at(now: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(now).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(per: Per, zone: &str, now: &str) -> Option<String> {
        let budget = Budget { money: None, tokens: Some(1), per };
        let zone = TimeZone::get(zone).unwrap();
        budget.ends_at(now.parse().unwrap(), &zone).map(|end| end.to_string())
    }

    #[test]
    fn a_day_ends_at_its_zones_midnight_on_days_of_23_and_25_hours_too() {
        for (zone, now, end) in [
            ("UTC", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"),
            ("Europe/Berlin", "2026-03-28T23:30:00Z", "2026-03-29T22:00:00Z"), // 23 hours long
            ("Europe/Berlin", "2026-10-24T22:30:00Z", "2026-10-25T23:00:00Z"), // 25 hours long
            ("America/New_York", "2026-03-01T04:59:59Z", "2026-03-01T05:00:00Z"),
            ("Asia/Kathmandu", "2026-03-01T18:14:59Z", "2026-03-01T18:15:00Z"),
            // This day has no midnight: it begins at one o'clock.
            ("America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z"),
        ] {
            assert_eq!(ends(Per::Day, zone, now).as_deref(), Some(end), "{zone} {now}");
        }
    }

    #[test]
    fn a_month_ends_after_its_last_day() {
        for (zone, now, end) in [
            ("UTC", "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"),
            ("UTC", "2028-02-28T23:59:59Z", "2028-03-01T00:00:00Z"),
            ("UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            ("Asia/Shanghai", "2026-01-31T15:59:59Z", "2026-01-31T16:00:00Z"),
            ("Asia/Shanghai", "2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z"),
            ("Europe/Berlin", "2026-03-10T12:00:00Z", "2026-03-31T22:00:00Z"),
        ] {
            assert_eq!(ends(Per::Month, zone, now).as_deref(), Some(end), "{zone} {now}");
        }
        assert_eq!(ends(Per::Total, "UTC", "2026-01-01T00:00:00Z"), None);
    }
}
