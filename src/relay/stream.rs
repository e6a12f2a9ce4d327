//! A streamed answer from its first content to its end: chunks are passed on as they arrive,
//! silence is bridged with heartbeats and ended by a deadline, and the end settles the record.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};

use super::answer_notes::AnswerNotes;
use super::call_summary::CallSummary;
use super::cut::CutNotice;
use super::running_call::RunningCall;
use crate::catalog::Model;
use crate::dialects::errors::StreamFault;
use crate::dialects::translate::answer::ChatDecoder;
use crate::domain::failure::{Failure, Fault, Stage};
use crate::limits::RateLimits;
use crate::providers::Deadlines;

/// How OpenAI's streams end.
const DONE: &[u8] = b"data: [DONE]\n\n";

/// How long an upstream may take to end its body after the end of the answer.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

type Chunks = mpsc::Receiver<Result<Bytes, Fault>>;

/// A stream with its first content.
pub struct Opened {
    chunks: Chunks,
    decoder: ChatDecoder,
    /// Frames read up to the first content and after it.
    ready: Vec<Bytes>,
    /// The end of the stream, if it was reached already, after the frames.
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
    mut chunks: Chunks,
    mut decoder: ChatDecoder,
    deadlines: Deadlines,
) -> Result<Opened, Fault> {
    let (mut stage, mut limit) = (Stage::FirstChunk, deadlines.first_chunk);
    let mut deadline = Instant::now() + limit;
    let mut ready = Vec::new();
    let mut ended = None;
    let mut begins_as_page = None;
    while !decoder.seen().has_content && ended.is_none() {
        let next = timeout_at(deadline, chunks.recv()).await;
        let next = next.map_err(|_| Fault::TooSlow { stage, limit })?;
        if let Some(Ok(piece)) = &next {
            begins_as_page.get_or_insert(piece.trim_ascii_start().starts_with(b"<"));
        }
        ended = take(&mut decoder, next, &mut ready);
        if decoder.seen().chunks > 0 {
            (stage, limit) = (Stage::Idle, deadlines.idle);
            deadline = Instant::now() + limit;
        }
        if ready.iter().map(Bytes::len).sum::<usize>() > MAX_HELD {
            break;
        }
    }
    let said_nothing = !decoder.seen().has_content;
    match ended {
        Some(Err(Fault::Closed)) if said_nothing && begins_as_page == Some(true) => {
            Err(Fault::BadAnswer(String::from(
                "answered HTML instead of a stream; is `base_url` right?",
            )))
        }
        Some(Err(fault)) if said_nothing => Err(fault),
        ended => Ok(Opened { chunks, decoder, ready, ended, idle: deadlines.idle }),
    }
}

/// Decodes the received bytes. Returns how the stream ended, if it has.
fn take(
    decoder: &mut ChatDecoder,
    next: Option<Result<Bytes, Fault>>,
    out: &mut Vec<Bytes>,
) -> Option<Result<(), Fault>> {
    let decoded = match next {
        Some(Ok(piece)) => decoder.push(piece, out),
        Some(Err(fault)) => return Some(Err(fault)),
        None => match decoder.finish(out) {
            Ok(()) if is_complete(decoder) => {
                if !decoder.seen().is_done {
                    out.push(Bytes::from_static(DONE));
                }
                return Some(Ok(()));
            }
            Ok(()) | Err(StreamFault::Malformed) => return Some(Err(Fault::Closed)),
            fault => fault,
        },
    };
    match decoded {
        Err(fault) => Some(Err(fault_of(&fault))),
        Ok(()) if decoder.seen().is_done => Some(Ok(())),
        Ok(()) => None,
    }
}

/// A stream that just stops is broken; some providers omit `[DONE]`, but none omits the finish
/// reason.
fn is_complete(decoder: &ChatDecoder) -> bool {
    decoder.seen().is_done || decoder.seen().finish_reason.is_some()
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

/// The next item for the client.
pub enum StreamEvent {
    /// Whole frames of OpenAI's chat stream; the last of a good stream is `[DONE]`.
    Frames(Bytes),
    /// The upstream was silent for the heartbeat interval.
    Quiet,
    /// The last event.
    End(Result<CallSummary, Failure>),
}

/// A streamed answer. Dropping it means that the client has left.
pub struct ChatStream {
    pub model: Arc<Model>,
    pub rate_limits: RateLimits,
    pub told: AnswerNotes,
    /// `None` after the end.
    chunks: Option<Chunks>,
    decoder: ChatDecoder,
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

impl ChatStream {
    pub(super) fn new(
        model: Arc<Model>,
        rate_limits: RateLimits,
        told: AnswerNotes,
        opened: Opened,
        mut running: RunningCall,
        heartbeat: Duration,
        notice: CutNotice,
    ) -> Self {
        running.meter.first_chunk();
        let Opened { chunks, decoder, ready, ended, idle } = opened;
        let now = Instant::now();
        Self {
            model,
            rate_limits,
            told,
            chunks: Some(chunks),
            decoder,
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

    /// Whether the client has been sent events with ids.
    pub fn has_ids(&self) -> bool {
        self.decoder.seen().has_ids
    }

    /// The next event; `None` after the end.
    ///
    /// # Cancel safety
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if !self.is_over && self.notice.is_cut() {
                return self.end(Err(Failure::ShuttingDown));
            }
            if let Some(frames) = self.ready.pop_front() {
                self.running.meter.collect(&frames);
                return Some(StreamEvent::Frames(frames));
            }
            if self.is_over {
                return None;
            }
            if let Some(ended) = self.ended.take() {
                let provider = &self.model.provider;
                let ended = ended.map_err(|fault| Failure::from(provider.failure(fault)));
                return self.end(ended);
            }
            let chunks = self.chunks.as_mut()?;
            tokio::select! {
                biased;
                next = chunks.recv() => self.hear(next),
                () = self.notice.cut() => {}
                () = &mut self.alarm => {
                    if let Some(event) = self.wake() {
                        return Some(event);
                    }
                }
            }
        }
    }

    fn hear(&mut self, next: Option<Result<Bytes, Fault>>) {
        self.heard = Instant::now();
        let mut out = Vec::new();
        self.ended = take(&mut self.decoder, next, &mut out);
        // Half an event, or one without a counterpart, sends nothing to the client.
        if !out.is_empty() {
            self.spoke = self.heard;
        }
        self.ready.extend(out);
    }

    /// The timer is not reset at each chunk; when it fires, this checks which deadline is due.
    fn wake(&mut self) -> Option<StreamEvent> {
        let now = Instant::now();
        let mut event = None;
        if now >= self.heard + self.idle {
            let fault = Fault::TooSlow { stage: Stage::Idle, limit: self.idle };
            self.ended = Some(Err(fault));
        } else if now >= self.spoke + self.heartbeat {
            self.spoke = now;
            event = Some(StreamEvent::Quiet);
        }
        let due = (self.spoke + self.heartbeat).min(self.heard + self.idle);
        self.alarm.as_mut().reset(due);
        event
    }

    fn end(&mut self, ended: Result<(), Failure>) -> Option<StreamEvent> {
        self.is_over = true;
        self.ready.clear();
        let seen = self.decoder.seen();
        let usage = seen.usage;
        let outcome = match ended {
            Ok(()) => {
                let ended = self.running.succeed(usage, seen.finish_reason.clone());
                if let Some(chunks) = self.chunks.take() {
                    let_end(chunks);
                }
                Ok(ended)
            }
            Err(failure) => {
                self.running.break_off(&failure, usage);
                self.chunks = None;
                Err(failure)
            }
        };
        Some(StreamEvent::End(outcome))
    }
}

/// Reads the end of the body after `[DONE]`, so that the connection can be reused; dropping the
/// channel earlier would close it.
fn let_end(mut chunks: Chunks) {
    if matches!(chunks.try_recv(), Err(TryRecvError::Disconnected)) {
        return;
    }
    actix::spawn(async move {
        let to_the_end = async { while chunks.recv().await.is_some() {} };
        // An upstream that does not end by then loses its connection.
        let _ = timeout(DRAIN_TIMEOUT, to_the_end).await;
    });
}
