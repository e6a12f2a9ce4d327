//! A streamed answer as a response body. The client's status waits for the first chunk, but not
//! longer than a heartbeat: then 200 is sent with a comment, so that no proxy on the way cuts
//! the wait, and a failure after that is told in the stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::time::timeout;

use crate::dialects::invoke::client::answer::UsageView;
use crate::dialects::invoke::client::stream::{Framing, LastLine, encode, write_line};
use crate::domain::failure::Failure;
use crate::http::calls::answer_headers;
use crate::http::problem::Problem;
use crate::http::surface::Surface;
use crate::relay::{CallSummary, ChatStream, Reply, StreamEvent};

/// How events are written to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Chat,
    Invoke(Framing),
}

pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Failure>>>>;

const COMMENT: &[u8] = b": keepalive\n\n";

/// Behind an event with an id: openai-python takes each empty line from then on for the end of an
/// event, and fails on one without data.
const COMMENT_BEHIND_ID: &[u8] = b": keepalive\n";

/// # Errors
/// When the call fails before anything was sent.
pub async fn respond(
    mut answer: Answer,
    format: Format,
    heartbeat: Duration,
    request_id: &str,
) -> Result<HttpResponse, Problem> {
    let source = if format.takes_comments() {
        match timeout(heartbeat, &mut answer).await {
            Ok(reply) => Source::Flowing(flowing(reply?)?),
            Err(_) => Source::Waiting { answer, heartbeat, is_first: true },
        }
    } else {
        Source::Flowing(flowing(answer.await?)?)
    };
    let mut response = HttpResponse::Ok();
    if let Source::Flowing(stream) = &source {
        answer_headers::put(&mut response, &stream.rate_limits, &stream.told);
    }
    let body = Body { source, format, request_id: request_id.to_owned() };
    Ok(response
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(unfold(body, |mut body| async move {
            let bytes = body.next().await?;
            Some((Ok::<_, Infallible>(bytes), body))
        })))
}

fn flowing(reply: Reply) -> Result<Box<ChatStream>, Failure> {
    match reply {
        Reply::Stream(stream) => Ok(stream),
        Reply::Whole(_) => Err(Failure::Internal("a whole reply to a streaming call")),
    }
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Self::Chat | Self::Invoke(Framing::Events) => "text/event-stream; charset=utf-8",
            Self::Invoke(Framing::Lines) => "application/jsonl; charset=utf-8",
        }
    }

    /// Lines of JSON have no comments.
    fn takes_comments(self) -> bool {
        self != Self::Invoke(Framing::Lines)
    }
}

struct Body {
    source: Source,
    format: Format,
    request_id: String,
}

enum Source {
    /// No chunk has come yet; the client has been sent 200.
    Waiting {
        answer: Answer,
        heartbeat: Duration,
        is_first: bool,
    },
    Flowing(Box<ChatStream>),
    Over,
}

impl Body {
    /// The next bytes for the client; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            match &mut self.source {
                Source::Over => return None,
                Source::Waiting { is_first: is_first @ true, .. } => {
                    *is_first = false;
                    return Some(Bytes::from_static(COMMENT));
                }
                Source::Waiting { answer, heartbeat, .. } => {
                    match timeout(*heartbeat, answer).await {
                        Err(_) => return Some(Bytes::from_static(COMMENT)),
                        Ok(reply) => match reply.and_then(flowing) {
                            Ok(stream) => self.source = Source::Flowing(stream),
                            Err(failure) => return Some(self.fail(failure)),
                        },
                    }
                }
                Source::Flowing(stream) => {
                    let event = stream.next().await;
                    if let Some(bytes) = self.write(event) {
                        return Some(bytes);
                    }
                }
            }
        }
    }

    /// The event as bytes, if it has any in this format.
    fn write(&mut self, event: Option<StreamEvent>) -> Option<Bytes> {
        match event {
            Some(StreamEvent::Frames(frames)) => match self.format {
                Format::Chat => Some(frames),
                Format::Invoke(framing) => {
                    let mut lines = Vec::with_capacity(frames.len() * 2);
                    encode(&frames, framing, &mut lines);
                    (!lines.is_empty()).then(|| Bytes::from(lines))
                }
            },
            Some(StreamEvent::Quiet) => {
                self.format.takes_comments().then(|| Bytes::from_static(self.comment()))
            }
            Some(StreamEvent::End(Ok(ended))) => self.finish(&ended),
            Some(StreamEvent::End(Err(failure))) => Some(self.fail(failure)),
            None => {
                self.source = Source::Over;
                None
            }
        }
    }

    fn comment(&self) -> &'static [u8] {
        match &self.source {
            // Invoke's events are the router's own and have no ids.
            Source::Flowing(stream) if self.format == Format::Chat && stream.has_ids() => {
                COMMENT_BEHIND_ID
            }
            _ => COMMENT,
        }
    }

    fn finish(&mut self, ended: &CallSummary) -> Option<Bytes> {
        let Source::Flowing(stream) = std::mem::replace(&mut self.source, Source::Over) else {
            return None;
        };
        let Format::Invoke(framing) = self.format else { return None };
        let last = LastLine {
            text: "",
            finish_reason: ended.finish_reason.as_deref(),
            is_final: true,
            usage: ended.usage.map(UsageView::from),
            cost: ended.cost.map(|cost| cost.as_dollars()),
            model: &stream.model.name,
            provider: &stream.model.provider.name,
            request_id: &self.request_id,
        };
        let mut line = Vec::new();
        write_line(&last, framing, &mut line);
        Some(Bytes::from(line))
    }

    /// The failure in the stream's own words; the end.
    fn fail(&mut self, failure: Failure) -> Bytes {
        self.source = Source::Over;
        let problem = Problem::from(failure);
        let mut out = Vec::new();
        match self.format {
            Format::Chat => {
                let body = problem.body_alone(Surface::OpenAi, &self.request_id);
                write_line(&body, Framing::Events, &mut out);
            }
            Format::Invoke(framing) => {
                let error = problem.body_alone(Surface::Router, &self.request_id);
                let last = serde_json::json!({"error": error, "is_final": true});
                write_line(&last, framing, &mut out);
            }
        }
        Bytes::from(out)
    }
}
