//! Tokens, money and times of one call, and its record: exactly one, whatever the end is. A
//! meter that is dropped without an end was left by its client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::allowance::Allowance;
use super::call::{Call, Origin, RelayContext};
use super::call_summary::CallSummary;
use super::capacity::CapacityGuard;
use crate::catalog::Model;
use crate::config::sections::Recording;
use crate::domain::failure::Failure;
use crate::domain::invocation::{Bodies, CLIENT_CLOSED_REQUEST, Invocation, Status, Target};
use crate::domain::money::NanoUsd;
use crate::domain::usage::Usage;
use crate::limits::RateLimits;
use crate::recorder::RecordSlot;
use crate::routing::needs::Needs;
use crate::routing::trace::{AttemptTrace, Trace};

pub struct Meter {
    slot: RecordSlot,
    /// Taken when the call has ended.
    record: Option<Invocation>,
    origin: Origin,
    arrived: Instant,
    model: Option<Arc<Model>>,
    provider_key: Option<usize>,
    /// When the candidate's upstream was asked.
    asked: Option<Instant>,
    is_stopping: Arc<AtomicBool>,
    recording: Recording,
    request: Bytes,
    response: Vec<Bytes>,
    /// Bytes of the response that may still be kept.
    kept_bytes: usize,
    is_truncated: bool,
    trace: Option<Trace>,
    /// At the model and its provider.
    room: Option<CapacityGuard>,
    /// Of the caller's key.
    allowance: Allowance,
    /// About how many tokens of the answer went by.
    seen_tokens: u64,
}

/// A candidate, and the key with which it was asked.
pub struct Tried {
    model: Option<Arc<Model>>,
    provider_key: Option<usize>,
}

impl Meter {
    pub fn start(
        slot: RecordSlot,
        call: &Call,
        recording: Recording,
        context: &RelayContext,
    ) -> Self {
        let request = call.body.bytes();
        let kept = if recording.bodies { recording.max_body_bytes } else { 0 };
        let is_truncated = request.len() > kept;
        Self {
            slot,
            record: Some(begun(call)),
            origin: call.origin,
            arrived: call.arrived,
            model: None,
            provider_key: None,
            asked: None,
            is_stopping: context.is_stopping.clone(),
            recording,
            request: kept_part(request, kept),
            response: Vec::new(),
            kept_bytes: kept,
            is_truncated,
            trace: None,
            room: None,
            allowance: Allowance::none(context.epoch),
            seen_tokens: 0,
        }
    }

    /// What the call may take from its key.
    pub fn allow(&mut self, allowance: Allowance) {
        self.allowance = allowance;
    }

    /// Reserves what the call may cost its key at this candidate.
    ///
    /// # Errors
    /// When the key's budget has no room for it.
    pub fn reserve(&mut self, call: &Call, model: &Model, needs: &Needs) -> Result<(), Failure> {
        self.allowance.reserve(call, model, needs)
    }

    /// How full the key's rate limits are.
    pub fn rate_limits(&self) -> RateLimits {
        self.allowance.rate_limits()
    }

    /// The candidates are known.
    pub fn planned(&mut self, trace: Trace) {
        self.trace = Some(trace);
    }

    /// Keeps the call's room at its model until it ends.
    pub fn hold(&mut self, room: CapacityGuard) {
        self.room = Some(room);
    }

    /// The candidate gave nothing: its room is free again.
    pub fn let_go(&mut self) {
        self.room = None;
    }

    /// A candidate answered or failed.
    pub fn tried(&mut self, attempt: AttemptTrace) {
        if let Some(trace) = &mut self.trace {
            trace.attempts.push(attempt);
        }
    }

    /// `provider/model;attempts=2`, for the client.
    pub fn route(&self) -> String {
        let model = self.model.as_ref().map(|model| model.full_name()).unwrap_or_default();
        let attempts = self.record.as_ref().map_or(0, |record| record.attempts);
        format!("{model};attempts={attempts}")
    }

    /// This model is tried next.
    pub fn candidate(&mut self, model: &Arc<Model>) {
        self.model = Some(model.clone());
        self.provider_key = None;
        self.asked = None;
    }

    pub fn tried_last(&self) -> Tried {
        Tried { model: self.model.clone(), provider_key: self.provider_key }
    }

    /// The failure that ends the call is not the last one, but that of this candidate.
    pub fn blame(&mut self, tried: Tried) {
        self.model = tried.model;
        self.provider_key = tried.provider_key;
    }

    /// How long ago the candidate's upstream was asked; `None` where it was not.
    pub fn since_asked(&self) -> Option<Duration> {
        self.asked.map(|asked| asked.elapsed())
    }

    /// An upstream call is being made, with the key at this place.
    pub fn attempt(&mut self, key: Option<usize>) {
        self.provider_key = key.map(|place| place + 1);
        self.asked = Some(Instant::now());
        if let Some(record) = &mut self.record {
            record.attempts += 1;
        }
    }

    /// The upstream call was not made after all: there was no connection for it.
    pub fn not_asked(&mut self) {
        self.provider_key = None;
        self.asked = None;
        if let Some(record) = &mut self.record {
            record.attempts = record.attempts.saturating_sub(1);
        }
    }

    /// The first chunk of a stream is there.
    pub fn first_chunk(&mut self) {
        let elapsed_us = self.elapsed_us();
        if let Some(record) = &mut self.record {
            record.ttft_us.get_or_insert(elapsed_us);
        }
    }

    /// Keeps a part of the answer for the books, as far as there is room for it.
    pub fn collect(&mut self, part: &Bytes) {
        self.seen_tokens = self.seen_tokens.saturating_add(self.tokens_in(part));
        if !self.recording.bodies || part.is_empty() {
            return;
        }
        self.is_truncated |= part.len() > self.kept_bytes;
        let kept = kept_part(part, self.kept_bytes);
        self.kept_bytes -= kept.len();
        if !kept.is_empty() {
            self.response.push(kept);
        }
    }

    /// In a stream an event is about a token; else four bytes are.
    fn tokens_in(&self, part: &Bytes) -> u64 {
        let is_stream = self.record.as_ref().is_some_and(|record| record.is_stream);
        let tokens = match is_stream {
            true => memchr::memmem::find_iter(part, b"\n\n").count(),
            false => part.len() / 4,
        };
        u64::try_from(tokens).unwrap_or(u64::MAX)
    }

    /// The answer is complete.
    pub fn succeed(&mut self, usage: Option<Usage>, finish_reason: Option<String>) -> CallSummary {
        let cost = self.cost_of(usage.as_ref());
        let ended = CallSummary { finish_reason, usage, cost };
        let spent = ended.clone();
        self.end(Status::Success, 200, move |record| {
            record.finish_reason = spent.finish_reason;
            record.usage = spent.usage;
            record.cost = spent.cost;
        });
        ended
    }

    /// There will be no answer, or no more of it.
    pub fn fail(&mut self, failure: &Failure) {
        self.break_off(failure, None);
    }

    /// A stream broke off; what its upstream had said of usage by then is paid for. One that the
    /// router's stop cuts off has what went by of it in the books: its upstream was never asked
    /// to stop counting.
    pub fn break_off(&mut self, failure: &Failure, usage: Option<Usage>) {
        let usage = match failure {
            Failure::ShuttingDown => self.seen_at_least(usage),
            _ => usage,
        };
        let (status, code) = failure.status_and_code();
        let cost = self.cost_of(usage.as_ref());
        self.end(Status::Error, status, |record| {
            record.error_code = Some(code);
            record.error_message = Some(failure.to_string());
            record.usage = usage;
            record.cost = cost;
        });
    }

    /// What the upstream said of usage, or what went by if that is more; the prompt is estimated
    /// where it said nothing.
    fn seen_at_least(&self, usage: Option<Usage>) -> Option<Usage> {
        if self.seen_tokens == 0 {
            return usage;
        }
        let prompt = self.allowance.prompt_tokens();
        let told = usage.unwrap_or(Usage { prompt, ..Usage::default() });
        let completion = told.completion.max(self.seen_tokens);
        let total = told.total.max(told.prompt.saturating_add(completion));
        Some(Usage { completion, total, ..told })
    }

    fn cost_of(&self, usage: Option<&Usage>) -> Option<NanoUsd> {
        self.model.as_ref()?.prices.cost(usage?)
    }

    fn end(&mut self, status: Status, http_status: u16, say: impl FnOnce(&mut Invocation)) {
        let duration_us = self.elapsed_us();
        let Some(mut record) = self.record.take() else { return };
        record.status = status;
        record.http_status = http_status;
        record.duration_us = duration_us;
        record.route = self.trace.take().map(|trace| trace.to_json());
        record.target = self.model.take().map(|model| target(&model, self.provider_key));
        if self.recording.bodies {
            record.bodies = Some(Bodies {
                request: std::mem::take(&mut self.request),
                response: joined(std::mem::take(&mut self.response)),
                is_truncated: self.is_truncated,
            });
        }
        say(&mut record);
        let seen = (self.seen_tokens, record.attempts > 0);
        record.charge = self.allowance.settle(record.status, record.usage.as_ref(), seen);
        if let Some(room) = self.room.take() {
            room.settle(record.usage.map(|usage| usage.total));
        }
        self.slot.fill(record);
    }

    fn elapsed_us(&self) -> i64 {
        i64::try_from(self.arrived.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.record.is_none() {
            return;
        }
        if self.is_stopping.load(Ordering::Relaxed) {
            self.fail(&Failure::ShuttingDown);
            return;
        }
        let message = match self.origin {
            Origin::Router => "its verdict was late, or the client left before it came",
            Origin::Client(_) => "the client left before the answer was complete",
        };
        self.end(Status::Cancelled, CLIENT_CLOSED_REQUEST, |record| {
            record.error_code = Some("client_closed_request");
            record.error_message = Some(String::from(message));
        });
    }
}

fn begun(call: &Call) -> Invocation {
    Invocation {
        request_id: call.request_id.as_str().to_owned(),
        started_at_us: call.arrived_us,
        endpoint: call.origin.as_str(),
        requested: call.selector.shown(),
        target: None,
        api_key: call.api_key.as_ref().map(|key| key.name.to_string()),
        api_key_id: call.api_key.as_ref().map(|key| key.id),
        charge: None,
        is_stream: call.body.is_stream,
        status: Status::Error,
        http_status: 0,
        error_code: None,
        error_message: None,
        finish_reason: None,
        usage: None,
        cost: None,
        ttft_us: None,
        duration_us: 0,
        attempts: 0,
        bodies: None,
        bodies_dropped: None,
        route: None,
    }
}

fn target(model: &Model, provider_key: Option<usize>) -> Target {
    Target {
        provider_id: model.provider.id,
        provider: model.provider.name.clone(),
        model_id: model.id,
        model: model.name.clone(),
        tags: model.tags.clone(),
        provider_key,
    }
}

/// The beginning of the bytes: shared where all of them are kept, copied where keeping a slice
/// would keep megabytes alive.
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
