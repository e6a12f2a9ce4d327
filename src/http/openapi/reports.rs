//! `/monitor`: statistics, series, histograms.

use super::RouteDoc;
use crate::http::monitor::filters::FilterParams;
use crate::http::monitor::reports::{
    GroupParams, HistogramParams, SeriesParams, StatisticsAnswer, StatisticsParams,
};
use crate::report::{GroupedSeries, Histogram, Series};

pub fn statistics() -> RouteDoc {
    RouteDoc::new("statistics", "What calls come to, in all and by model, provider, key and tag")
        .text("Of the last 24 hours, where no range is given; a user's are those of its own calls.")
        .query::<FilterParams>()
        .query::<StatisticsParams>()
        .answers::<StatisticsAnswer>(200, "The figures.")
        .fails(&[503])
}

pub fn time_series() -> RouteDoc {
    RouteDoc::new("timeSeries", "What calls come to, bucket by bucket")
        .query::<FilterParams>()
        .query::<SeriesParams>()
        .answers::<Series>(200, "Every bucket of the range.")
        .fails(&[503])
}

pub fn grouped() -> RouteDoc {
    of_groups(RouteDoc::new("groupedTimeSeries", "The same for each of the largest groups"))
}

pub fn grouped_again() -> RouteDoc {
    of_groups(RouteDoc::new("groupedTimeSeriesByItsOtherName", "The same under its other name"))
}

fn of_groups(doc: RouteDoc) -> RouteDoc {
    doc.query::<FilterParams>()
        .query::<SeriesParams>()
        .query::<GroupParams>()
        .answers::<GroupedSeries>(200, "Every group in every bucket.")
        .fails(&[503])
}

pub fn histogram() -> RouteDoc {
    RouteDoc::new("histogram", "How durations are distributed, bucket by bucket")
        .query::<FilterParams>()
        .query::<SeriesParams>()
        .query::<HistogramParams>()
        .answers::<Histogram>(200, "Counts for every bucket.")
        .fails(&[503])
}
