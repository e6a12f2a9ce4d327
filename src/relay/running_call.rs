//! A call in flight: its record and its admission, which end together. There is exactly one record,
//! whatever the end; a call that is dropped without an end was left by its client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::admission::Admission;
use super::call::{Call, Origin, RelayContext};
use super::meter::{Ending, Meter, Took};
use crate::catalog::snapshot::Policy;
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
    /// The slot comes with the wait for it.
    pub fn start(
        slot: (RecordSlot, Duration),
        call: &Call,
        policy: &Policy,
        context: &RelayContext,
    ) -> Self {
        Self {
            meter: Meter::start(slot, call, policy, &context.calls),
            admission: Admission::none(context.clock),
            origin: call.origin,
            is_stopping: context.is_stopping.clone(),
        }
    }

    /// The answer is complete.
    pub fn succeed(&mut self, summary: &Summary) {
        self.meter.saw(summary);
        let took = self.took(true);
        self.end(
            Ending {
                status: Status::Success,
                http_status: 200,
                finish_reason: summary.finish_reason.clone(),
                error: None,
            },
            took,
        );
    }

    /// There is no answer, or no more of it.
    pub fn fail(&mut self, failure: &Failure) {
        let (http_status, code) = failure.status_and_code();
        // Someone has it cancelled as if its client had left.
        let (status, is_abandoned) = match failure {
            Failure::Cancelled => (Status::Cancelled, true),
            _ => (Status::Error, false),
        };
        let took = self.went_by(is_abandoned);
        self.end(
            Ending {
                status,
                http_status,
                finish_reason: None,
                error: Some((code, failure.to_string())),
            },
            took,
        );
    }

    /// What a call took that was cut off, whoever cut it: the client, the router's stop, a deadline
    /// or the upstream. An answer of which nothing came costs nothing, unless its client left
    /// (`is_abandoned`): its upstream works on.
    fn went_by(&self, is_abandoned: bool) -> Option<Took> {
        let seen = self.meter.seen();
        let is_known = seen.tokens > 0 || seen.usage.is_some();
        match is_known || (is_abandoned && self.meter.is_sent()) {
            true => self.took(false),
            false => None,
        }
    }

    /// The upstream's counts, and the router's own estimate where there are none. The counts of an
    /// answer that was cut off may be behind what was passed on.
    fn took(&self, is_whole: bool) -> Option<Took> {
        let seen = self.meter.seen();
        let told = seen.usage;
        if told.is_none() && !self.origin.is_in_tokens() {
            return None;
        }
        let (usage, is_estimated) = match told {
            Some(told) if is_whole || seen.has_finished || told.completion >= seen.tokens => {
                (told, false)
            }
            _ => {
                let prompt = self.admission.prompt_tokens();
                let told = told.unwrap_or(Usage { prompt, ..Usage::default() });
                let completion = told.completion.max(seen.tokens);
                let total = told.total.max(told.prompt.saturating_add(completion));
                (Usage { completion, total, ..told }, true)
            }
        };
        Some(Took { usage, is_estimated, is_partial: !is_whole })
    }

    fn end(&mut self, ending: Ending, took: Option<Took>) {
        if !self.meter.is_open() {
            return;
        }
        let charge = self.admission.settle(took.as_ref(), self.meter.is_sent());
        self.meter.end(ending, took, charge);
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
        let took = self.went_by(true);
        self.end(
            Ending {
                status: Status::Cancelled,
                http_status: CLIENT_CLOSED_REQUEST,
                finish_reason: None,
                error: Some(("client_closed_request", String::from(message))),
            },
            took,
        );
    }
}
