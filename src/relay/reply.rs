//! What goes out: a whole answer, settled in the books, or a stream that settles itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::attempt::{Answered, Content};
use super::meter::Meter;
use super::stream::ChatStream;
use crate::catalog::Model;
use crate::domain::money::NanoUsd;
use crate::domain::usage::Usage;
use crate::limiter::Standing;

pub enum Reply {
    Whole(WholeReply),
    Stream(Box<ChatStream>),
}

/// The upstream's body as it came, and what it said.
pub struct WholeReply {
    pub body: Bytes,
    pub model: Arc<Model>,
    pub standing: Option<Standing>,
    pub ended: Ended,
}

/// How a good answer ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub finish_reason: Option<String>,
    pub usage: Option<Usage>,
    /// Absent where the price or the usage is unknown.
    pub cost: Option<NanoUsd>,
}

pub(super) fn reply(answered: Answered, mut meter: Meter, heartbeat: Duration) -> Reply {
    let Answered { model, standing, content } = answered;
    match content {
        Content::Whole { body, answer } => {
            meter.collect(&body);
            let ended = meter.succeed(answer.usage, answer.finish_reason);
            Reply::Whole(WholeReply { body, model, standing, ended })
        }
        Content::Stream(upstream) => {
            Reply::Stream(Box::new(ChatStream::new(model, standing, upstream, meter, heartbeat)))
        }
    }
}
