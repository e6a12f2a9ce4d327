//! Prometheus metrics. They are counted from the call records when these are written, so a request
//! spends no time on them.

use prometheus::{
    CounterVec, Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};

use crate::domain::invocation::Invocation;

/// In seconds, from a cached answer to a long chain of thought.
const DURATION_BUCKETS: &[f64] =
    &[0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    duration: HistogramVec,
    time_to_first_token: HistogramVec,
    tokens: IntCounterVec,
    cost: CounterVec,
    /// Successful calls whose cost is unknown: a price or the usage was missing.
    unpriced: IntCounterVec,
    pub in_flight: IntGauge,
    pub records_pending: IntGauge,
    pub records_failed_writes: IntCounter,
    pub records_set_aside: IntCounter,
    pub bodies_left_out: IntCounter,
}

const LABELS: &[&str] = &["provider", "model"];

impl Metrics {
    /// # Errors
    /// When two metrics have one name, which a test would see.
    pub fn new() -> prometheus::Result<Self> {
        let seconds = |name: &str, help: &str| {
            let options = HistogramOpts::new(name, help).buckets(DURATION_BUCKETS.to_vec());
            HistogramVec::new(options, LABELS)
        };
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("llm_router_requests_total", "Calls by how they ended"),
                &["provider", "model", "status"],
            )?,
            duration: seconds(
                "llm_router_request_duration_seconds",
                "From request to end of answer",
            )?,
            time_to_first_token: seconds(
                "llm_router_time_to_first_token_seconds",
                "From request to the first chunk of a stream",
            )?,
            tokens: IntCounterVec::new(
                Opts::new("llm_router_tokens_total", "Tokens by type"),
                &["provider", "model", "type"],
            )?,
            cost: CounterVec::new(
                Opts::new("llm_router_cost_dollars_total", "Known costs in US dollars"),
                LABELS,
            )?,
            unpriced: IntCounterVec::new(
                Opts::new(
                    "llm_router_unpriced_requests_total",
                    "Successful calls whose cost is unknown",
                ),
                LABELS,
            )?,
            in_flight: IntGauge::new("llm_router_in_flight_requests", "Calls that have not ended")?,
            records_pending: IntGauge::new(
                "llm_router_records_pending",
                "Records not yet on disk",
            )?,
            records_failed_writes: IntCounter::new(
                "llm_router_record_write_failures_total",
                "Batches of records that could not be written and were tried again",
            )?,
            records_set_aside: IntCounter::new(
                "llm_router_records_set_aside_total",
                "Records that the database refused and that are kept in the table `set_aside`",
            )?,
            bodies_left_out: IntCounter::new(
                "llm_router_record_bodies_left_out_total",
                "Records kept without their bodies, because too many bytes waited for the disk",
            )?,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> prometheus::Result<()> {
        let registry = &self.registry;
        registry.register(Box::new(self.requests.clone()))?;
        registry.register(Box::new(self.duration.clone()))?;
        registry.register(Box::new(self.time_to_first_token.clone()))?;
        registry.register(Box::new(self.tokens.clone()))?;
        registry.register(Box::new(self.cost.clone()))?;
        registry.register(Box::new(self.unpriced.clone()))?;
        registry.register(Box::new(self.in_flight.clone()))?;
        registry.register(Box::new(self.records_pending.clone()))?;
        registry.register(Box::new(self.records_failed_writes.clone()))?;
        registry.register(Box::new(self.records_set_aside.clone()))?;
        registry.register(Box::new(self.bodies_left_out.clone()))
    }

    /// Counts a call that has ended.
    pub fn count(&self, invocation: &Invocation) {
        let target = invocation.target.as_ref();
        let labels = [
            target.map_or("none", |target| target.provider.as_str()),
            target.map_or("none", |target| target.model.as_str()),
        ];
        let with = |last: &'static str| [labels[0], labels[1], last];
        self.requests.with_label_values(&with(invocation.status.as_str())).inc();
        self.duration.with_label_values(&labels).observe(seconds(invocation.duration_us));
        if let Some(ttft_us) = invocation.ttft_us {
            self.time_to_first_token.with_label_values(&labels).observe(seconds(ttft_us));
        }
        if let Some(usage) = &invocation.usage {
            for (name, tokens) in [
                ("prompt", usage.prompt),
                ("completion", usage.completion),
                ("cached", usage.cached),
                ("reasoning", usage.reasoning),
            ] {
                self.tokens.with_label_values(&with(name)).inc_by(tokens);
            }
        }
        match invocation.cost {
            Some(cost) => self.cost.with_label_values(&labels).inc_by(cost.as_dollars()),
            None if invocation.status == crate::domain::invocation::Status::Success => {
                self.unpriced.with_label_values(&labels).inc();
            }
            None => {}
        }
    }

    /// The text that Prometheus reads.
    ///
    /// # Errors
    /// When a metric cannot be written as text.
    pub fn render(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration of 285 years is still exact")]
fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}
