//! What goes out: a whole answer, settled in the books, or a stream that settles itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::answer_notes::AnswerNotes;
use super::attempt::{Answered, Content};
use super::call_summary::CallSummary;
use super::cut::CutNotice;
use super::meter::Meter;
use super::stream::ChatStream;
use crate::catalog::Model;
use crate::limits::Standing;

pub enum Reply {
    Whole(Box<WholeReply>),
    Stream(Box<ChatStream>),
}

/// The upstream's body as it came, and what it said.
pub struct WholeReply {
    pub body: Bytes,
    pub model: Arc<Model>,
    pub standing: Option<Standing>,
    pub token_standing: Option<Standing>,
    pub told: AnswerNotes,
    pub ended: CallSummary,
}

pub(super) fn reply(
    answered: Answered,
    mut meter: Meter,
    heartbeat: Duration,
    notice: CutNotice,
) -> Reply {
    let Answered { model, standing, token_standing, dropped, adjusted, content } = answered;
    let told = AnswerNotes { dropped, adjusted, route: meter.route() };
    match content {
        Content::Whole { body, answer } => {
            meter.collect(&body);
            let ended = meter.succeed(answer.usage, answer.finish_reason);
            let (standing, token_standing) = own(&meter, standing, token_standing);
            Reply::Whole(Box::new(WholeReply {
                body,
                model,
                standing,
                token_standing,
                told,
                ended,
            }))
        }
        Content::Stream(upstream) => {
            let standings = own(&meter, standing, token_standing);
            Reply::Stream(Box::new(ChatStream::new(
                model, standings, told, upstream, meter, heartbeat, notice,
            )))
        }
    }
}

/// The key's own limits are the caller's; a model's are everybody's.
fn own(
    meter: &Meter,
    requests: Option<Standing>,
    tokens: Option<Standing>,
) -> (Option<Standing>, Option<Standing>) {
    let of_key = meter.standings();
    (of_key.0.or(requests), of_key.1.or(tokens))
}
