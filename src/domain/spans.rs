//! What a trace shows of a call beside its record: ids, and the attempts with their times.

use super::provider_kind::ProviderKind;
use super::trace_context::{SpanId, TraceContext};

/// Of a call that belongs to a trace which is exported.
#[derive(Clone, Debug)]
pub struct CallSpans {
    /// The trace, and the caller's span.
    pub context: TraceContext,
    /// Whether the caller has a span; else the trace begins here.
    pub has_parent: bool,
    pub span_id: SpanId,
    /// In their order.
    pub attempts: Vec<AttemptSpan>,
}

/// The attempt at one candidate.
#[derive(Clone, Debug)]
pub struct AttemptSpan {
    pub span_id: SpanId,
    pub provider: String,
    pub kind: ProviderKind,
    /// The router's name of the model.
    pub model: String,
    /// The upstream's name of it.
    pub remote_model: String,
    /// Host and port.
    pub server: Option<(String, u16)>,
    /// Microseconds from the call's arrival to the first request to the upstream; before there is
    /// one, to the attempt's begin.
    pub begun_us: i64,
    /// To its end; `None` for one that lasts until the call's own end.
    pub ended_us: Option<i64>,
    /// Requests to the upstream: 0 where a limit refused the candidate, several where a provider
    /// has several keys.
    pub requests: u32,
    /// The code of its failure.
    pub failure: Option<String>,
    /// An answer came, whole or with its first content.
    pub has_answered: bool,
    pub details: AttemptDetails,
}

/// What was measured of an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct AttemptDetails {
    pub http_status: Option<u16>,
    /// Counted from 1.
    pub provider_key: Option<usize>,
    pub connect_ms: Option<f64>,
    pub first_byte_ms: Option<f64>,
    pub queue_ms: f64,
}
