//! A call in flight: its record and its admission, which end together. There is exactly one record,
//! whatever the end; a call that is dropped without an end was left by its client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::admission::Admission;
use super::call::{Call, Origin, RelayContext};
use super::meter::{Ending, Meter};
use crate::config::sections::Recording;
use crate::dialects::summary::Summary;
use crate::domain::failure::Failure;
use crate::domain::invocation::{CLIENT_CLOSED_REQUEST, Status};
use crate::domain::usage::Usage;
use crate::recorder::RecordSlot;

pub struct RunningCall {
    pub meter: Meter,
    pub admission: Admission,
    origin: Origin,
    is_stopping: Arc<AtomicBool>,
}

impl RunningCall {
    pub fn start(
        slot: RecordSlot,
        call: &Call,
        recording: Recording,
        context: &RelayContext,
    ) -> Self {
        Self {
            meter: Meter::start(slot, call, recording, &context.calls),
            admission: Admission::none(context.clock),
            origin: call.origin,
            is_stopping: context.is_stopping.clone(),
        }
    }

    /// The answer is complete.
    pub fn succeed(&mut self, summary: &Summary) {
        self.end(Ending {
            status: Status::Success,
            http_status: 200,
            finish_reason: summary.finish_reason.clone(),
            error: None,
            usage: summary.usage,
            cost: self.meter.cost_of(summary.usage.as_ref()),
        });
    }

    /// There is no answer, or no more of it.
    pub fn fail(&mut self, failure: &Failure) {
        self.break_off(failure, None);
    }

    /// A stream broke off; the usage that its upstream reported is charged. One that the router's
    /// stop cuts off is recorded with the tokens that were passed on, because its upstream sent no
    /// counts.
    pub fn break_off(&mut self, failure: &Failure, usage: Option<Usage>) {
        let usage = match failure {
            Failure::ShuttingDown => self.seen_at_least(usage),
            _ => usage,
        };
        let (http_status, code) = failure.status_and_code();
        let status = match failure {
            Failure::Cancelled => Status::Cancelled,
            _ => Status::Error,
        };
        self.end(Ending {
            status,
            http_status,
            finish_reason: None,
            error: Some((code, failure.to_string())),
            usage,
            cost: self.meter.cost_of(usage.as_ref()),
        });
    }

    /// The upstream's usage, or the passed-on tokens if that is more; the prompt is estimated if
    /// the upstream reported none.
    fn seen_at_least(&self, usage: Option<Usage>) -> Option<Usage> {
        let seen_tokens = self.meter.seen_tokens();
        if seen_tokens == 0 {
            return usage;
        }
        let prompt = self.admission.prompt_tokens();
        let told = usage.unwrap_or(Usage { prompt, ..Usage::default() });
        let completion = told.completion.max(seen_tokens);
        let total = told.total.max(told.prompt.saturating_add(completion));
        Some(Usage { completion, total, ..told })
    }

    fn end(&mut self, ending: Ending) {
        if !self.meter.is_open() {
            return;
        }
        let seen = (self.meter.seen_tokens(), self.meter.is_sent());
        let charge = self.admission.settle(ending.status, ending.usage.as_ref(), seen);
        self.meter.end(ending, charge);
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        if !self.meter.is_open() {
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
        self.end(Ending {
            status: Status::Cancelled,
            http_status: CLIENT_CLOSED_REQUEST,
            finish_reason: None,
            error: Some(("client_closed_request", String::from(message))),
            usage: None,
            cost: None,
        });
    }
}
