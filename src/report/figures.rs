//! Sums as an answer shows them. What cannot be computed is left out.

use serde::Serialize;
use utoipa::ToSchema;

use super::source::Part;
use crate::domain::money::NanoUsd;
use crate::domain::sketch::Sketch;
use crate::domain::sums::Sums;

/// Sums of calls with any end, and how many had which.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub sums: Sums,
    /// Success, error, cancelled.
    ends: [u64; 3],
}

impl Tally {
    pub fn add(&mut self, part: &Part<'_>) {
        part.add_to(&mut self.sums);
        let end = usize::try_from(part.status).ok().and_then(|status| self.ends.get_mut(status));
        if let Some(end) = end {
            *end += part.calls();
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        for (end, more) in self.ends.iter_mut().zip(other.ends) {
            *end += more;
        }
    }

    /// Takes out some of these calls; see [`Sums::subtract`].
    pub fn subtract(&mut self, part: &Self) {
        self.sums.subtract(&part.sums);
        for (end, part) in self.ends.iter_mut().zip(part.ends) {
            *end = end.saturating_sub(part);
        }
    }
}

/// Milliseconds, at most 3.2 % off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// What calls come to. What cannot be computed is absent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    pub total_calls: u64,
    pub success_calls: u64,
    pub error_calls: u64,
    pub cancelled_calls: u64,
    /// Of those that were not cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub success_rate: Option<f64>,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub cached_tokens: u64,
    pub cache_write_tokens: u64,
    pub reasoning_tokens: u64,
    pub total_tokens: u64,
    pub total_duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub avg_duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub duration_ms: Option<Percentiles>,
    /// To the first token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ttft_ms: Option<Percentiles>,
    /// The router's own part, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub overhead_ms: Option<f64>,
    /// Of streams, from their first token on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tokens_per_second: Option<f64>,
    /// Calls with more than one attempt.
    pub retried_calls: u64,
    /// Dollars, of the calls whose cost is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub total_cost: Option<f64>,
    pub unpriced_calls: u64,
    /// Calls whose usage the router estimated.
    pub estimated_calls: u64,
}

/// What the calls of a bucket come to. What cannot be computed is absent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PointFigures {
    pub total_calls: u64,
    pub success_calls: u64,
    pub error_calls: u64,
    pub cancelled_calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub cached_tokens: u64,
    pub total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub total_cost: Option<f64>,
    pub unpriced_calls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub avg_duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub duration_ms: Option<Percentiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ttft_ms: Option<Percentiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tokens_per_second: Option<f64>,
}

impl From<&Tally> for Figures {
    fn from(tally: &Tally) -> Self {
        let (sums, [success, error, cancelled]) = (&tally.sums, tally.ends);
        Self {
            total_calls: sums.calls,
            success_calls: success,
            error_calls: error,
            cancelled_calls: cancelled,
            success_rate: ratio(success, success + error),
            prompt_tokens: sums.usage.prompt,
            completion_tokens: sums.usage.completion,
            cached_tokens: sums.usage.cached,
            cache_write_tokens: sums.usage.cache_write,
            reasoning_tokens: sums.usage.reasoning,
            total_tokens: sums.usage.total,
            total_duration_ms: millis(sums.duration_us),
            avg_duration_ms: ratio(sums.duration_us, sums.calls).map(|us| us / 1e3),
            duration_ms: percentiles(&sums.durations),
            ttft_ms: percentiles(&sums.first_tokens),
            overhead_ms: ratio(sums.router_us, sums.router_calls).map(|us| us / 1e3),
            tokens_per_second: tokens_per_second(sums),
            retried_calls: sums.retried,
            total_cost: cost(sums),
            unpriced_calls: sums.unpriced,
            estimated_calls: sums.estimated,
        }
    }
}

impl From<&[Sums; 3]> for Figures {
    /// Of sums by the end of their calls: success, error, cancelled.
    fn from(ends: &[Sums; 3]) -> Self {
        let mut tally = Tally { ends: ends.each_ref().map(|sums| sums.calls), ..Tally::default() };
        ends.iter().for_each(|sums| tally.sums.merge(sums));
        Self::from(&tally)
    }
}

impl From<&Tally> for PointFigures {
    fn from(tally: &Tally) -> Self {
        let figures = Figures::from(tally);
        Self {
            total_calls: figures.total_calls,
            success_calls: figures.success_calls,
            error_calls: figures.error_calls,
            cancelled_calls: figures.cancelled_calls,
            prompt_tokens: figures.prompt_tokens,
            completion_tokens: figures.completion_tokens,
            cached_tokens: figures.cached_tokens,
            total_tokens: figures.total_tokens,
            total_cost: figures.total_cost,
            unpriced_calls: figures.unpriced_calls,
            avg_duration_ms: figures.avg_duration_ms,
            duration_ms: figures.duration_ms,
            ttft_ms: figures.ttft_ms,
            tokens_per_second: figures.tokens_per_second,
        }
    }
}

/// Dollars; `None` where no call has a known cost.
pub fn cost(sums: &Sums) -> Option<f64> {
    let nano = i64::try_from(sums.cost_nano_usd).unwrap_or(i64::MAX);
    (sums.priced > 0).then(|| NanoUsd(nano).as_dollars())
}

fn tokens_per_second(sums: &Sums) -> Option<f64> {
    ratio(sums.streamed_tokens, sums.streamed_us).map(|per_us| per_us * 1e6)
}

fn percentiles(sketch: &Sketch) -> Option<Percentiles> {
    let [p50, p95, p99] = sketch.quantiles([0.5, 0.95, 0.99])?.map(millis);
    Some(Percentiles { p50, p95, p99 })
}

#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 are not reached")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[expect(clippy::cast_precision_loss, reason = "a duration of 285 years is still exact")]
pub fn millis(microseconds: u64) -> f64 {
    microseconds as f64 / 1e3
}
