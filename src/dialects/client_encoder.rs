//! Encodes a streamed answer in the client's dialect: its events, keep-alives, end and failure.

use bytes::Bytes;
use serde_json::Value;

use super::answer_options::AnswerOptions;
use super::anthropic::client::stream as messages;
use super::completions;
use super::gemini::client::stream as gemini;
use super::invoke::client::stream::{self as invoke, Framing};
use super::ollama::client::stream as ollama;
use super::ollama::client::wire::Shape;
use super::openai::client::chunks::{self, ChunkOptions, DONE};
use super::openai::client::stream as chat;
use super::own::Own;
use super::responses::client::stream as responses;
use super::summary::{Served, Summary};
use crate::domain::chat::Delta;

/// The format of a client's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientFormat {
    Chat,
    /// Of OpenAI's older API, where a chat's answer is made one of it.
    Completions,
    Messages,
    Responses,
    Gemini(gemini::Framing),
    Ollama(Shape),
    Invoke(Framing),
}

impl ClientFormat {
    /// Whether the connection is cut behind the error of a stream: clients of this API take an end of
    /// the answer for a good one, whatever its last frame says.
    pub fn is_cut_after_failure(self) -> bool {
        matches!(self, Self::Gemini(_))
    }

    /// The error of the last frame alone, which goes out before it, in a piece of its own: Google's
    /// older SDKs, which Gemini CLI has, find no other error within a stream; the rest pass over it or
    /// take it as well.
    pub fn bare_error(self, last: &Bytes) -> Option<Bytes> {
        if self != Self::Gemini(gemini::Framing::Events) {
            return None;
        }
        let data = last.strip_prefix(b"data:")?.trim_ascii_start();
        let is_one_line = memchr::memchr(b'\n', data.trim_ascii_end()).is_none();
        is_one_line.then(|| last.slice_ref(data))
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Chat | Self::Completions => chat::CONTENT_TYPE,
            Self::Messages => messages::CONTENT_TYPE,
            Self::Responses => responses::CONTENT_TYPE,
            Self::Gemini(framing) => framing.content_type(),
            Self::Ollama(_) => ollama::CONTENT_TYPE,
            Self::Invoke(framing) => framing.content_type(),
        }
    }

    /// Whether a stream can be kept alive before its first event.
    pub fn has_keepalive(self) -> bool {
        match self {
            Self::Chat
            | Self::Completions
            | Self::Messages
            | Self::Responses
            | Self::Gemini(_)
            | Self::Ollama(_) => true,
            Self::Invoke(framing) => framing.keepalive().is_some(),
        }
    }

    /// The bytes that keep a stream alive before its first event; `None` where the format has none.
    /// `own`: what the client sent. `now_unix`: when the call came.
    pub fn keepalive(self, own: Option<&Own>, now_unix: i64) -> Option<Bytes> {
        match self {
            Self::Chat | Self::Completions => Some(chat::keepalive(&Summary::default())),
            Self::Messages => Some(messages::keepalive()),
            Self::Responses => match own? {
                Own::Responses(own) => Some(responses::open(own, now_unix)),
                Own::Messages(_) | Own::Gemini(_) | Own::Ollama(_) => None,
            },
            Self::Gemini(framing) => Some(framing.keepalive()),
            Self::Ollama(shape) => Some(ollama::keepalive(shape)),
            Self::Invoke(framing) => framing.keepalive(),
        }
    }

    /// The end of a stream that failed before its first event. `error` is the same as in the body
    /// of a whole answer.
    pub fn fail(self, error: &Value, own: Option<&Own>, now_unix: i64) -> Bytes {
        match self {
            Self::Chat | Self::Completions => chat::fail(error),
            Self::Messages => messages::fail(error),
            Self::Responses => match own {
                Some(Own::Responses(own)) => responses::fail(own, now_unix, error),
                Some(Own::Messages(_) | Own::Gemini(_) | Own::Ollama(_)) | None => Bytes::new(),
            },
            Self::Gemini(framing) => framing.fail(error, false),
            Self::Ollama(_) => ollama::fail(error),
            Self::Invoke(framing) => framing.fail(error),
        }
    }

    /// Whether it is the format of a vendor's API other than OpenAI's chats.
    pub fn is_of_vendor(self) -> bool {
        matches!(self, Self::Messages | Self::Responses | Self::Gemini(_) | Self::Ollama(_))
    }
}

/// Encodes one stream. It writes whole events only, so events of two sources never mix.
#[derive(Debug)]
pub enum ClientEncoder {
    Chat(chunks::Encoder),
    Completions(completions::Encoder),
    Messages(messages::Encoder),
    Responses(Box<responses::Encoder>),
    Gemini(gemini::Encoder),
    Ollama(ollama::Encoder),
    Invoke(invoke::Encoder),
}

impl ClientEncoder {
    pub fn new(format: ClientFormat, options: ChunkOptions, answer: AnswerOptions) -> Self {
        match format {
            ClientFormat::Chat => Self::Chat(chunks::Encoder::new(options)),
            ClientFormat::Completions => Self::Completions(completions::Encoder::new(options)),
            ClientFormat::Messages => Self::Messages(messages::Encoder::new(answer)),
            ClientFormat::Responses => {
                Self::Responses(Box::new(responses::Encoder::new(answer, options.created)))
            }
            ClientFormat::Gemini(framing) => Self::Gemini(gemini::Encoder::new(framing, answer)),
            ClientFormat::Ollama(_) => Self::Ollama(ollama::Encoder::new(answer)),
            ClientFormat::Invoke(framing) => Self::Invoke(invoke::Encoder::new(framing, options)),
        }
    }

    /// Appends the events for these deltas.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        match self {
            Self::Chat(encoder) => encoder.encode(deltas, out),
            Self::Completions(encoder) => encoder.encode(deltas, out),
            Self::Messages(encoder) => encoder.encode(deltas, out),
            Self::Responses(encoder) => encoder.encode(deltas, out),
            Self::Gemini(encoder) => encoder.encode(deltas, out),
            Self::Ollama(encoder) => encoder.encode(deltas, out),
            Self::Invoke(encoder) => encoder.encode(deltas, out),
        }
    }

    /// The bytes that keep a silent stream alive; `None` where the format has none.
    pub fn keepalive(&mut self, summary: &Summary) -> Option<Bytes> {
        match self {
            Self::Chat(_) | Self::Completions(_) => Some(chat::keepalive(summary)),
            Self::Messages(_) => Some(messages::keepalive()),
            Self::Responses(encoder) => Some(encoder.keepalive()),
            Self::Gemini(encoder) => Some(encoder.keepalive()),
            Self::Ollama(encoder) => Some(encoder.keepalive()),
            Self::Invoke(encoder) => encoder.framing().keepalive(),
        }
    }

    /// The end of a complete stream; `None` where it was written already.
    pub fn close(&mut self, summary: &Summary, served: &Served<'_>) -> Option<Bytes> {
        match self {
            Self::Chat(_) => chat::close(summary),
            Self::Completions(_) => Some(Bytes::from_static(DONE)),
            Self::Messages(encoder) => Some(encoder.close(summary)),
            Self::Responses(encoder) => Some(encoder.close(summary)),
            Self::Gemini(encoder) => Some(encoder.close(summary)),
            Self::Ollama(encoder) => Some(encoder.close(summary, served)),
            Self::Invoke(encoder) => Some(encoder.framing().close(summary, served)),
        }
    }

    /// The end of a failed stream. `error` is the same as in the body of a whole answer.
    pub fn fail(&mut self, error: &Value) -> Bytes {
        match self {
            Self::Chat(_) | Self::Completions(_) => chat::fail(error),
            Self::Messages(_) => messages::fail(error),
            Self::Responses(encoder) => encoder.fail(error),
            Self::Gemini(encoder) => encoder.fail(error),
            Self::Ollama(_) => ollama::fail(error),
            Self::Invoke(encoder) => encoder.framing().fail(error),
        }
    }
}
