//! What calls come to over a range of time: statistics, series, groups and histograms. A range is
//! covered with sums of whole days, hours, quarters and minutes ([`cover`]); what is left at its
//! edges, and what sums do not know ([`scope`]), is read from the calls ([`source`]). So an answer
//! is exact for any range, and says how far back it reaches.

mod calendar;
mod cover;
mod figures;
mod found;
mod groups;
mod histogram;
mod scope;
mod series;
mod source;
mod statistics;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;

use crate::store::invocations::Filter;

pub use calendar::{Buckets, Granularity, NoBuckets, buckets};
pub use figures::{Figures, Percentiles, PointFigures};
pub use groups::{Group, GroupBy, GroupedPoint, GroupedSeries, grouped};
pub use histogram::{Histogram, HistogramPoint, Metric, histogram};
pub use series::{Point, Series, series};
pub use statistics::{
    ErrorTotal, KeyTotal, ModelTotal, Overall, ProviderTotal, Statistics, TagTotal, statistics,
};

/// Which calls an answer is about.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its times do not count; those of `period` do.
    pub filter: Filter,
    pub period: Period,
    /// An answer from the calls themselves searches no longer than this, and says how far it came.
    pub time_limit: Option<std::time::Duration>,
}

/// Microseconds since 1970; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub start_us: i64,
    pub end_us: i64,
    /// The end as it is shown, and up to which there are buckets: the last one may hold a little
    /// more.
    pub until_us: i64,
    /// When it was asked.
    pub now_us: i64,
}

/// A range divided into buckets of the calendar.
#[derive(Clone, Debug)]
pub struct Division {
    pub buckets: Buckets,
    pub zone: TimeZone,
    pub zone_name: String,
}
