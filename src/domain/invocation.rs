//! The record of one call: what the books keep, whatever the end was.

use bytes::Bytes;

use super::ids::{KeyId, ModelId, ProviderId};
use super::money::NanoUsd;
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

/// The status that is recorded when nobody was left to answer.
pub const CLIENT_CLOSED_REQUEST: u16 = 499;

/// One row of `invocations`, with the bodies that go to a table of their own.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub request_id: String,
    /// Microseconds since 1970, UTC.
    pub started_at_us: i64,
    /// `chat`, `invoke` or `route`.
    pub endpoint: &'static str,
    /// What the caller asked for: a model's name, or the query's tags.
    pub requested: String,
    pub target: Option<Target>,
    /// The name of the caller's key; absent for a local caller.
    pub api_key: Option<String>,
    pub api_key_id: Option<KeyId>,
    /// What it cost that key; absent where it cost nothing.
    pub charge: Option<KeyCharge>,
    pub is_stream: bool,
    pub status: Status,
    pub http_status: u16,
    pub error_code: Option<&'static str>,
    pub error_message: Option<String>,
    pub finish_reason: Option<String>,
    /// Absent where the upstream gave none, but for a stream that the router's stop cut off: then it
    /// is about what went by.
    pub usage: Option<Usage>,
    /// Absent where the price or the usage is unknown; never 0 for want of knowledge.
    pub cost: Option<NanoUsd>,
    pub ttft_us: Option<i64>,
    pub duration_us: i64,
    /// Upstream calls made for this request; 0 when none was.
    pub attempts: u32,
    pub bodies: Option<Bodies>,
    /// Why they are not there although they should have been kept.
    pub bodies_dropped: Option<&'static str>,
    /// What was decided about it and what each attempt did, as JSON.
    pub route: Option<String>,
}

impl Invocation {
    /// What its bodies weigh in memory.
    pub fn body_bytes(&self) -> usize {
        self.bodies.as_ref().map_or(0, |bodies| bodies.request.len() + bodies.response.len())
    }
}

/// [`Invocation::bodies_dropped`]: too many bytes waited for the disk.
pub const DROPPED_FOR_MEMORY: &str = "memory";

/// What a call took from its key's budget. Where the upstream told no usage it is an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCharge {
    pub key: KeyId,
    /// Of the key's own time zone.
    pub day: jiff::civil::Date,
    pub tokens: u64,
    pub cost: NanoUsd,
}

/// The model that was called last for a request.
#[derive(Clone, Debug)]
pub struct Target {
    pub provider_id: ProviderId,
    pub provider: String,
    pub model_id: ModelId,
    pub model: String,
    pub tags: Vec<String>,
    /// Which of the provider's keys was used, by its place: `1` is the first. Never the key.
    pub provider_key: Option<usize>,
}

/// Request and answer as they went over the wire, cut to the configured length.
#[derive(Clone, Debug)]
pub struct Bodies {
    pub request: Bytes,
    pub response: Bytes,
    pub is_truncated: bool,
}

impl Bodies {
    /// Moves them into buffers of their own size.
    pub fn compact(&mut self) {
        for body in [&mut self.request, &mut self.response] {
            *body = Bytes::copy_from_slice(body);
        }
    }
}
