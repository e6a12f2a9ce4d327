//! Translates a stream from any dialect into the client's, event by event.

use bytes::Bytes;
use serde_json::Value;

use super::answer::{AnswerDefaults, AnswerSource};
use super::delta_observer::DeltaObserver;
use crate::dialects::client_encoder::{ClientEncoder, ClientFormat};
use crate::dialects::errors::StreamFault;
use crate::dialects::openai::client::chunks::ChunkOptions;
use crate::dialects::openai::client::names::Respelled;
use crate::dialects::openai::upstream::stream::Observer;
use crate::dialects::summary::{Served, Summary};
use crate::dialects::{anthropic, gemini, ollama, remote_http, responses};
use crate::domain::chat::Delta;
use crate::domain::dialect::Dialect;

/// Decodes one stream and encodes it for the client.
pub enum StreamTranslator {
    /// The upstream streams OpenAI's chunks: its frames are forwarded unchanged, or embedded where
    /// the client's format holds a chunk.
    Passthrough {
        observer: Box<Observer>,
        encoder: Box<ClientEncoder>,
    },
    Translated(Box<Translated>),
}

pub struct Translated {
    decoder: Decoder,
    /// Decoded and not yet encoded.
    deltas: Vec<Delta>,
    respelled: Respelled,
    defaults: AnswerDefaults,
    observer: DeltaObserver,
    encoder: ClientEncoder,
}

enum Decoder {
    Responses(responses::upstream::stream::Decoder),
    Anthropic(anthropic::upstream::stream::Decoder),
    Gemini(gemini::upstream::stream::Decoder),
    Ollama(ollama::upstream::stream::Decoder),
    RemoteHttp(Box<remote_http::upstream::stream::Decoder>),
}

impl StreamTranslator {
    /// `wants_usage`: whether the client requested usage.
    pub fn new(
        source: AnswerSource<'_>,
        format: ClientFormat,
        wants_usage: bool,
        defaults: AnswerDefaults,
    ) -> Self {
        let options = ChunkOptions {
            created: defaults.now_unix,
            wants_usage,
            wants_function_call: defaults.wants_function_call,
        };
        let encoder = ClientEncoder::new(format, options);
        let decoder = match source.dialect {
            Dialect::OpenAiChat | Dialect::Invoke => {
                let observer = Box::new(Observer::new(wants_usage).naming(defaults.model));
                return Self::Passthrough { observer, encoder: Box::new(encoder) };
            }
            Dialect::OpenAiResponses(maker) => {
                Decoder::Responses(responses::upstream::stream::Decoder::new(maker))
            }
            Dialect::AnthropicMessages => {
                Decoder::Anthropic(anthropic::upstream::stream::Decoder::new())
            }
            Dialect::GeminiGenerate => Decoder::Gemini(gemini::upstream::stream::Decoder::new()),
            Dialect::OllamaChat => Decoder::Ollama(ollama::upstream::stream::Decoder::new()),
            Dialect::RemoteHttp => {
                let mapping = source.mapping.clone();
                Decoder::RemoteHttp(Box::new(remote_http::upstream::stream::Decoder::new(mapping)))
            }
        };
        Self::Translated(Box::new(Translated {
            decoder,
            deltas: Vec::new(),
            respelled: source.respelled,
            observer: DeltaObserver::new(defaults.wants_function_call),
            defaults,
            encoder,
        }))
    }

    pub fn summary(&self) -> &Summary {
        match self {
            Self::Passthrough { observer, .. } => observer.summary(),
            Self::Translated(translated) => translated.observer.summary(),
        }
    }

    /// Reads the next piece and appends whole events for the client.
    ///
    /// # Errors
    /// When the stream cannot be decoded or reports an error. The events before that are in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        self.take(Some(piece), out)
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// When the stream was cut off or its last event reports an error.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        self.take(None, out)
    }

    fn take(&mut self, piece: Option<Bytes>, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        match self {
            Self::Passthrough { observer, encoder } => pass(observer, encoder, piece, out),
            Self::Translated(translated) => translated.take(piece, out),
        }
    }

    /// The bytes that keep a silent stream alive; `None` where the client's format has none.
    pub fn keepalive(&self) -> Option<Bytes> {
        self.encoder().keepalive(self.summary())
    }

    /// The end of a complete stream; `None` where it has been sent already.
    pub fn close(&self, served: &Served<'_>) -> Option<Bytes> {
        self.encoder().close(self.summary(), served)
    }

    /// The end of a failed stream. `error` is the same as in the body of a whole answer.
    pub fn fail(&self, error: &Value) -> Bytes {
        self.encoder().fail(error)
    }

    fn encoder(&self) -> &ClientEncoder {
        match self {
            Self::Passthrough { encoder, .. } => encoder,
            Self::Translated(translated) => &translated.encoder,
        }
    }
}

fn pass(
    observer: &mut Observer,
    encoder: &ClientEncoder,
    piece: Option<Bytes>,
    out: &mut Vec<Bytes>,
) -> Result<(), StreamFault> {
    match (encoder, piece) {
        (ClientEncoder::Chat(_), Some(piece)) => observer.push(piece, out),
        (ClientEncoder::Chat(_), None) => observer.finish(out),
        (ClientEncoder::Invoke(encoder), piece) => {
            let mut lines = Vec::new();
            let write = |chunk: &[u8]| encoder.encode_chunk(chunk, &mut lines);
            let outcome = match piece {
                Some(piece) => observer.push_chunks(piece, write),
                None => observer.finish_chunks(write),
            };
            if !lines.is_empty() {
                out.push(Bytes::from(lines));
            }
            outcome
        }
    }
}

impl Decoder {
    fn push(&mut self, piece: Bytes, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        match self {
            Self::Responses(decoder) => decoder.push(piece, out),
            Self::Anthropic(decoder) => decoder.push(piece, out),
            Self::Gemini(decoder) => decoder.push(piece, out),
            Self::Ollama(decoder) => decoder.push(piece, out),
            Self::RemoteHttp(decoder) => decoder.push(piece, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        match self {
            Self::Responses(decoder) => decoder.finish(out),
            Self::Anthropic(decoder) => decoder.finish(out),
            Self::Gemini(decoder) => decoder.finish(out),
            Self::Ollama(decoder) => decoder.finish(out),
            Self::RemoteHttp(decoder) => decoder.finish(out),
        }
    }
}

impl Translated {
    /// Decodes a piece and appends its events as one piece.
    fn take(&mut self, piece: Option<Bytes>, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let decoded = match piece {
            Some(piece) => self.decoder.push(piece, &mut self.deltas),
            None => self.decoder.finish(&mut self.deltas),
        };
        self.complete_deltas();
        let (read, observed) = self.observer.read(&self.deltas);
        let mut events = Vec::new();
        self.encoder.encode(read, &mut events);
        self.deltas.clear();
        if !events.is_empty() {
            out.push(Bytes::from(events));
        }
        observed.and(decoded)
    }

    /// Adds the members that the upstream left out, and restores the names of tools.
    fn complete_deltas(&mut self) {
        for delta in &mut self.deltas {
            match delta {
                Delta::Begin { id, model } => {
                    if id.is_empty() {
                        id.clone_from(&self.defaults.id);
                    }
                    if model.is_empty() {
                        model.clone_from(&self.defaults.model);
                    }
                }
                Delta::ToolCallBegin { name, .. } => self.respelled.give_back(name),
                _ => {}
            }
        }
    }
}
