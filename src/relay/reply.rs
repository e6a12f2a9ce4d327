//! The reply: a whole answer with its record settled, or a stream that settles itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::answer_notes::AnswerNotes;
use super::attempt::{Answered, Content};
use super::cut::CutNotice;
use super::running_call::RunningCall;
use super::stream::AnswerStream;
use crate::catalog::Model;
use crate::dialects::summary::{Served, Summary};
use crate::domain::ids::RequestId;
use crate::domain::money::NanoUsd;
use crate::limits::RateLimits;

pub enum Reply {
    Whole(Box<WholeReply>),
    Stream(Box<AnswerStream>),
}

/// The answer in OpenAI's format, and its summary.
pub struct WholeReply {
    pub body: Bytes,
    pub model: Arc<Model>,
    /// The limits of the key concern the caller; a model's concern everyone.
    pub rate_limits: RateLimits,
    pub notes: AnswerNotes,
    pub summary: Summary,
    /// Absent where the price or the usage is unknown.
    pub cost: Option<NanoUsd>,
}

impl WholeReply {
    pub fn served<'a>(&'a self, request_id: &'a str) -> Served<'a> {
        let (model, provider) = (&*self.model.name, &*self.model.provider.name);
        let elapsed = Duration::ZERO;
        Served { model, provider, request_id, cost: self.cost, elapsed }
    }
}

pub(super) fn reply(
    answered: Answered,
    request_id: RequestId,
    mut running: RunningCall,
    heartbeat: Duration,
    notice: CutNotice,
) -> Reply {
    let Answered { model, rate_limits, dropped, adjusted, content } = answered;
    let route = running.meter.route();
    let mut notes = AnswerNotes { dropped, adjusted, route, timings: None };
    match content {
        Content::Whole { body, summary } => {
            running.meter.collect(&body);
            let cost = running.meter.cost_of(summary.usage.as_ref());
            running.succeed(&summary);
            notes.timings = running.meter.timings();
            // Read after the end, so that the key's limits include this call.
            let rate_limits = running.admission.key_limits().or(rate_limits);
            Reply::Whole(Box::new(WholeReply { body, model, rate_limits, notes, summary, cost }))
        }
        Content::Stream(upstream) => {
            let rate_limits = running.admission.key_limits().or(rate_limits);
            Reply::Stream(Box::new(AnswerStream::new(
                model,
                rate_limits,
                (notes, request_id),
                upstream,
                running,
                heartbeat,
                notice,
            )))
        }
    }
}
