//! Decodes a streamed answer: events become deltas. Blocks are identified by their index, so they
//! may interleave; tool calls are counted separately, from 0.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::block::{self, Block, Tag};
use super::error;
use super::finish::Ending;
use super::search::{self, Asked};
use super::usage::WireUsage;
use crate::dialects::errors::StreamFault;
use crate::dialects::frame_reader::FrameReader;
use crate::dialects::openai::upstream::error as family;
use crate::dialects::sse::{self, FrameContent};
use crate::domain::chat::{Delta, Maker, Seal};
use crate::domain::search::Citation;

/// The API returns one choice.
const CHOICE: u64 = 0;

/// Reads one stream.
#[derive(Debug, Default)]
pub struct Decoder {
    frames: FrameReader,
    progress: Progress,
}

/// The state of the stream so far.
#[derive(Debug, Default)]
struct Progress {
    has_begun: bool,
    has_finished: bool,
    is_done: bool,
    usage: WireUsage,
    /// Open blocks by their index.
    open: Vec<(u64, OpenBlock)>,
    tool_calls: u64,
    /// Characters of text.
    said: usize,
    asked: Asked,
}

#[derive(Debug)]
enum OpenBlock {
    /// What it cites is told at its end, when the place of its text is known.
    Text {
        start: usize,
        citations: Vec<Citation>,
    },
    Search {
        id: String,
        input: String,
    },
    /// The signature is emitted whole, when the block is complete.
    Thinking {
        signature: String,
    },
    ToolUse {
        index: u64,
        /// The initial input of the block, for a call whose arguments are never streamed.
        input: Option<String>,
    },
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(default)]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    usage: Option<WireUsage>,
}

#[derive(Default, Deserialize)]
struct BlockDelta {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    partial_json: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    citation: Option<Box<RawValue>>,
}

impl Decoder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and appends the deltas that they hold.
    ///
    /// # Errors
    /// When the stream is malformed or reports an error. Deltas before that are in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let Self { frames, progress } = self;
        frames.push(piece, |frame| progress.take(frame, out))
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// When the stream ended before the answer did.
    pub fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let Self { frames, progress } = self;
        frames.finish(|frame| progress.take(frame, out))?;
        if progress.is_done { Ok(()) } else { Err(StreamFault::Malformed) }
    }
}

impl Progress {
    fn take(&mut self, frame: &[u8], out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        if self.is_done {
            return Ok(());
        }
        let data = match sse::read(frame) {
            FrameContent::Nothing | FrameContent::Done => return Ok(()),
            FrameContent::Error(data) => return Err(StreamFault::Upstream(error::in_body(&data))),
            FrameContent::Data(data) => data,
            FrameContent::Body(body) => body.into(),
        };
        let tag: Tag = read(&data)?;
        let event = || read::<Event<'_>>(&data);
        match tag.kind.as_deref() {
            Some("message_start") => self.begin(&event()?, out),
            Some("content_block_start") => self.begin_block(&event()?, out),
            Some("content_block_delta") => self.add_to_block(&event()?, out),
            Some("content_block_stop") => {
                let index = event()?.index.unwrap_or(0);
                if let Some(place) = self.open.iter().position(|(known, _)| *known == index) {
                    let block = self.open.remove(place).1;
                    self.end_block(block, out);
                }
                Ok(())
            }
            Some("message_delta") => self.end(&event()?, out),
            Some("message_stop") => {
                self.end_blocks(out);
                self.is_done = true;
                out.push(Delta::Done);
                Ok(())
            }
            Some("error") => Err(StreamFault::Upstream(error::in_body(&data))),
            // The error of a gateway, without the API's envelope.
            None => family::instead_of_answer(&data)
                .map_or(Ok(()), |error| Err(StreamFault::Upstream(error))),
            Some(_) => Ok(()),
        }
    }

    fn begin(&mut self, event: &Event<'_>, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let start: Start = read_part(event.message)?;
        self.has_begun = true;
        let (id, model) = (start.id.unwrap_or_default(), start.model.unwrap_or_default());
        out.push(Delta::Begin { id, model });
        self.record_usage(start.usage, out);
        Ok(())
    }

    fn begin_block(&mut self, event: &Event<'_>, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        if !self.has_begun {
            return Err(StreamFault::Malformed);
        }
        let index = event.index.unwrap_or(0);
        let raw = event.content_block.ok_or(StreamFault::Malformed)?;
        self.end_thinking(out);
        self.end_text(index, out);
        match Block::read(raw).map_err(|_| StreamFault::Malformed)? {
            Block::Text { text, citations } => {
                let start = self.said;
                self.emit_text(text, out);
                self.open.push((index, OpenBlock::Text { start, citations }));
            }
            Block::SearchUse { id, input } => {
                let input = input.map_or("{}", RawValue::get);
                let input = if input == "{}" { String::new() } else { input.to_owned() };
                self.open.push((index, OpenBlock::Search { id, input }));
            }
            Block::SearchResult { id, content } => {
                let search = self.asked.answered(&id, content);
                out.push(Delta::Search { choice: CHOICE, search });
            }
            Block::Thinking { text, signature } => {
                emit_thinking(text, out);
                self.open.push((index, OpenBlock::Thinking { signature }));
            }
            Block::Opaque { data } => {
                let sealed = Seal::new(Maker::Anthropic, data);
                out.push(Delta::ThinkingOpaque { choice: CHOICE, id: None, sealed });
            }
            Block::ToolUse { id, name, input } => {
                let call = self.tool_calls;
                self.tool_calls += 1;
                out.push(Delta::ToolCallBegin {
                    choice: CHOICE,
                    index: call,
                    id: block::call_id(id, call),
                    name,
                    signature: None,
                });
                let input = Some(block::arguments(input).unwrap_or_else(|| String::from("{}")));
                self.open.push((index, OpenBlock::ToolUse { index: call, input }));
            }
            Block::Other => {}
        }
        Ok(())
    }

    fn add_to_block(&mut self, event: &Event<'_>, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let raw = event.delta.ok_or(StreamFault::Malformed)?;
        let tag: Tag = read(raw.get().as_bytes())?;
        let kind = tag.kind.as_deref().unwrap_or_default();
        let is_known = matches!(
            kind,
            "text_delta"
                | "input_json_delta"
                | "thinking_delta"
                | "signature_delta"
                | "citations_delta"
        );
        if !is_known {
            return Ok(());
        }
        let delta: BlockDelta = read_part(event.delta)?;
        let at = event.index.unwrap_or(0);
        let open = self.open.iter_mut().find(|(index, _)| *index == at).map(|(_, open)| open);
        match (kind, open) {
            ("text_delta", _) => self.emit_text(delta.text.unwrap_or_default(), out),
            ("citations_delta", Some(OpenBlock::Text { citations, .. })) => {
                citations.extend(delta.citation.and_then(|raw| search::citation(&raw)));
            }
            ("input_json_delta", Some(OpenBlock::Search { input, .. })) => {
                input.push_str(&delta.partial_json.unwrap_or_default());
            }
            ("thinking_delta", _) => emit_thinking(delta.thinking.unwrap_or_default(), out),
            ("signature_delta", Some(OpenBlock::Thinking { signature })) => {
                signature.push_str(&delta.signature.unwrap_or_default());
            }
            ("input_json_delta", Some(OpenBlock::ToolUse { index, input })) => {
                let fragment = delta.partial_json.unwrap_or_default();
                if !fragment.is_empty() {
                    *input = None;
                    let index = *index;
                    out.push(Delta::ToolCallArguments { choice: CHOICE, index, fragment });
                }
            }
            // Arguments of the API's own tools.
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, event: &Event<'_>, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let ending: Ending = match event.delta {
            Some(_) => read_part(event.delta)?,
            None => Ending::default(),
        };
        if let Some(reason) = ending.reason(self.tool_calls > 0).filter(|_| !self.has_finished) {
            self.end_blocks(out);
            self.has_finished = true;
            if let Some(text) = ending.refusal() {
                out.push(Delta::Refusal { choice: CHOICE, text: text.to_owned() });
            }
            out.push(Delta::Finish { choice: CHOICE, reason });
        }
        self.record_usage(event.usage, out);
        Ok(())
    }

    /// Servers that omit `content_block_stop` still begin the next block: thinking ends there, or
    /// its signature would be emitted after the next block.
    fn end_thinking(&mut self, out: &mut Vec<Delta>) {
        let is_thinking = |(_, open): &mut (u64, OpenBlock)| matches!(open, OpenBlock::Thinking { signature } if !signature.is_empty());
        let ended: Vec<_> = self.open.extract_if(.., is_thinking).collect();
        for (_, thinking) in ended {
            self.end_block(thinking, out);
        }
    }

    /// Nor do they end a text before the next block of its index.
    fn end_text(&mut self, at: u64, out: &mut Vec<Delta>) {
        let is_it = |(index, open): &mut (u64, OpenBlock)| {
            *index == at && matches!(open, OpenBlock::Text { .. } | OpenBlock::Search { .. })
        };
        let ended: Vec<_> = self.open.extract_if(.., is_it).collect();
        for (_, text) in ended {
            self.end_block(text, out);
        }
    }

    fn end_blocks(&mut self, out: &mut Vec<Delta>) {
        for (_, open) in std::mem::take(&mut self.open) {
            self.end_block(open, out);
        }
        out.extend(self.asked.rest().map(|search| Delta::Search { choice: CHOICE, search }));
    }

    fn emit_text(&mut self, text: String, out: &mut Vec<Delta>) {
        if !text.is_empty() {
            self.said += text.chars().count();
            out.push(Delta::Text { choice: CHOICE, text });
        }
    }

    fn end_block(&mut self, open: OpenBlock, out: &mut Vec<Delta>) {
        match open {
            OpenBlock::Text { start, citations } => {
                let end = self.said;
                let placed = citations.into_iter().map(|it| Citation { start, end, ..it });
                out.extend(placed.map(|citation| Delta::Citation { choice: CHOICE, citation }));
            }
            OpenBlock::Search { id, input } => self.asked.add(id, &input),
            OpenBlock::Thinking { signature } if !signature.is_empty() => {
                let signature = Seal::new(Maker::Anthropic, signature);
                out.push(Delta::ThinkingSignature { choice: CHOICE, signature });
            }
            OpenBlock::ToolUse { index, input: Some(fragment) } => {
                out.push(Delta::ToolCallArguments { choice: CHOICE, index, fragment });
            }
            OpenBlock::Thinking { .. } | OpenBlock::ToolUse { input: None, .. } => {}
        }
    }

    fn record_usage(&mut self, usage: Option<WireUsage>, out: &mut Vec<Delta>) {
        if let Some(usage) = usage {
            self.usage.update(usage);
            out.push(Delta::Usage(self.usage.into_usage()));
        }
    }
}

fn emit_thinking(text: String, out: &mut Vec<Delta>) {
    if !text.is_empty() {
        out.push(Delta::Thinking { choice: CHOICE, text });
    }
}

fn read<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, StreamFault> {
    serde_json::from_slice(data).map_err(|_| StreamFault::Malformed)
}

fn read_part<'a, T: Deserialize<'a>>(part: Option<&'a RawValue>) -> Result<T, StreamFault> {
    read(part.ok_or(StreamFault::Malformed)?.get().as_bytes())
}

#[cfg(test)]
mod tests;
