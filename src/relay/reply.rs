//! The reply: a whole answer with its record settled, or a stream that settles itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::answer_notes::AnswerNotes;
use super::attempt::{Answered, Content};
use super::call_summary::CallSummary;
use super::cut::CutNotice;
use super::running_call::RunningCall;
use super::stream::ChatStream;
use crate::catalog::Model;
use crate::limits::RateLimits;

pub enum Reply {
    Whole(Box<WholeReply>),
    Stream(Box<ChatStream>),
}

/// The upstream's body as received, and its summary.
pub struct WholeReply {
    pub body: Bytes,
    pub model: Arc<Model>,
    /// The limits of the key concern the caller; a model's concern everyone.
    pub rate_limits: RateLimits,
    pub told: AnswerNotes,
    pub ended: CallSummary,
}

pub(super) fn reply(
    answered: Answered,
    mut running: RunningCall,
    heartbeat: Duration,
    notice: CutNotice,
) -> Reply {
    let Answered { model, rate_limits, dropped, adjusted, content } = answered;
    let told = AnswerNotes { dropped, adjusted, route: running.meter.route() };
    match content {
        Content::Whole { body, answer } => {
            running.meter.collect(&body);
            let ended = running.succeed(answer.usage, answer.finish_reason);
            // Read after the end, so that the key's limits include this call.
            let rate_limits = running.admission.key_limits().or(rate_limits);
            Reply::Whole(Box::new(WholeReply { body, model, rate_limits, told, ended }))
        }
        Content::Stream(upstream) => {
            let rate_limits = running.admission.key_limits().or(rate_limits);
            Reply::Stream(Box::new(ChatStream::new(
                model,
                rate_limits,
                told,
                upstream,
                running,
                heartbeat,
                notice,
            )))
        }
    }
}
