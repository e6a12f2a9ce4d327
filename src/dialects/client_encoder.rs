//! Encodes a streamed answer in the client's dialect: its events, keep-alives, end and failure.

use bytes::Bytes;
use serde_json::Value;

use super::answer_options::AnswerOptions;
use super::anthropic::client::stream as messages;
use super::invoke::client::stream::{self as invoke, Framing};
use super::openai::client::chunks::{self, ChunkOptions};
use super::openai::client::stream as chat;
use super::summary::{Served, Summary};
use crate::domain::chat::Delta;

/// The format of a client's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientFormat {
    Chat,
    Messages,
    Invoke(Framing),
}

impl ClientFormat {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Chat => chat::CONTENT_TYPE,
            Self::Messages => messages::CONTENT_TYPE,
            Self::Invoke(framing) => framing.content_type(),
        }
    }

    /// The bytes that keep a stream alive before its first event; `None` where the format has none.
    pub fn keepalive(self) -> Option<Bytes> {
        match self {
            Self::Chat => Some(chat::keepalive(&Summary::default())),
            Self::Messages => Some(messages::keepalive()),
            Self::Invoke(framing) => framing.keepalive(),
        }
    }

    /// The end of a stream that failed before its first event. `error` is the same as in the body
    /// of a whole answer.
    pub fn fail(self, error: &Value) -> Bytes {
        match self {
            Self::Chat => chat::fail(error),
            Self::Messages => messages::fail(error),
            Self::Invoke(framing) => framing.fail(error),
        }
    }
}

/// Encodes one stream. It writes whole events only, so events of two sources never mix.
#[derive(Debug)]
pub enum ClientEncoder {
    Chat(chunks::Encoder),
    Messages(messages::Encoder),
    Invoke(invoke::Encoder),
}

impl ClientEncoder {
    pub fn new(format: ClientFormat, options: ChunkOptions, answer: AnswerOptions) -> Self {
        match format {
            ClientFormat::Chat => Self::Chat(chunks::Encoder::new(options)),
            ClientFormat::Messages => Self::Messages(messages::Encoder::new(answer)),
            ClientFormat::Invoke(framing) => Self::Invoke(invoke::Encoder::new(framing, options)),
        }
    }

    /// Appends the events for these deltas.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        match self {
            Self::Chat(encoder) => encoder.encode(deltas, out),
            Self::Messages(encoder) => encoder.encode(deltas, out),
            Self::Invoke(encoder) => encoder.encode(deltas, out),
        }
    }

    /// The bytes that keep a silent stream alive; `None` where the format has none.
    pub fn keepalive(&self, summary: &Summary) -> Option<Bytes> {
        match self {
            Self::Chat(_) => Some(chat::keepalive(summary)),
            Self::Messages(_) => Some(messages::keepalive()),
            Self::Invoke(encoder) => encoder.framing().keepalive(),
        }
    }

    /// The end of a complete stream; `None` where it was written already.
    pub fn close(&mut self, summary: &Summary, served: &Served<'_>) -> Option<Bytes> {
        match self {
            Self::Chat(_) => chat::close(summary),
            Self::Messages(encoder) => Some(encoder.close(summary)),
            Self::Invoke(encoder) => Some(encoder.framing().close(summary, served)),
        }
    }

    /// The end of a failed stream. `error` is the same as in the body of a whole answer.
    pub fn fail(&self, error: &Value) -> Bytes {
        match self {
            Self::Chat(_) => chat::fail(error),
            Self::Messages(_) => messages::fail(error),
            Self::Invoke(encoder) => encoder.framing().fail(error),
        }
    }
}
