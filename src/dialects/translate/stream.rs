//! Translates a stream from any dialect into the client's, event by event.

use bytes::Bytes;
use serde_json::Value;

use super::answer::{AnswerDefaults, AnswerSource};
use super::delta_observer::DeltaObserver;
use crate::dialects::client_encoder::{ClientEncoder, ClientFormat};
use crate::dialects::errors::StreamFault;
use crate::dialects::forwarded::ForwardedStream;
use crate::dialects::frame_reader::FrameReader;
use crate::dialects::line_reader::LineReader;
use crate::dialects::openai::client::chunks::ChunkOptions;
use crate::dialects::openai::client::names::Respelled;
use crate::dialects::openai::upstream::deltas::ChunkDecoder;
use crate::dialects::openai::upstream::stream::Observer;
use crate::dialects::responses::client::own_stream::OwnResponses;
use crate::dialects::responses::client::stream::KEEPALIVE;
use crate::dialects::sse::{self, FrameContent};
use crate::dialects::summary::{Served, Summary};
use crate::dialects::{anthropic, completions, gemini, ollama, remote_http, responses};
use crate::domain::chat::Delta;
use crate::domain::dialect::Dialect;

/// Decodes one stream and encodes it for the client.
pub enum StreamTranslator {
    /// The upstream streams OpenAI's chunks: its frames are forwarded unchanged, or embedded where
    /// the client's format holds a chunk.
    Passthrough {
        observer: Box<Observer>,
        encoder: Box<ClientEncoder>,
        /// For a client of a vendor's API.
        chunks: ChunkDecoder,
    },
    Translated(Box<Translated>),
    /// Upstream and client speak the same vendor's API: frames are forwarded unchanged.
    Own(Box<OwnStream>),
    /// Another of OpenAI's endpoints: bytes are forwarded unchanged.
    Forwarded(Box<ForwardedStream>),
    /// Both speak OpenAI's Responses.
    Responses(Box<OwnResponses>),
}

pub struct OwnStream {
    frames: OwnFrames,
    decoder: Decoder,
    observer: DeltaObserver,
    deltas: Vec<Delta>,
    encoder: ClientEncoder,
    /// The event with which the upstream reported an error.
    told: Option<Bytes>,
}

enum OwnFrames {
    Events(FrameReader),
    Lines(LineReader),
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
        let is_vendors = format.is_of_vendor();
        let (mut wants_usage, mut defaults) = (wants_usage, defaults);
        let answer = std::mem::take(&mut defaults.vendor);
        if source.is_own && matches!(source.dialect, Dialect::OpenAiResponses(_)) {
            return Self::Responses(Box::new(OwnResponses::new(answer, defaults.now_unix)));
        }
        let encoder = ClientEncoder::new(format, options, answer);
        // The end of such a stream tells usage always.
        wants_usage |= is_vendors;
        let decoder = match source.dialect {
            Dialect::Embeddings(_)
            | Dialect::Forwarded(_)
            | Dialect::OpenAiChat
            | Dialect::Invoke => {
                let observer = Box::new(Observer::new(wants_usage).naming(defaults.model));
                let chunks = ChunkDecoder::default();
                return Self::Passthrough { observer, encoder: Box::new(encoder), chunks };
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
        let is_own = match source.dialect {
            Dialect::AnthropicMessages => format == ClientFormat::Messages,
            Dialect::GeminiGenerate => matches!(format, ClientFormat::Gemini(_)),
            Dialect::OllamaChat => matches!(format, ClientFormat::Ollama(_)),
            _ => false,
        };
        if is_own {
            return Self::Own(Box::new(OwnStream {
                frames: match format {
                    ClientFormat::Ollama(_) => OwnFrames::Lines(LineReader::default()),
                    _ => OwnFrames::Events(FrameReader::default()),
                },
                decoder,
                observer: DeltaObserver::new(false),
                deltas: Vec::new(),
                encoder,
                told: None,
            }));
        }
        Self::Translated(Box::new(Translated {
            decoder,
            deltas: Vec::new(),
            respelled: source.respelled,
            observer: DeltaObserver::new(defaults.wants_function_call),
            defaults,
            encoder,
        }))
    }

    /// Whether the end of the stream says how long it took.
    pub fn tells_durations(&self) -> bool {
        let encoder = match self {
            Self::Passthrough { encoder, .. } => encoder,
            Self::Translated(translated) => &translated.encoder,
            Self::Own(_) | Self::Responses(_) | Self::Forwarded(_) => return false,
        };
        matches!(encoder, ClientEncoder::Ollama(_))
    }

    /// For what is no chat.
    pub fn forwarded(content_type: Box<str>) -> Self {
        Self::Forwarded(Box::new(ForwardedStream::new(content_type)))
    }

    /// The type of an answer that is passed on as it comes; `None` where the client's format has
    /// its own.
    pub fn content_type(&self) -> Option<&str> {
        match self {
            Self::Forwarded(forwarded) => Some(forwarded.content_type()),
            _ => None,
        }
    }

    pub fn summary(&self) -> &Summary {
        match self {
            Self::Forwarded(forwarded) => forwarded.summary(),
            Self::Passthrough { observer, .. } => observer.summary(),
            Self::Translated(translated) => translated.observer.summary(),
            Self::Own(own) => own.observer.summary(),
            Self::Responses(own) => own.summary(),
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
            Self::Passthrough { observer, encoder, chunks } => {
                pass(observer, (encoder, chunks), piece, out)
            }
            Self::Translated(translated) => translated.take(piece, out),
            Self::Own(own) => own.take(piece, out),
            Self::Forwarded(forwarded) => match piece {
                Some(piece) => forwarded.push(piece, out),
                None => forwarded.finish(),
            },
            Self::Responses(own) => own.take(piece, out),
        }
    }

    /// The bytes that keep a silent stream alive; `None` where the client's format has none.
    pub fn keepalive(&mut self) -> Option<Bytes> {
        match self {
            Self::Passthrough { observer, encoder, .. } => encoder.keepalive(observer.summary()),
            Self::Translated(translated) => {
                let Translated { observer, encoder, .. } = &mut **translated;
                encoder.keepalive(observer.summary())
            }
            Self::Own(own) => own.encoder.keepalive(own.observer.summary()),
            Self::Forwarded(_) => None,
            Self::Responses(_) => Some(Bytes::from_static(KEEPALIVE)),
        }
    }

    /// The end of a complete stream; `None` where it has been sent already.
    pub fn close(&mut self, served: &Served<'_>) -> Option<Bytes> {
        match self {
            Self::Passthrough { observer, encoder, .. } => {
                encoder.close(observer.summary(), served)
            }
            Self::Translated(translated) => {
                let Translated { observer, encoder, .. } = &mut **translated;
                encoder.close(observer.summary(), served)
            }
            Self::Responses(_) | Self::Forwarded(_) => None,
            Self::Own(own) => match &own.encoder {
                ClientEncoder::Gemini(encoder) => Some(encoder.end()).filter(|end| !end.is_empty()),
                _ => None,
            },
        }
    }

    /// The end of a failed stream. `error` is the same as in the body of a whole answer.
    pub fn fail(&mut self, error: &Value) -> Bytes {
        match self {
            Self::Passthrough { encoder, .. } => encoder.fail(error),
            Self::Translated(translated) => translated.encoder.fail(error),
            Self::Own(own) => own.told.take().unwrap_or_else(|| own.encoder.fail(error)),
            Self::Forwarded(forwarded) => forwarded.fail(error),
            Self::Responses(own) => own.fail(error),
        }
    }
}

fn pass(
    observer: &mut Observer,
    (encoder, chunks): (&mut ClientEncoder, &mut ChunkDecoder),
    piece: Option<Bytes>,
    out: &mut Vec<Bytes>,
) -> Result<(), StreamFault> {
    match (encoder, piece) {
        (ClientEncoder::Chat(_), Some(piece)) => observer.push(piece, out),
        (ClientEncoder::Chat(_), None) => observer.finish(out),
        (
            encoder @ (ClientEncoder::Messages(_)
            | ClientEncoder::Responses(_)
            | ClientEncoder::Gemini(_)
            | ClientEncoder::Ollama(_)),
            piece,
        ) => {
            let (mut deltas, mut events) = (Vec::new(), Vec::new());
            let read = |chunk: &[u8]| chunks.read(chunk, &mut deltas);
            let outcome = match piece {
                Some(piece) => observer.push_chunks(piece, read),
                None => observer.finish_chunks(read),
            };
            encoder.encode(&deltas, &mut events);
            if !events.is_empty() {
                out.push(Bytes::from(events));
            }
            outcome
        }
        (ClientEncoder::Completions(_), piece) => {
            let mut events = Vec::new();
            let write = |chunk: &[u8]| completions::Encoder::encode_chunk(chunk, &mut events);
            let outcome = match piece {
                Some(piece) => observer.push_chunks(piece, write),
                None => observer.finish_chunks(write),
            };
            if !events.is_empty() {
                out.push(Bytes::from(events));
            }
            outcome
        }
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

impl OwnStream {
    /// Forwards whole frames up to a fault; the frame with the fault is not among them.
    fn take(&mut self, piece: Option<Bytes>, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let Self { frames, decoder, observer, deltas, encoder, told } = self;
        let mut pass = |frame: Bytes| {
            let decoded = decoder.push(frame.clone(), deltas);
            let (_, observed) = observer.read(deltas);
            deltas.clear();
            let outcome = observed.and(decoded);
            if matches!(outcome, Err(StreamFault::Upstream(_))) {
                *told = as_forwarded(encoder, frame);
                return outcome;
            }
            outcome?;
            out.extend(as_forwarded(encoder, frame));
            Ok(())
        };
        match (frames, piece) {
            (OwnFrames::Events(frames), Some(piece)) => {
                return frames.push_placed(piece, |bytes, place| pass(bytes.slice(place)));
            }
            (OwnFrames::Lines(frames), Some(piece)) => return frames.push(piece, pass),
            (OwnFrames::Events(frames), None) => {
                frames.finish(|frame| pass([frame.trim_ascii(), b"\n\n"].concat().into()))?;
            }
            (OwnFrames::Lines(frames), None) => frames.finish(pass)?,
        }
        let decoded = decoder.finish(deltas);
        let (_, observed) = observer.read(deltas);
        deltas.clear();
        observed.and(decoded)?;
        if observer.summary().is_done { Ok(()) } else { Err(StreamFault::Malformed) }
    }
}

/// A frame as the client gets it: Gemini's clients take nothing but data.
fn as_forwarded(encoder: &mut ClientEncoder, frame: Bytes) -> Option<Bytes> {
    let ClientEncoder::Gemini(encoder) = encoder else { return Some(frame) };
    match sse::read(&frame) {
        FrameContent::Nothing | FrameContent::Done => None,
        FrameContent::Data(data) | FrameContent::Error(data) => Some(encoder.pass(&frame, &data)),
        FrameContent::Body(data) => Some(encoder.pass(&frame, data)),
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
