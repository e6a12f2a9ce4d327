//! The record of one call in the call log, however the call ended.

use std::sync::Arc;

use bytes::Bytes;

use super::ids::{KeyId, ModelId, ProviderId};
use super::money::NanoUsd;
use super::price::Prices;
use super::provider_kind::ProviderKind;
use super::spans::CallSpans;
use super::usage::Usage;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Success,
    /// The router or the upstream failed.
    Error,
    /// The client left before the end.
    Cancelled,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The status that is recorded when the client left before the answer.
pub const CLIENT_CLOSED_REQUEST: u16 = 499;

/// One row of `invocations`, with its bodies, which have a table of their own.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub request_id: String,
    /// Microseconds since 1970, UTC.
    pub started_at_us: i64,
    /// `chat`, `invoke` or `route`.
    pub endpoint: &'static str,
    /// The client's name for the session that the call belongs to.
    pub session_id: Option<String>,
    /// The model's name or the query's tags, as the caller sent them.
    pub requested: String,
    pub target: Option<Target>,
    /// The name of the caller's key; absent for a local caller.
    pub api_key: Option<String>,
    pub api_key_id: Option<KeyId>,
    /// What was charged to that key; absent where nothing was.
    pub charge: Option<KeyCharge>,
    pub is_stream: bool,
    pub status: Status,
    pub http_status: u16,
    pub error_code: Option<&'static str>,
    pub error_message: Option<String>,
    pub finish_reason: Option<String>,
    /// Absent where nothing came of an answer.
    pub usage: Option<Usage>,
    /// The upstream told none, or too little; the router counted.
    pub usage_estimated: bool,
    /// It is what went by until the call was cut off.
    pub usage_partial: bool,
    /// What an estimate of its usage is still to be counted from, before it is written.
    pub uncounted: Option<Box<Uncounted>>,
    /// Absent where the price or the usage is unknown; 0 only where the call was free.
    pub cost: Option<NanoUsd>,
    /// What it was counted with.
    pub price: Option<Arc<PriceUsed>>,
    pub phases: Phases,
    pub ttft_us: Option<i64>,
    pub duration_us: i64,
    /// Upstream calls made for this request; 0 when none was.
    pub attempts: u32,
    pub tries: Tries,
    pub bodies: Option<Bodies>,
    /// Why bodies that should have been kept are missing.
    pub bodies_dropped: Option<&'static str>,
    /// The routing decision and the attempts, as JSON.
    pub route: Option<String>,
    /// Of a call whose trace is exported; not stored.
    pub spans: Option<Box<CallSpans>>,
}

impl Invocation {
    /// A call of which nothing is known yet.
    pub fn blank() -> Self {
        Self {
            request_id: String::new(),
            started_at_us: 0,
            endpoint: "",
            session_id: None,
            requested: String::new(),
            target: None,
            api_key: None,
            api_key_id: None,
            charge: None,
            is_stream: false,
            status: Status::Error,
            http_status: 0,
            error_code: None,
            error_message: None,
            finish_reason: None,
            usage: None,
            usage_estimated: false,
            usage_partial: false,
            uncounted: None,
            cost: None,
            price: None,
            phases: Phases::default(),
            ttft_us: None,
            duration_us: 0,
            attempts: 0,
            tries: Tries::default(),
            bodies: None,
            bodies_dropped: None,
            route: None,
            spans: None,
        }
    }

    /// The size of its bodies in memory.
    pub fn body_bytes(&self) -> usize {
        let sample = self.uncounted.as_ref().and_then(|uncounted| uncounted.sample.as_ref());
        let bytes = |bodies: &Bodies| bodies.request.len() + bodies.response.len();
        self.bodies.as_ref().map_or(0, bytes) + sample.map_or(0, bytes)
    }
}

/// What became of the candidates that were tried, for metrics; the call's trace has more of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// In order. Empty for most calls, which costs them nothing.
    pub failed: Vec<FailedTry>,
    /// The last candidate answered, a stream with its first content.
    pub has_answer: bool,
}

/// A candidate that did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedTry {
    pub provider: String,
    pub model: String,
    /// Of the failure.
    pub code: &'static str,
}

/// What the usage of a call is counted from whose upstream told none, or too little. Until then its
/// record has an estimate by sizes.
#[derive(Clone, Debug)]
pub struct Uncounted {
    /// What the upstream calls the model.
    pub model: String,
    /// What the upstream told stands.
    pub told: Option<Usage>,
    /// Of the whole answer, of which the beginning is kept.
    pub answer_bytes: usize,
    /// The beginnings of its bodies, where the record keeps none.
    pub sample: Option<Bodies>,
}

/// The price that a call was counted with, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceUsed {
    pub prices: Prices,
    /// `router.toml`, `api`, or the list that it is from: `prices.toml`, `file`, `url`.
    pub source: Arc<str>,
    /// The date of the list, or empty.
    pub as_of: Arc<str>,
}

/// Where the time of a call went, as far as lists and sums need it; the rest is in its trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// The router's own work.
    pub router_us: Option<i64>,
    /// Waiting for a permit, a connection or a slot.
    pub wait_us: Option<i64>,
}

/// [`Invocation::bodies_dropped`]: too many bytes were waiting to be written.
pub const DROPPED_FOR_MEMORY: &str = "memory";

/// What a call took from its key's budget. An estimate where the upstream reported no usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCharge {
    pub key: KeyId,
    /// In the key's own time zone.
    pub day: jiff::civil::Date,
    pub tokens: u64,
    pub cost: NanoUsd,
}

/// The model that was called last for a request.
#[derive(Clone, Debug)]
pub struct Target {
    pub provider_id: ProviderId,
    pub provider: String,
    pub kind: ProviderKind,
    pub model_id: ModelId,
    pub model: String,
    pub tags: Vec<String>,
    /// Which of the provider's keys was used, counted from 1. Never the key itself.
    pub provider_key: Option<usize>,
}

/// Request and answer as sent over the wire, cut to the configured length.
#[derive(Clone, Debug)]
pub struct Bodies {
    pub request: Bytes,
    pub response: Bytes,
    pub is_truncated: bool,
}

impl Bodies {
    /// Copies them into buffers of their own size: a slice keeps a larger network buffer alive.
    pub fn compact(&mut self, up_to: usize) {
        for body in [&mut self.request, &mut self.response] {
            if body.len() <= up_to {
                *body = Bytes::copy_from_slice(body);
            }
        }
    }
}
