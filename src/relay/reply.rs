//! What goes out: a whole answer, settled in the books, or a stream that settles itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::attempt::{Answered, Content};
use super::ended::Ended;
use super::meter::Meter;
use super::stream::ChatStream;
use crate::catalog::Model;
use crate::limiter::Standing;

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
    /// The client's parameters that the upstream has no counterpart for.
    pub dropped: Vec<String>,
    /// `provider/model;attempts=1`.
    pub route: String,
    pub ended: Ended,
}

pub(super) fn reply(answered: Answered, mut meter: Meter, heartbeat: Duration) -> Reply {
    let Answered { model, standing, token_standing, dropped, content } = answered;
    let route = meter.route();
    match content {
        Content::Whole { body, answer } => {
            meter.collect(&body);
            let ended = meter.succeed(answer.usage, answer.finish_reason);
            Reply::Whole(Box::new(WholeReply {
                body,
                model,
                standing,
                token_standing,
                dropped,
                route,
                ended,
            }))
        }
        Content::Stream(upstream) => Reply::Stream(Box::new(ChatStream::new(
            model,
            (standing, token_standing),
            (dropped, route),
            upstream,
            meter,
            heartbeat,
        ))),
    }
}
