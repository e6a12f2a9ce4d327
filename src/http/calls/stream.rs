//! A streamed answer as a response body. The client's status waits for the first chunk, but not
//! longer than a heartbeat: then 200 is sent with a heartbeat, so that no proxy on the way cuts
//! the wait, and a failure after that is an event of the stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use bytes::Bytes;
use futures_util::stream::unfold;
use serde_json::Value;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::own::Own;
use crate::domain::failure::Failure;
use crate::http::calls::answer_headers;
use crate::http::calls::keeper::Keeper;
use crate::http::problem::{ANTHROPICS_ID, Problem};
use crate::http::surface::Surface;
use crate::relay::{AnswerStream, Reply};

/// What the events of a stream are written with, beside the answer.
pub struct Framing {
    pub format: ClientFormat,
    pub request_id: String,
    /// What the client sent.
    pub own: Option<Arc<Own>>,
    /// When the call came.
    pub now_unix: i64,
    /// Keeps what the last event says, before it is sent.
    pub keeper: Option<Rc<Keeper>>,
}

pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Failure>>>>;

/// # Errors
/// When the call fails before anything was sent.
pub async fn respond(
    mut answer: Answer,
    framing: Framing,
    heartbeat: Duration,
) -> Result<HttpResponse, Problem> {
    let format = framing.format;
    let source = if format.has_keepalive() {
        match timeout(heartbeat, &mut answer).await {
            Ok(reply) => Source::Flowing(flowing(reply?)?),
            Err(_) => Source::Waiting { answer, heartbeat, is_first: true },
        }
    } else {
        Source::Flowing(flowing(answer.await?)?)
    };
    let mut response = HttpResponse::Ok();
    if let Source::Flowing(stream) = &source {
        answer_headers::put(&mut response, &stream.rate_limits, &stream.notes);
    }
    if format == ClientFormat::Messages {
        response.insert_header((ANTHROPICS_ID, framing.request_id.as_str()));
    }
    let body = Body { source, framing };
    Ok(response
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(unfold(body, |mut body| async move {
            let bytes = body.next().await?;
            Some((bytes, body))
        })))
}

/// An answer whose bytes are the upstream's, with its type. Where it breaks off, so does the
/// connection: a client would take a clean end for the whole.
pub fn passed_on(stream: Box<AnswerStream>, request_id: &str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    answer_headers::put(&mut response, &stream.rate_limits, &stream.notes);
    let content_type = stream.content_type().and_then(|kind| HeaderValue::from_str(kind).ok());
    let unknown = HeaderValue::from_static("application/octet-stream");
    let body = PassedOn { stream: Some(stream), request_id: request_id.to_owned() };
    response
        .insert_header((CONTENT_TYPE, content_type.unwrap_or(unknown)))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(unfold(Some(body), |body| async move {
            let mut body = body?;
            let next = body.next().await?;
            let rest = next.is_ok().then_some(body);
            Some((next, rest))
        }))
}

/// Ends the connection in the middle of the answer.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off")]
struct BrokenOff;

struct PassedOn {
    /// `None` after a failure.
    stream: Option<Box<AnswerStream>>,
    request_id: String,
}

impl PassedOn {
    async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        let Some(stream) = &mut self.stream else {
            return Some(Err(broken_off().await));
        };
        let failure = match stream.next().await? {
            Ok(bytes) => return Some(Ok(bytes)),
            Err(failure) => failure,
        };
        let error = Problem::from(failure).body_alone(Surface::OpenAi, &self.request_id);
        let last = stream.fail(&error);
        self.stream = None;
        Some(if last.is_empty() { Err(broken_off().await) } else { Ok(last) })
    }
}

/// What was given to the connection before is written when the body has nothing for the moment; at
/// an error it is not.
async fn broken_off() -> BrokenOff {
    yield_now().await;
    BrokenOff
}

fn flowing(reply: Reply) -> Result<Box<AnswerStream>, Failure> {
    match reply {
        Reply::Stream(stream) => Ok(stream),
        Reply::Whole(_) => Err(Failure::Internal("a whole reply to a streaming call")),
    }
}

struct Body {
    source: Source,
    framing: Framing,
}

enum Source {
    /// No chunk has come yet; the client has been sent 200.
    Waiting {
        answer: Answer,
        heartbeat: Duration,
        is_first: bool,
    },
    Flowing(Box<AnswerStream>),
    /// The stream failed: what the client is still to be told. The format may have the connection
    /// cut behind it.
    Failed(VecDeque<Bytes>),
    Over,
}

/// Ends a body without its last chunk, and with it the connection.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the stream failed")]
struct CutAfterFailure;

/// How long the last frame is on its way before the connection is cut: what the kernel has not taken
/// by then is lost. Also the time for a client to read one piece apart from the next.
const FAREWELL: Duration = Duration::from_millis(100);

impl Body {
    /// The next bytes for the client; `None` at the end.
    async fn next(&mut self) -> Option<Result<Bytes, CutAfterFailure>> {
        loop {
            match &mut self.source {
                Source::Over => return None,
                Source::Failed(told) => {
                    let is_cut = self.framing.format.is_cut_after_failure();
                    if is_cut {
                        sleep(FAREWELL).await;
                    }
                    if let Some(bytes) = told.pop_front() {
                        return Some(Ok(bytes));
                    }
                    self.source = Source::Over;
                    return is_cut.then_some(Err(CutAfterFailure));
                }
                Source::Waiting { is_first: is_first @ true, .. } => {
                    *is_first = false;
                    return self.framing.keepalive().map(Ok);
                }
                Source::Waiting { answer, heartbeat, .. } => {
                    match timeout(*heartbeat, answer).await {
                        Err(_) => return self.framing.keepalive().map(Ok),
                        Ok(reply) => match reply.and_then(flowing) {
                            Ok(stream) => self.source = Source::Flowing(stream),
                            Err(failure) => {
                                let error = self.framing.error(failure);
                                let last = self.framing.fail(&error);
                                self.source = self.framing.failed(last);
                            }
                        },
                    }
                }
                Source::Flowing(stream) => match stream.next().await? {
                    Ok(events) => {
                        if let Some(keeper) = &self.framing.keeper {
                            keeper.keep_last(&events).await;
                        }
                        return Some(Ok(events));
                    }
                    Err(failure) => {
                        let error = self.framing.error(failure);
                        let last = stream.fail(&error);
                        self.source = self.framing.failed(last);
                    }
                },
            }
        }
    }
}

impl Framing {
    fn keepalive(&self) -> Option<Bytes> {
        self.format.keepalive(self.own.as_deref(), self.now_unix)
    }

    /// The end of a stream that failed before its first event.
    fn fail(&self, error: &Value) -> Bytes {
        self.format.fail(error, self.own.as_deref(), self.now_unix)
    }

    /// After a failure. `last`: the last frame.
    fn failed(&self, last: Bytes) -> Source {
        Source::Failed(self.format.bare_error(&last).into_iter().chain([last]).collect())
    }

    /// The failure as the route's surface says it, for a stream that has begun.
    fn error(&self, failure: Failure) -> Value {
        let surface = match self.format {
            ClientFormat::Chat | ClientFormat::Completions | ClientFormat::Responses => {
                Surface::OpenAi
            }
            ClientFormat::Messages => Surface::Anthropic,
            ClientFormat::Gemini(_) => Surface::Gemini,
            ClientFormat::Ollama(_) => Surface::Ollama,
            ClientFormat::Invoke(_) => Surface::Router,
        };
        Problem::from(failure).body_alone(surface, &self.request_id)
    }
}
