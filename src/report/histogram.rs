//! How durations are distributed, bucket by bucket.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::figures::millis;
use super::scope::Dimension;
use super::source::Source;
use super::statistics::covered_from;
use super::{Division, Granularity, Question};
use crate::domain::sums::Sums;
use crate::store::call_log::CallLog;
use crate::store::{Connection, StoreError, in_snapshot};

const EDGES_MS: [u64; 16] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000,
    300_000, 600_000,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(title = "HistogramMetric")]
pub enum Metric {
    Duration,
    /// To the first token.
    Ttft,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Histogram {
    pub metric: Metric,
    /// Ascending.
    pub edges_ms: Vec<f64>,
    pub granularity: Granularity,
    pub time_zone: String,
    /// Calls before it are not counted.
    pub covered_from: String,
    pub data: Vec<HistogramPoint>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistogramPoint {
    pub timestamp: String,
    pub is_partial: bool,
    /// Calls below the first edge, between each two, and from the last one on.
    pub counts: Vec<u64>,
}

/// # Errors
/// SQLite's error.
pub fn histogram(
    connection: &mut Connection,
    log: &CallLog,
    question: &Question,
    division: &Division,
    metric: Metric,
) -> Result<Histogram, StoreError> {
    in_snapshot(connection, |connection| {
        let mut source = Source::open(connection, log, question)?;
        let buckets = &division.buckets;
        let mut sums = vec![Sums::default(); buckets.starts.len()];
        let reached = source.points(Dimension::None, &buckets.spans(), &mut |part| {
            let place = buckets.place(part.from_us);
            if let Some(sums) = place.and_then(|place| sums.get_mut(place)) {
                part.add_to(sums);
            }
        })?;
        let edges = EDGES_MS.map(|edge| edge * 1_000);
        let labels = buckets.labels(&division.zone).into_iter();
        let data = labels.zip(&sums).map(|((timestamp, is_partial), sums)| {
            let sketch = match metric {
                Metric::Duration => &sums.durations,
                Metric::Ttft => &sums.first_tokens,
            };
            HistogramPoint { timestamp, is_partial, counts: sketch.counts_between(&edges) }
        });
        Ok(Histogram {
            metric,
            edges_ms: edges.into_iter().map(millis).collect(),
            granularity: buckets.granularity,
            time_zone: division.zone_name.clone(),
            covered_from: covered_from(&mut source, reached)?,
            data: data.collect(),
        })
    })
}
