//! Figures bucket by bucket.

use serde::Serialize;
use utoipa::ToSchema;

use super::figures::{PointFigures, Tally};
use super::scope::Dimension;
use super::source::Source;
use super::statistics::covered_from;
use super::{Division, Granularity, Question};
use crate::domain::times::rfc3339;
use crate::store::call_log::CallLog;
use crate::store::{Connection, StoreError, in_snapshot};

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(title = "TimeSeries")]
pub struct Series {
    pub granularity: Granularity,
    pub time_zone: String,
    pub start_time: String,
    pub end_time: String,
    /// Calls before it are not counted.
    pub covered_from: String,
    /// Every bucket of the range, the oldest first.
    pub data: Vec<Point>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(title = "TimeSeriesPoint")]
pub struct Point {
    /// When the bucket begins, with the offset of the zone.
    pub timestamp: String,
    /// Whether a part of the bucket lies outside of the range, or is still to come.
    pub is_partial: bool,
    #[serde(flatten)]
    pub figures: PointFigures,
}

/// # Errors
/// SQLite's error.
pub fn series(
    connection: &mut Connection,
    log: &CallLog,
    question: &Question,
    division: &Division,
) -> Result<Series, StoreError> {
    in_snapshot(connection, |connection| {
        let mut source = Source::open(connection, log, question)?;
        let buckets = &division.buckets;
        let mut tallies = vec![Tally::default(); buckets.starts.len()];
        let reached = source.points(Dimension::None, &buckets.spans(), &mut |part| {
            let place = buckets.place(part.from_us);
            if let Some(tally) = place.and_then(|place| tallies.get_mut(place)) {
                tally.add(part);
            }
        })?;
        let labels = buckets.labels(&division.zone).into_iter();
        let data = labels.zip(&tallies).map(|((timestamp, is_partial), tally)| Point {
            timestamp,
            is_partial,
            figures: tally.into(),
        });
        Ok(Series {
            granularity: buckets.granularity,
            time_zone: division.zone_name.clone(),
            start_time: rfc3339(question.period.start_us),
            end_time: rfc3339(question.period.until_us),
            covered_from: covered_from(&mut source, reached)?,
            data: data.collect(),
        })
    })
}
