//! The upstream's answer in the client's dialect, OpenAI's.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;

use crate::config::payload_mapping::PayloadMapping;
use crate::dialects::errors::{NoAnswer, StreamFault, UpstreamError};
use crate::dialects::openai::client::names::Respelled;
use crate::dialects::openai::upstream::answer::Answer;
use crate::dialects::openai::upstream::stream::{Decoder, Seen};
use crate::dialects::surrogates::readable;
use crate::dialects::{
    Dialect, anthropic, functions, gemini, ollama, openai, remote_http, responses,
};
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, Choice, Delta, FinishReason, GaveUp,
};

/// What a client is told where the upstream says nothing of it.
#[derive(Clone, Debug)]
pub struct AnswerDefaults {
    pub id: String,
    /// As the upstream was asked for it.
    pub model: String,
    /// When it answered.
    pub now_unix: i64,
    /// Whether it wants its call as `function_call`.
    pub wants_function_call: bool,
}

/// A whole answer: the body for the client, and what the books need of it.
///
/// # Errors
/// When the body is no answer of that dialect.
pub fn whole(
    dialect: Dialect,
    shape: &PayloadMapping,
    respelled: &Respelled,
    body: Bytes,
    otherwise: impl FnOnce() -> AnswerDefaults,
) -> Result<(Bytes, Answer), NoAnswer> {
    let body = match readable(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(mended) => mended.into(),
    };
    let mut answer = match dialect {
        Dialect::OpenAiChat | Dialect::Invoke => {
            let answer = openai::upstream::answer::decode(&body)?;
            let named = openai::upstream::naming::named(&body, || otherwise().model);
            return Ok((named.map_or(body, Bytes::from), answer));
        }
        Dialect::OpenAiResponses(maker) => responses::upstream::answer::decode(&body, maker)?,
        Dialect::AnthropicMessages => anthropic::upstream::answer::decode(&body)?,
        Dialect::GeminiGenerate => gemini::upstream::answer::decode(&body)?,
        Dialect::OllamaChat => ollama::upstream::answer::decode(&body)?,
        Dialect::RemoteHttp => remote_http::upstream::answer::decode(&body, shape)?,
    };
    if let Some(why) = gave_up(&answer) {
        return Err(NoAnswer::GaveUp(why.clone()));
    }
    let messages = answer.choices.iter_mut().map(|choice| &mut choice.message);
    for call in messages.flat_map(AssistantMessage::tool_calls_mut) {
        respelled.give_back(&mut call.name);
    }
    answer.choices.iter_mut().for_each(finish);
    let AnswerDefaults { id, model, now_unix, wants_function_call } = otherwise();
    if answer.id.is_empty() {
        answer.id = id;
    }
    if answer.model.is_empty() {
        answer.model = model;
    }
    let translated = openai::client::answer::encode(&answer, now_unix, wants_function_call);
    Ok((translated, books(&answer, wants_function_call)))
}

/// A whole answer with content is complete, and SDKs demand a finish reason; some servers leave it
/// out.
fn finish(choice: &mut Choice) {
    if choice.finish_reason.is_none() && !choice.message.blocks.is_empty() {
        let has_calls = choice.message.has_tool_calls();
        let reason = if has_calls { FinishReason::ToolCalls } else { FinishReason::Stop };
        choice.finish_reason = Some(reason);
    }
}

/// Why a model gave up that said nothing. What it thought before that helps nobody.
fn gave_up(answer: &ChatAnswer) -> Option<&GaveUp> {
    let has_content = |choice: &Choice| {
        choice.message.blocks.iter().any(|block| !matches!(block, Block::Thinking(_)))
    };
    if answer.choices.iter().any(has_content) {
        return None;
    }
    answer.choices.iter().find_map(|choice| match &choice.finish_reason {
        Some(FinishReason::GaveUp(why)) => Some(why),
        _ => None,
    })
}

fn books(answer: &ChatAnswer, wants_function_call: bool) -> Answer {
    let first = answer.choices.first();
    let reason = first.and_then(|choice| choice.finish_reason.as_ref()).map(FinishReason::as_str);
    let reason = if wants_function_call { reason.map(functions::finish_reason) } else { reason };
    Answer { usage: answer.usage, finish_reason: reason.map(str::to_owned) }
}

/// The body of an answer with an error status, and when to come again, where it says so.
pub fn error(dialect: Dialect, status: u16, body: &[u8]) -> (UpstreamError, Option<Duration>) {
    let body = &*readable(body);
    match dialect {
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses(_)
        | Dialect::RemoteHttp
        | Dialect::Invoke => (openai::upstream::error::decode(body), None),
        Dialect::AnthropicMessages => anthropic::upstream::error::decode(status, body),
        Dialect::GeminiGenerate => gemini::upstream::error::decode(status, body),
        Dialect::OllamaChat => ollama::upstream::error::decode(status, body),
    }
}

/// Reads a stream of any dialect into frames of OpenAI's.
pub enum ChatDecoder {
    /// Frames go on as they came.
    Edited(Box<Decoder>),
    Translated(Box<Translated>),
}

pub struct Translated {
    source: Source,
    /// What was read and not yet written.
    deltas: Vec<Delta>,
    encoder: openai::client::chunks::Encoder,
    respelled: Respelled,
    otherwise: AnswerDefaults,
}

enum Source {
    Responses(responses::upstream::stream::Decoder),
    Anthropic(anthropic::upstream::stream::Decoder),
    Gemini(gemini::upstream::stream::Decoder),
    Ollama(ollama::upstream::stream::Decoder),
    RemoteHttp(remote_http::upstream::stream::Decoder),
}

impl ChatDecoder {
    pub fn new(
        dialect: Dialect,
        shape: &PayloadMapping,
        respelled: Respelled,
        wants_usage: bool,
        otherwise: impl FnOnce() -> AnswerDefaults,
    ) -> Self {
        let source = match dialect {
            Dialect::OpenAiChat | Dialect::Invoke => {
                let decoder = Decoder::new(wants_usage).naming(otherwise().model);
                return Self::Edited(Box::new(decoder));
            }
            Dialect::OpenAiResponses(maker) => {
                Source::Responses(responses::upstream::stream::Decoder::new(maker))
            }
            Dialect::AnthropicMessages => {
                Source::Anthropic(anthropic::upstream::stream::Decoder::new())
            }
            Dialect::GeminiGenerate => Source::Gemini(gemini::upstream::stream::Decoder::new()),
            Dialect::OllamaChat => Source::Ollama(ollama::upstream::stream::Decoder::new()),
            Dialect::RemoteHttp => {
                Source::RemoteHttp(remote_http::upstream::stream::Decoder::new(shape.clone()))
            }
        };
        let otherwise = otherwise();
        let encoder = openai::client::chunks::Encoder::new(otherwise.now_unix, wants_usage)
            .with_function_call(otherwise.wants_function_call);
        let deltas = Vec::new();
        Self::Translated(Box::new(Translated { source, deltas, encoder, respelled, otherwise }))
    }

    pub fn seen(&self) -> &Seen {
        match self {
            Self::Edited(decoder) => decoder.seen(),
            Self::Translated(translated) => translated.encoder.seen(),
        }
    }

    /// Takes the next piece and appends what goes on to the client: whole frames.
    ///
    /// # Errors
    /// When the stream is malformed or reports an error. Deltas before that are in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        match self {
            Self::Edited(decoder) => decoder.push(piece, out),
            Self::Translated(translated) => {
                let outcome = translated.source.push(piece, &mut translated.deltas);
                translated.write(out).and(outcome)
            }
        }
    }

    /// The bytes have ended.
    ///
    /// # Errors
    /// When they ended in the middle, or report an error.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        match self {
            Self::Edited(decoder) => decoder.finish(out),
            Self::Translated(translated) => {
                let outcome = translated.source.finish(&mut translated.deltas);
                translated.write(out).and(outcome)
            }
        }
    }
}

impl Source {
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
    /// Writes all that was read as one piece.
    fn write(&mut self, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        for delta in &mut self.deltas {
            match delta {
                Delta::Begin { id, model } => {
                    if id.is_empty() {
                        id.clone_from(&self.otherwise.id);
                    }
                    if model.is_empty() {
                        model.clone_from(&self.otherwise.model);
                    }
                }
                Delta::ToolCallBegin { name, .. } => self.respelled.give_back(name),
                _ => {}
            }
        }
        let mut frames = Vec::new();
        let outcome = self.encoder.encode(&self.deltas, &mut frames);
        self.deltas.clear();
        if !frames.is_empty() {
            out.push(Bytes::from(frames));
        }
        outcome
    }
}
