//! Encodes a streamed answer. A call goes out whole, as Gemini's do: what comes while its arguments
//! are not complete waits for them. The reason and the usage are in the last frame.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::grounding::{self, Grounding};
use super::logprobs::Logprobs;
use super::usage::metadata;
use super::wire::{PartWriter, candidate, response};
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::summary::Summary;
use crate::domain::chat::{Delta, FinishReason, Media, Seal, ToolCall};

/// How the frames of a stream are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// With `alt=sse`: `data:` and an empty line. Google's SDKs take neither comments, nor names of
    /// events, nor `[DONE]`.
    #[default]
    Events,
    /// Without: the elements of a JSON array, one in a line.
    List,
}

impl Framing {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Events => "text/event-stream; charset=utf-8",
            Self::List => "application/json; charset=utf-8",
        }
    }

    /// A bare empty line, which says nothing in either.
    pub fn keepalive(self) -> Bytes {
        Bytes::from_static(b"\n")
    }

    /// The last frame of a stream that failed. `error`: the body of the same error as a whole answer.
    pub fn fail(self, error: &Value, has_begun: bool) -> Bytes {
        let mut out = Vec::new();
        self.write(error, !has_begun, &mut out);
        if self == Self::List {
            out.extend_from_slice(b"]\n");
        }
        Bytes::from(out)
    }

    fn write(self, frame: &impl Serialize, is_first: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(match (self, is_first) {
            (Self::Events, _) => b"data: ",
            (Self::List, true) => b"[",
            (Self::List, false) => b",",
        });
        // Writing JSON into memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, frame);
        out.extend_from_slice(if self == Self::Events { b"\n\n" } else { b"\n" });
    }
}

/// Encodes one stream.
#[derive(Debug, Default)]
pub struct Encoder {
    framing: Framing,
    options: AnswerOptions,
    id: String,
    model: String,
    has_begun: bool,
    choices: BTreeMap<u64, Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    writer: PartWriter,
    /// What waits for a call to be complete; a call is the first.
    waiting: VecDeque<Piece>,
    end: Option<FinishReason>,
    grounding: Grounding,
    logprobs: Logprobs,
    /// The text so far.
    said: String,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Thinking(String),
    Seal(Seal),
    Opaque { id: Option<String>, sealed: Seal },
    Media(Media),
    Call { index: u64, call: ToolCall },
}

impl Encoder {
    pub fn new(framing: Framing, options: AnswerOptions) -> Self {
        Self { framing, options, ..Self::default() }
    }

    /// Appends the frames for these deltas: one for all that came together of a candidate.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        let mut parts: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for delta in deltas {
            if let Delta::Begin { id, model } = delta {
                self.id.clone_from(id);
                self.model.clone_from(model);
            } else if let Some(choice) = choice_of(delta) {
                let progress = self.choices.entry(choice).or_default();
                progress.take(delta);
                let is_over = matches!(delta, Delta::Finish { .. });
                progress.write(is_over, &self.options, parts.entry(choice).or_default());
            }
        }
        for (choice, parts) in parts.into_iter().filter(|(_, parts)| !parts.is_empty()) {
            self.frame(vec![candidate(choice, parts, None)], None, out);
        }
    }

    fn frame(&mut self, candidates: Vec<Value>, usage: Option<Value>, out: &mut Vec<u8>) {
        let response = response(candidates, usage, (&self.id, &self.model));
        self.framing.write(&response, !self.has_begun, out);
        self.has_begun = true;
    }

    /// A frame of an upstream of this API, as it came; `data`: its JSON.
    pub fn pass(&mut self, frame: &Bytes, data: &[u8]) -> Bytes {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let is_plain =
            frame.starts_with(b"data:") && memchr::memchr(b'\n', frame.trim_ascii()).is_none();
        if self.framing == Framing::Events && is_plain {
            return frame.clone();
        }
        let (start, end): (&[u8], &[u8]) = match (self.framing, is_first) {
            (Framing::Events, _) => (b"data: ", b"\n\n"),
            (Framing::List, true) => (b"[", b"\n"),
            (Framing::List, false) => (b",", b"\n"),
        };
        // A line that ends within the data is one that JSON ignores.
        let data: Vec<u8> =
            data.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
        Bytes::from([start, &data, end].concat())
    }

    /// Keeps a silent stream alive, between frames.
    pub fn keepalive(&self) -> Bytes {
        self.framing.keepalive()
    }

    /// The end of a complete stream.
    pub fn close(&mut self, summary: &Summary) -> Bytes {
        let mut out = Vec::new();
        let mut candidates = Vec::with_capacity(self.choices.len());
        if self.choices.is_empty() {
            self.choices.insert(0, Progress::default());
        }
        for (index, progress) in &mut self.choices {
            let mut parts = Vec::new();
            progress.write(true, &self.options, &mut parts);
            progress.writer.end(&mut parts);
            if parts.is_empty() {
                parts.push(json!({"text": ""}));
            }
            let end = progress.end.take().unwrap_or(FinishReason::Stop);
            let mut candidate = candidate(*index, parts, Some(&end));
            grounding::add(&mut candidate, progress.grounding.written(&progress.said));
            progress.logprobs.write(&mut candidate);
            candidates.push(candidate);
        }
        let usage = summary.usage.as_ref().map(metadata);
        self.frame(candidates, usage, &mut out);
        out.extend_from_slice(&self.end());
        Bytes::from(out)
    }

    /// What ends a stream whose last frame was written.
    pub fn end(&self) -> Bytes {
        match (self.framing, self.has_begun) {
            (Framing::Events, _) => Bytes::new(),
            (Framing::List, true) => Bytes::from_static(b"]\n"),
            (Framing::List, false) => Bytes::from_static(b"[]\n"),
        }
    }

    /// The last frame of a failed stream.
    pub fn fail(&self, error: &Value) -> Bytes {
        self.framing.fail(error, self.has_begun)
    }
}

fn choice_of(delta: &Delta) -> Option<u64> {
    match delta {
        Delta::Text { choice, .. }
        | Delta::Refusal { choice, .. }
        | Delta::Thinking { choice, .. }
        | Delta::ThinkingSignature { choice, .. }
        | Delta::ThinkingOpaque { choice, .. }
        | Delta::Image { choice, .. }
        | Delta::Audio { choice, .. }
        | Delta::ToolCallBegin { choice, .. }
        | Delta::ToolCallArguments { choice, .. }
        | Delta::Logprobs { choice, .. }
        | Delta::Search { choice, .. }
        | Delta::Citation { choice, .. }
        | Delta::Finish { choice, .. } => Some(*choice),
        Delta::Begin { .. } | Delta::Usage(_) | Delta::Done => None,
    }
}

impl Progress {
    fn take(&mut self, delta: &Delta) {
        let piece = match delta {
            Delta::Text { text, .. } => {
                self.said.push_str(text);
                Piece::Text(text.clone())
            }
            Delta::Refusal { text, .. } => Piece::Text(text.clone()),
            Delta::Logprobs { logprobs, .. } => return self.logprobs.add(logprobs),
            Delta::Search { search, .. } => return self.grounding.search(search),
            Delta::Citation { citation, .. } => return self.grounding.cite(citation),
            Delta::Thinking { text, .. } => Piece::Thinking(text.clone()),
            Delta::ThinkingSignature { signature, .. } => Piece::Seal(signature.clone()),
            Delta::ThinkingOpaque { id, sealed, .. } => {
                Piece::Opaque { id: id.clone(), sealed: sealed.clone() }
            }
            Delta::Image { source, .. } | Delta::Audio { source, .. } => {
                Piece::Media(source.clone())
            }
            Delta::ToolCallBegin { index, id, name, signature, .. } => {
                let (id, name, signature) = (id.clone(), name.clone(), signature.clone());
                let call = ToolCall { id, name, arguments: String::new(), signature };
                Piece::Call { index: *index, call }
            }
            Delta::ToolCallArguments { index: at, fragment, .. } => {
                let open = self.waiting.iter_mut().find_map(|piece| match piece {
                    Piece::Call { index, call } if index == at => Some(call),
                    _ => None,
                });
                if let Some(call) = open {
                    call.arguments.push_str(fragment);
                }
                return;
            }
            Delta::Finish { reason, .. } => {
                self.end.get_or_insert_with(|| reason.clone());
                return;
            }
            _ => return,
        };
        self.waiting.push_back(piece);
    }

    fn write(&mut self, is_over: bool, options: &AnswerOptions, out: &mut Vec<Value>) {
        while let Some(piece) = self.waiting.front() {
            // While nothing waits behind it, a call may as well wait for its end.
            let is_open = match piece {
                Piece::Call { call, .. } => self.waiting.len() == 1 || !is_whole(&call.arguments),
                _ => false,
            };
            if is_open && !is_over {
                return;
            }
            let Some(piece) = self.waiting.pop_front() else { return };
            match piece {
                Piece::Text(text) => self.writer.say(&text, out),
                Piece::Thinking(text) => self.writer.think(&text, options, out),
                Piece::Seal(seal) => self.writer.seal(&seal, options),
                Piece::Opaque { id, sealed } => self.writer.cipher(id.as_deref(), &sealed, options),
                Piece::Media(source) => self.writer.show(&source, out),
                Piece::Call { call, .. } => self.writer.call(&call, options, out),
            }
        }
    }
}

fn is_whole(arguments: &str) -> bool {
    arguments.trim_end().ends_with('}') && serde_json::from_str::<IgnoredAny>(arguments).is_ok()
}

#[cfg(test)]
mod tests;
