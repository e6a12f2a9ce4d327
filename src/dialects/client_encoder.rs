//! A streamed answer in the client's dialect: its events, and what stands around them.

use bytes::Bytes;
use serde_json::Value;

use super::invoke::client::stream::{self as invoke, Framing};
use super::openai::client::chunks::{self, ChunkOptions};
use super::openai::client::stream as chat;
use super::summary::{Served, Summary};
use crate::domain::chat::Delta;

/// What a client reads a stream as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientFormat {
    Chat,
    Invoke(Framing),
}

impl ClientFormat {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Chat => chat::CONTENT_TYPE,
            Self::Invoke(framing) => framing.content_type(),
        }
    }

    /// What bridges silence before the first event; `None` where the format has nothing for it.
    pub fn keepalive(self) -> Option<Bytes> {
        match self {
            Self::Chat => Some(chat::keepalive(&Summary::default())),
            Self::Invoke(framing) => framing.keepalive(),
        }
    }

    /// A failure before the first event; the end. `error` is as a whole answer's body says it.
    pub fn fail(self, error: &Value) -> Bytes {
        match self {
            Self::Chat => chat::fail(error),
            Self::Invoke(framing) => framing.fail(error),
        }
    }
}

/// Writes one stream. It writes whole events only, so none has to be ended before another begins.
#[derive(Debug)]
pub enum ClientEncoder {
    Chat(chunks::Encoder),
    Invoke(invoke::Encoder),
}

impl ClientEncoder {
    pub fn new(format: ClientFormat, options: ChunkOptions) -> Self {
        match format {
            ClientFormat::Chat => Self::Chat(chunks::Encoder::new(options)),
            ClientFormat::Invoke(framing) => Self::Invoke(invoke::Encoder::new(framing, options)),
        }
    }

    /// Appends the events that say what the deltas say.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        match self {
            Self::Chat(encoder) => encoder.encode(deltas, out),
            Self::Invoke(encoder) => encoder.encode(deltas, out),
        }
    }

    /// What bridges silence; `None` where the format has nothing for it.
    pub fn keepalive(&self, summary: &Summary) -> Option<Bytes> {
        match self {
            Self::Chat(_) => Some(chat::keepalive(summary)),
            Self::Invoke(encoder) => encoder.framing().keepalive(),
        }
    }

    /// The end of a stream that went well, as far as it was not written yet.
    pub fn close(&self, summary: &Summary, served: &Served<'_>) -> Option<Bytes> {
        match self {
            Self::Chat(_) => chat::close(summary),
            Self::Invoke(encoder) => Some(encoder.framing().close(summary, served)),
        }
    }

    /// A failure in the middle; the end. `error` is as a whole answer's body says it.
    pub fn fail(&self, error: &Value) -> Bytes {
        match self {
            Self::Chat(_) => chat::fail(error),
            Self::Invoke(encoder) => encoder.framing().fail(error),
        }
    }
}
