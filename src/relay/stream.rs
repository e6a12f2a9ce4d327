//! A streamed answer from its first content to its end: events are passed on as they arrive,
//! silence is bridged with heartbeats and ended by a deadline, and the end settles the record.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};

use super::answer_notes::AnswerNotes;
use super::cut::CutNotice;
use super::running_call::RunningCall;
use crate::catalog::Model;
use crate::dialects::errors::StreamFault;
use crate::dialects::summary::Served;
use crate::dialects::translate::stream::StreamTranslator;
use crate::domain::failure::{Failure, Fault, Stage};
use crate::domain::ids::RequestId;
use crate::limits::RateLimits;
use crate::providers::{BodyStream, Deadlines};

/// How long an upstream may take to end its body after the end of the answer.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// A stream with its first content.
pub struct Opened {
    chunks: BodyStream,
    translator: StreamTranslator,
    /// Events read up to the first content and after it.
    ready: Vec<Bytes>,
    /// The end of the stream, if it was reached already, after the events.
    ended: Option<Result<(), Fault>>,
    idle: Duration,
}

/// The most that is held back of an answer without content.
const MAX_HELD: usize = 1024 * 1024;

/// Reads up to the first content, so that a stream that fails before it is an ordinary failure; the
/// role alone is useless to a client. The first chunk has a deadline of its own.
///
/// # Errors
/// When the stream ends, fails or stalls before its first content.
pub async fn open(
    mut chunks: BodyStream,
    mut translator: StreamTranslator,
    deadlines: Deadlines,
) -> Result<Opened, Fault> {
    let (mut stage, mut limit) = (Stage::FirstChunk, deadlines.first_chunk);
    let mut deadline = Instant::now() + limit;
    let mut ready = Vec::new();
    let mut ended = None;
    let mut begins_as_page = None;
    while !translator.summary().has_content && ended.is_none() {
        let next = timeout_at(deadline, chunks.next()).await;
        let next = next.map_err(|_| Fault::TooSlow { stage, limit })?;
        if let Some(Ok(piece)) = &next {
            begins_as_page.get_or_insert(piece.trim_ascii_start().starts_with(b"<"));
        }
        ended = take(&mut translator, next, &mut ready);
        if translator.summary().tokens > 0 {
            (stage, limit) = (Stage::Idle, deadlines.idle);
            deadline = Instant::now() + limit;
        }
        if ready.iter().map(Bytes::len).sum::<usize>() > MAX_HELD {
            break;
        }
    }
    let said_nothing = !translator.summary().has_content;
    match ended {
        Some(Err(Fault::Closed)) if said_nothing && begins_as_page == Some(true) => {
            Err(Fault::BadAnswer(String::from(
                "answered HTML instead of a stream; is `base_url` right?",
            )))
        }
        Some(Err(fault)) if said_nothing => Err(fault),
        ended => Ok(Opened { chunks, translator, ready, ended, idle: deadlines.idle }),
    }
}

/// Decodes the received bytes. Returns how the stream ended, if it has.
fn take(
    translator: &mut StreamTranslator,
    next: Option<Result<Bytes, Fault>>,
    out: &mut Vec<Bytes>,
) -> Option<Result<(), Fault>> {
    let decoded = match next {
        Some(Ok(piece)) => translator.push(piece, out),
        Some(Err(fault)) => return Some(Err(fault)),
        None => match translator.finish(out) {
            Ok(()) if is_complete(translator) => return Some(Ok(())),
            Ok(()) | Err(StreamFault::Malformed) => return Some(Err(Fault::Closed)),
            fault => fault,
        },
    };
    match decoded {
        Err(fault) => Some(Err(fault_of(&fault))),
        Ok(()) if translator.summary().is_done => Some(Ok(())),
        Ok(()) => None,
    }
}

/// A stream that just stops is broken; some providers omit `[DONE]`, but none omits the finish
/// reason.
fn is_complete(translator: &StreamTranslator) -> bool {
    translator.summary().is_done || translator.summary().finish_reason.is_some()
}

fn fault_of(fault: &StreamFault) -> Fault {
    match fault {
        StreamFault::Upstream(error) => Fault::InStream(error.message.clone()),
        StreamFault::GaveUp(why) => Fault::GaveUp(why.to_string()),
        StreamFault::TooLong(_)
        | StreamFault::Malformed
        | StreamFault::Unfinished
        | StreamFault::Empty
        | StreamFault::Whole => Fault::BadAnswer(fault.to_string()),
    }
}

/// A streamed answer. Dropping it means that the client has left.
pub struct AnswerStream {
    pub model: Arc<Model>,
    pub rate_limits: RateLimits,
    pub notes: AnswerNotes,
    request_id: RequestId,
    /// `None` after the end.
    chunks: Option<BodyStream>,
    translator: StreamTranslator,
    ready: VecDeque<Bytes>,
    ended: Option<Result<(), Fault>>,
    running: RunningCall,
    idle: Duration,
    heartbeat: Duration,
    notice: CutNotice,
    /// When the upstream last sent bytes.
    heard: Instant,
    /// When the client was last sent bytes.
    spoke: Instant,
    alarm: Pin<Box<Sleep>>,
    is_over: bool,
}

impl AnswerStream {
    pub(super) fn new(
        model: Arc<Model>,
        rate_limits: RateLimits,
        (notes, request_id): (AnswerNotes, RequestId),
        opened: Opened,
        mut running: RunningCall,
        heartbeat: Duration,
        notice: CutNotice,
    ) -> Self {
        let now = Instant::now();
        running.meter.first_chunk(now.into());
        running.meter.saw(opened.translator.summary());
        if let Some(kind) = opened.translator.content_type().filter(|kind| !is_text(kind)) {
            running.meter.keep_no_answer(kind);
        }
        let Opened { chunks, translator, ready, ended, idle } = opened;
        Self {
            model,
            rate_limits,
            notes,
            request_id,
            chunks: Some(chunks),
            translator,
            ready: ready.into(),
            ended,
            running,
            idle,
            heartbeat,
            notice,
            heard: now,
            spoke: now,
            alarm: Box::pin(sleep_until(now + heartbeat.min(idle))),
            is_over: false,
        }
    }

    /// The type of an answer that is passed on as it comes; `None` where the client's format has
    /// its own.
    pub fn content_type(&self) -> Option<&str> {
        self.translator.content_type()
    }

    /// The next bytes for the client, whole events in its own format; `None` after the end. A
    /// failure is the end; [`Self::fail`] writes it for the client.
    ///
    /// # Cancel safety
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        loop {
            if self.is_over {
                return None;
            }
            if self.notice.is_cut() {
                return Some(Err(self.break_off(Failure::ShuttingDown)));
            }
            if self.running.meter.in_flight().is_cancelled() {
                return Some(Err(self.break_off(Failure::Cancelled)));
            }
            if let Some(events) = self.ready.pop_front() {
                self.running.meter.collect(&events);
                return Some(Ok(events));
            }
            if let Some(ended) = self.ended.take() {
                let failed = |fault| Failure::from(self.model.provider.failure(fault));
                return match ended {
                    Ok(()) => self.complete().map(Ok),
                    Err(fault) => Some(Err(self.break_off(failed(fault)))),
                };
            }
            let chunks = self.chunks.as_mut()?;
            tokio::select! {
                biased;
                next = chunks.next() => self.hear(next),
                () = self.notice.cut() => {}
                () = self.running.meter.in_flight().cancelled() => {}
                () = &mut self.alarm => {
                    if let Some(keepalive) = self.wake() {
                        return Some(Ok(keepalive));
                    }
                }
            }
        }
    }

    fn hear(&mut self, next: Option<Result<Bytes, Fault>>) {
        self.heard = Instant::now();
        let mut out = Vec::new();
        self.ended = take(&mut self.translator, next, &mut out);
        self.running.meter.saw(self.translator.summary());
        // Half an event, or one without a counterpart, sends nothing to the client.
        if !out.is_empty() {
            self.spoke = self.heard;
        }
        self.ready.extend(out);
    }

    /// The timer is not reset at each chunk; when it fires, this checks which deadline is due.
    fn wake(&mut self) -> Option<Bytes> {
        let now = Instant::now();
        let mut keepalive = None;
        if now >= self.heard + self.idle {
            let fault = Fault::TooSlow { stage: Stage::Idle, limit: self.idle };
            self.ended = Some(Err(fault));
        } else if now >= self.spoke + self.heartbeat {
            self.spoke = now;
            keepalive = self.translator.keepalive();
        }
        let due = (self.spoke + self.heartbeat).min(self.heard + self.idle);
        self.alarm.as_mut().reset(due);
        keepalive
    }

    /// The answer is complete. Returns what is left to send of it, if anything.
    fn complete(&mut self) -> Option<Bytes> {
        self.is_over = true;
        let usage = self.translator.summary().usage;
        let cost = self.running.meter.cost_of(usage.as_ref());
        let (model, provider) = (&*self.model.name, &*self.model.provider.name);
        let request_id = self.request_id.as_str();
        let elapsed = match self.translator.tells_durations() {
            true => self.running.meter.elapsed(),
            false => Duration::ZERO,
        };
        let last = self.translator.close(&Served { model, provider, request_id, cost, elapsed });
        if let Some(last) = &last {
            self.running.meter.collect(last);
        }
        self.running.succeed(self.translator.summary());
        if let Some(chunks) = self.chunks.take() {
            let_end(chunks);
        }
        last
    }

    fn break_off(&mut self, failure: Failure) -> Failure {
        self.is_over = true;
        self.running.fail(&failure);
        self.chunks = None;
        failure
    }

    /// The failure that ended the stream, as its last event. `error` is as a whole answer's body
    /// says it.
    pub fn fail(&mut self, error: &Value) -> Bytes {
        self.translator.fail(error)
    }
}

fn is_text(content_type: &str) -> bool {
    content_type.starts_with("text/") || content_type.starts_with("application/x-subrip")
}

/// Reads the end of the body after `[DONE]`, so that the connection can be reused; dropping it
/// earlier would close it.
fn let_end(mut chunks: BodyStream) {
    actix::spawn(async move {
        let to_the_end = async { while chunks.next().await.is_some() {} };
        // An upstream that does not end by then loses its connection.
        let _ = timeout(DRAIN_TIMEOUT, to_the_end).await;
    });
}
