//! The record of one call: its candidates and attempts, its times, a part of its bodies, and its
//! end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::call::Call;
use super::call_trace::CallTrace;
use super::in_flight::{Begun, CallInFlight, Entry, WorkerCalls};
use super::timeline::Timeline;
use crate::catalog::Model;
use crate::catalog::snapshot::Policy;
use crate::config::recording::{BodiesOf, BodyRule};
use crate::dialects::summary::Summary;
use crate::domain::invocation::{
    Bodies, FailedTry, Invocation, KeyCharge, Status, Target, Uncounted,
};
use crate::domain::money::NanoUsd;
use crate::domain::service::Service;
use crate::domain::times::micros;
use crate::domain::trace_context::{TraceContext, TraceHeaders};
use crate::domain::usage::Usage;
use crate::recorder::RecordSlot;
use crate::routing::trace::{AttemptTrace, Timings, Trace};

/// What is kept of each body where the record keeps none, for an estimate of the usage.
const SAMPLE_BYTES: usize = 16 * 1024;

pub struct Meter {
    slot: RecordSlot,
    /// Taken when the call has ended.
    record: Option<Invocation>,
    entry: Entry,
    arrived: Instant,
    pub timeline: Timeline,
    /// Of a call that has ended.
    timings: Option<Timings>,
    model: Option<Arc<Model>>,
    provider_key: Option<usize>,
    /// When the candidate's upstream was called.
    sent_at: Option<Instant>,
    rule: BodyRule,
    request: Bytes,
    response: Vec<Bytes>,
    /// Bytes of the response that may still be kept.
    kept_bytes: usize,
    response_bytes: usize,
    is_truncated: bool,
    trace: Option<Trace>,
    call_trace: CallTrace,
    seen: Seen,
    /// Whether the tokens of its bodies can be counted: those of chats.
    is_countable: bool,
    /// The type of an answer that is no text, of which nothing is kept.
    binary: Option<Box<str>>,
}

/// What came of an answer so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// The upstream's own counts, the last that came.
    pub usage: Option<Usage>,
    /// About how many tokens.
    pub tokens: u64,
    /// A finish reason came, so that no content does any more.
    pub has_finished: bool,
}

/// What a call took, for its record, its cost and its key's budget.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub usage: Usage,
    /// Counted by the router, not told by the upstream.
    pub is_estimated: bool,
    /// The answer was cut off.
    pub is_partial: bool,
}

/// How a call ended.
pub struct Ending {
    pub status: Status,
    pub http_status: u16,
    pub finish_reason: Option<String>,
    /// Code and message.
    pub error: Option<(&'static str, String)>,
}

/// A candidate, and the key that was used.
pub struct Tried {
    model: Option<Arc<Model>>,
    provider_key: Option<usize>,
}

impl Meter {
    pub fn start(
        (slot, slot_wait): (RecordSlot, Duration),
        call: &Call,
        policy: &Policy,
        calls: &WorkerCalls,
    ) -> Self {
        let of_key = call.api_key.as_ref().and_then(|key| key.rules.record_bodies);
        let rule = policy.recording.bodies.for_key(of_key);
        let ratio = policy.telemetry.as_ref().map(|telemetry| telemetry.section.sample_ratio);
        let request = call.request.sent();
        let kept = if rule.keeps_any() { rule.max_bytes } else { SAMPLE_BYTES };
        let is_truncated = request.len() > kept;
        let record = begun(call);
        Self {
            slot,
            entry: calls.enter(listed(call, record.session_id.clone())),
            record: Some(record),
            arrived: call.arrived,
            timeline: Timeline::new(call.arrived, call.before, slot_wait),
            timings: None,
            model: None,
            provider_key: None,
            sent_at: None,
            rule,
            request: kept_part(request, kept),
            response: Vec::new(),
            kept_bytes: kept,
            response_bytes: 0,
            is_truncated,
            trace: None,
            call_trace: CallTrace::begin(ratio, call.trace.as_ref()),
            seen: Seen::default(),
            is_countable: call.request.service() == Service::Chat,
            binary: None,
        }
    }

    /// The call as it is listed while it is under way.
    pub fn in_flight(&self) -> &Arc<CallInFlight> {
        self.entry.call()
    }

    /// Records the candidates.
    pub fn planned(&mut self, trace: Trace) {
        self.trace = Some(trace);
    }

    /// Records the parameters that the candidate is not sent as the client set them.
    pub fn sent_without(&mut self, dropped: &[String], adjusted: &[String]) {
        if let Some(trace) = &mut self.trace {
            trace.sent_without(dropped, adjusted);
        }
    }

    /// Records the outcome of a candidate; `failed` is the code of its failure.
    pub fn tried(&mut self, ended: Instant, attempt: AttemptTrace, failed: Option<&'static str>) {
        self.timeline.tried(ended, failed.is_none());
        if let (Some(record), Some(model)) = (&mut self.record, &self.model) {
            record.tries.has_answer = failed.is_none();
            record.tries.failed.extend(failed.map(|code| FailedTry {
                provider: model.provider.name.clone(),
                model: model.name.clone(),
                code,
            }));
        }
        if let Some(trace) = &mut self.trace {
            let attempt = AttemptTrace { provider_key: self.provider_key, ..attempt };
            let attempt = self.timeline.describe(ended, attempt);
            let is_stream = self.record.as_ref().is_some_and(|record| record.is_stream);
            let ended = ended.saturating_duration_since(self.arrived);
            self.call_trace.tried(ended, &attempt, is_stream);
            trace.attempts.push(attempt);
        }
    }

    /// `provider/model;attempts=2`, for the client.
    pub fn route(&self) -> String {
        let model = self.model.as_ref().map(|model| model.full_name()).unwrap_or_default();
        let attempts = self.record.as_ref().map_or(0, |record| record.attempts);
        format!("{model};attempts={attempts}")
    }

    /// Records the model that is tried from `now` on.
    pub fn candidate(&mut self, model: &Arc<Model>, now: Instant) {
        self.timeline.candidate(now);
        self.call_trace.candidate(model, now.saturating_duration_since(self.arrived));
        self.entry.candidate(model);
        self.model = Some(model.clone());
        self.provider_key = None;
        self.sent_at = None;
    }

    pub fn tried_last(&self) -> Tried {
        Tried { model: self.model.clone(), provider_key: self.provider_key }
    }

    /// The failure that ends the call is not the last one, but that of this candidate.
    pub fn blame(&mut self, tried: Tried) {
        self.model = tried.model;
        self.provider_key = tried.provider_key;
    }

    /// What the candidate's upstream is told of the call's trace.
    pub fn trace_headers(&self, model: &Model) -> Option<TraceHeaders> {
        self.call_trace.headers(model)
    }

    /// For a call on behalf of this one.
    pub fn trace_context(&self) -> Option<TraceContext> {
        self.call_trace.context()
    }

    /// The time from the upstream call to `now`; `None` if there was none.
    pub fn since_sent(&self, now: Instant) -> Option<Duration> {
        self.sent_at.map(|sent_at| now.saturating_duration_since(sent_at))
    }

    /// Records an upstream call, with the index of its key.
    pub fn attempt(&mut self, key: Option<usize>) {
        self.provider_key = key.map(|place| place + 1);
        let now = Instant::now();
        self.timeline.asked(now);
        self.call_trace.asked(now.saturating_duration_since(self.arrived));
        self.sent_at = Some(now);
        if let Some(record) = &mut self.record {
            record.attempts += 1;
            self.entry.attempts(record.attempts);
        }
    }

    /// The upstream call was not made after all, because no connection was free.
    pub fn not_sent(&mut self) {
        self.timeline.not_sent();
        self.call_trace.not_sent();
        self.provider_key = None;
        self.sent_at = None;
        if let Some(record) = &mut self.record {
            record.attempts = record.attempts.saturating_sub(1);
            self.entry.attempts(record.attempts);
        }
    }

    /// Records the first chunk of a stream.
    pub fn first_chunk(&mut self, now: Instant) {
        let elapsed_us = self.elapsed_us(now);
        if let Some(record) = &mut self.record {
            record.ttft_us.get_or_insert(elapsed_us);
            self.entry.first_token(elapsed_us);
        }
    }

    /// What an answer has said so far.
    pub fn saw(&mut self, summary: &Summary) {
        let has_finished = summary.finish_reason.is_some();
        self.seen = Seen { usage: summary.usage, tokens: summary.tokens, has_finished };
    }

    /// Nothing of the answer is kept: it is of this type.
    pub fn keep_no_answer(&mut self, content_type: &str) {
        self.binary = Some(content_type.into());
    }

    /// Keeps a part of the answer for the call log, up to the configured size.
    pub fn collect(&mut self, part: &Bytes) {
        if part.is_empty() {
            return;
        }
        self.response_bytes += part.len();
        if self.binary.is_some() {
            return;
        }
        self.is_truncated |= part.len() > self.kept_bytes;
        let kept = kept_part(part, self.kept_bytes);
        self.kept_bytes -= kept.len();
        if !kept.is_empty() {
            self.response.push(kept);
        }
    }

    /// Whether the call has not ended yet.
    pub fn is_open(&self) -> bool {
        self.record.is_some()
    }

    /// Whether an upstream was called.
    pub fn is_sent(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.attempts > 0)
    }

    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// Since the call arrived.
    pub fn elapsed(&self) -> Duration {
        self.arrived.elapsed()
    }

    /// The cost of a usage at the candidate.
    pub fn cost_of(&self, usage: Option<&Usage>) -> Option<NanoUsd> {
        self.model.as_ref()?.prices.cost(usage?)
    }

    /// Writes the record. Anything after the first end is ignored.
    pub fn end(&mut self, ending: Ending, took: Option<Took>, charge: Option<KeyCharge>) {
        let Some(mut record) = self.record.take() else { return };
        let now = Instant::now();
        let (phases, timings) = self.timeline.end(now);
        self.timings = Some(timings);
        self.entry.leave();
        let Ending { status, http_status, finish_reason, error } = ending;
        record.status = status;
        record.http_status = http_status;
        record.finish_reason = finish_reason;
        (record.error_code, record.error_message) = error.unzip();
        record.charge = charge;
        if let Some(took) = took {
            record.usage = Some(took.usage);
            record.usage_estimated = took.is_estimated;
            record.usage_partial = took.is_partial;
            record.cost = self.cost_of(Some(&took.usage));
            record.price = self.model.as_ref().and_then(|model| model.price.clone());
        }
        record.duration_us = self.elapsed_us(now);
        record.phases = phases;
        record.route =
            self.trace.take().map(|trace| Trace { timings: self.timings, ..trace }.to_json());
        let is_kept = match self.rule.of {
            BodiesOf::All => true,
            BodiesOf::Errors => status == Status::Error,
            BodiesOf::None => false,
        };
        let is_uncounted = self.is_countable && took.is_some_and(|took| took.is_estimated);
        let model = self.model.take();
        if let Some(model) = model.as_ref().filter(|_| is_uncounted) {
            record.uncounted = Some(Box::new(Uncounted {
                model: model.remote_name().to_owned(),
                told: self.seen.usage,
                answer_bytes: self.response_bytes,
                sample: (!is_kept).then(|| self.bodies()),
            }));
        }
        record.target = model.map(|model| target(&model, self.provider_key));
        if is_kept {
            record.bodies = Some(self.bodies());
        }
        record.spans = self.call_trace.end();
        self.slot.fill(record);
    }

    /// What is kept of them.
    fn bodies(&mut self) -> Bodies {
        let response = match &self.binary {
            Some(kind) => Bytes::from(format!("[{} bytes of {kind}]", self.response_bytes)),
            None => joined(std::mem::take(&mut self.response)),
        };
        Bodies {
            request: std::mem::take(&mut self.request),
            response,
            is_truncated: self.is_truncated,
        }
    }

    /// Where the time of the call went, once it has ended.
    pub fn timings(&self) -> Option<Timings> {
        self.timings
    }

    fn elapsed_us(&self, now: Instant) -> i64 {
        micros(now.saturating_duration_since(self.arrived))
    }
}

/// The call as it is listed while it is under way.
fn listed(call: &Call, session_id: Option<String>) -> Begun {
    Begun {
        request_id: call.request_id.clone(),
        started_at_us: call.arrived_us,
        endpoint: call.origin.as_str(),
        session_id,
        requested: call.selector.shown(),
        api_key: call.api_key.clone(),
        is_stream: call.request.facts.is_stream,
    }
}

fn begun(call: &Call) -> Invocation {
    Invocation {
        request_id: call.request_id.as_str().to_owned(),
        started_at_us: call.arrived_us,
        endpoint: call.origin.as_str(),
        session_id: call.session_id(),
        requested: call.selector.shown(),
        api_key: call.api_key.as_ref().map(|key| key.name.to_string()),
        api_key_id: call.api_key.as_ref().map(|key| key.id),
        is_stream: call.request.facts.is_stream,
        ..Invocation::blank()
    }
}

fn target(model: &Model, provider_key: Option<usize>) -> Target {
    Target {
        provider_id: model.provider.id,
        provider: model.provider.name.clone(),
        kind: model.provider.kind,
        model_id: model.id,
        model: model.name.clone(),
        tags: model.tags.clone(),
        provider_key,
    }
}

/// The first bytes: shared if all of them are kept, copied if a slice would keep megabytes alive.
fn kept_part(bytes: &Bytes, max: usize) -> Bytes {
    if bytes.len() <= max {
        return bytes.clone();
    }
    Bytes::copy_from_slice(bytes.get(..max).unwrap_or_default())
}

fn joined(mut parts: Vec<Bytes>) -> Bytes {
    match parts.len() {
        0 => Bytes::new(),
        1 => parts.swap_remove(0),
        _ => Bytes::from(parts.concat()),
    }
}
