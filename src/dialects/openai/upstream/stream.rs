//! A streamed answer: frames are forwarded unchanged while an observer reads the record's facts.
//! Few changes are made: usage that the client did not request is removed; empty frames (comments,
//! empty data) are dropped, because some clients treat them as events; missing indexes of calls and
//! missing models are added; and everything after `[DONE]` is dropped.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::calls::Indexes;
use super::choice::{Choice, Failed};
use super::error::{self, error_in, instead_of_answer, shorten};
use super::naming;
use super::usage::{self, WireUsage};
use crate::dialects::errors::{StreamFault, UpstreamError};
use crate::dialects::frame_reader::FrameReader;
use crate::dialects::json::RawObject;
use crate::dialects::needle::{Needle, needle};
use crate::dialects::sse::{self, FrameContent};
use crate::dialects::summary::Summary;

needle!(USAGE = b"\"usage\"");
needle!(FINISH_REASON = b"\"finish_reason\"");
needle!(ERROR = b"\"error\"");
needle!(CHOICES = b"\"choices\"");

/// Observes one stream.
#[derive(Debug)]
pub struct Observer {
    frames: FrameReader,
    chunks: ChunkReader,
}

#[derive(Debug)]
struct ChunkReader {
    wants_usage: bool,
    calls: Indexes,
    /// The model for chunks that name none; if empty, these stay unchanged.
    model: String,
    summary: Summary,
    /// The shortest chunk of content so far: one token, and what is around it. 0 before the first.
    shortest: usize,
}

impl From<Failed> for StreamFault {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Error(error) => Self::Upstream(error),
            Failed::GaveUp(why) => Self::GaveUp(why),
        }
    }
}

/// The members of a chunk that are read. After the first content, a frame without any of these is
/// not parsed.
#[derive(Deserialize)]
struct WireChunk<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default, deserialize_with = "usage::any")]
    usage: Option<WireUsage>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
}

impl Observer {
    /// `wants_usage`: whether the client requested usage.
    pub fn new(wants_usage: bool) -> Self {
        let (calls, model, summary) = (Indexes::default(), String::new(), Summary::default());
        let chunks = ChunkReader { wants_usage, calls, model, summary, shortest: 0 };
        Self { frames: FrameReader::default(), chunks }
    }

    /// `model`: the name for chunks that name no model.
    pub fn naming(self, model: String) -> Self {
        Self { chunks: ChunkReader { model, ..self.chunks }, ..self }
    }

    pub fn summary(&self) -> &Summary {
        &self.chunks.summary
    }

    /// Reads the next piece and appends the whole frames for the client, runs of unchanged ones in
    /// one slice.
    ///
    /// # Errors
    /// When the stream is malformed or reports an error. The frames before that are in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let Self { frames, chunks } = self;
        let mut run = Run { out, frames: None };
        let pushed = frames.push_placed(piece, |bytes, place| {
            let place = without_blank_lines(bytes, place);
            let frame = bytes.get(place.clone()).unwrap_or_default();
            match chunks.take(frame)? {
                Verdict::Keep(_) | Verdict::Done => run.keep(bytes, place),
                Verdict::Drop => {}
                Verdict::Replace(frame) => run.replace(frame),
            }
            Ok(())
        });
        run.end();
        pushed
    }

    /// Ends the stream: a last frame without its empty line still counts.
    ///
    /// # Errors
    /// When that frame was cut off in the middle, or reports an error.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let Self { frames, chunks } = self;
        frames.finish(|frame| {
            match chunks.take_last(frame)? {
                Verdict::Keep(_) | Verdict::Done => out.push(ended(frame)),
                Verdict::Drop => {}
                Verdict::Replace(frame) => out.push(ended(&frame)),
            }
            Ok(())
        })
    }

    /// [`Self::push`] for a client of another dialect: forwards chunks instead of frames.
    ///
    /// # Errors
    /// As for `push`. The chunks before it were forwarded.
    pub fn push_chunks(
        &mut self,
        piece: Bytes,
        mut on_chunk: impl FnMut(&[u8]),
    ) -> Result<(), StreamFault> {
        let Self { frames, chunks } = self;
        frames.push(piece, |frame| {
            chunks.take(frame)?.show(&mut on_chunk);
            Ok(())
        })
    }

    /// [`Self::finish`] for a client of another dialect.
    ///
    /// # Errors
    /// As for `finish`.
    pub fn finish_chunks(&mut self, mut on_chunk: impl FnMut(&[u8])) -> Result<(), StreamFault> {
        let Self { frames, chunks } = self;
        frames.finish(|frame| {
            chunks.take_last(frame)?.show(&mut on_chunk);
            Ok(())
        })
    }
}

/// The frame with its empty line.
fn ended(frame: &[u8]) -> Bytes {
    [frame.trim_ascii(), &b"\n\n"[..]].concat().into()
}

/// The treatment of a frame.
enum Verdict<'f> {
    /// It is forwarded; its data.
    Keep(Cow<'f, [u8]>),
    /// `[DONE]`, which is forwarded.
    Done,
    Drop,
    Replace(Bytes),
}

impl Verdict<'_> {
    fn show(self, on_chunk: &mut impl FnMut(&[u8])) {
        match self {
            Self::Keep(data) => on_chunk(&data),
            Self::Replace(frame) => {
                if let FrameContent::Data(data) = sse::read(&frame) {
                    on_chunk(&data);
                }
            }
            Self::Done | Self::Drop => {}
        }
    }
}

impl ChunkReader {
    fn take<'f>(&mut self, frame: &'f [u8]) -> Result<Verdict<'f>, StreamFault> {
        let indexed = self.calls.mended(frame);
        let named = naming::named_frame(indexed.as_deref().unwrap_or(frame), &self.model);
        let Some(mended) = named.or(indexed) else { return self.read(frame) };
        let replaced = match self.read(&mended)? {
            Verdict::Keep(_) | Verdict::Done => None,
            Verdict::Drop => return Ok(Verdict::Drop),
            Verdict::Replace(frame) => Some(frame),
        };
        Ok(Verdict::Replace(replaced.unwrap_or(mended)))
    }

    /// Reads a frame that may have been cut off.
    fn take_last<'f>(&mut self, frame: &'f [u8]) -> Result<Verdict<'f>, StreamFault> {
        if let FrameContent::Data(data) = sse::read(frame)
            && serde_json::from_slice::<IgnoredAny>(&data).is_err()
        {
            return Err(StreamFault::Malformed);
        }
        self.take(frame.trim_ascii())
    }

    fn read<'f>(&mut self, frame: &'f [u8]) -> Result<Verdict<'f>, StreamFault> {
        let Self { summary, wants_usage, shortest, .. } = self;
        if summary.is_done {
            return Ok(Verdict::Drop);
        }
        let data = match sse::read(frame) {
            FrameContent::Nothing => return Ok(Verdict::Drop),
            FrameContent::Done if summary.finish_reason.is_none() => {
                return Err(StreamFault::Unfinished);
            }
            FrameContent::Done => {
                summary.is_done = true;
                return Ok(Verdict::Done);
            }
            FrameContent::Error(data) => return Err(StreamFault::Upstream(error::decode(&data))),
            FrameContent::Body(body) => return Err(fault_of_body(body)),
            FrameContent::Data(data) => data,
        };
        let text = data.trim_ascii();
        if !text.starts_with(b"{") || !text.ends_with(b"}") {
            return Err(StreamFault::Malformed);
        }
        summary.has_ids = summary.has_ids || sse::has_id(frame);
        if summary.has_content && !is_worth_reading(text) {
            if *shortest == 0 || text.len() < *shortest {
                *shortest = text.len();
            }
            summary.tokens += 1 + (text.len() - *shortest) as u64 / 4;
            return Ok(Verdict::Keep(data));
        }
        let chunk: WireChunk<'_> = serde_json::from_slice(text).map_err(|_| broken(text))?;
        if let Some(error) = failure(&chunk, text) {
            return Err(StreamFault::Upstream(error));
        }
        summary.tokens += 1;
        let is_unasked_usage = chunk.usage.is_some() && !*wants_usage;
        let holds_content = note(summary, chunk)?;
        if !is_unasked_usage {
            return Ok(Verdict::Keep(data));
        }
        if !holds_content {
            return Ok(Verdict::Drop);
        }
        let without = without_usage(text).map(Verdict::Replace);
        Ok(without.unwrap_or(Verdict::Keep(data)))
    }
}

/// Records the facts of a chunk; returns whether it has content for the client.
fn note(summary: &mut Summary, chunk: WireChunk<'_>) -> Result<bool, StreamFault> {
    let mut holds_content = false;
    let mut usage = chunk.usage;
    for choice in chunk.choices.into_iter().flatten() {
        summary.has_content = summary.has_content || choice.has_content();
        if let Some(failed) = choice.failure(summary.has_content) {
            return Err(failed.into());
        }
        let delta_says = choice.delta.is_some_and(|delta| !is_empty_object(delta));
        holds_content |= delta_says || choice.continues() || choice.finish_reason.is_some();
        usage = usage.or(choice.usage);
        summary.finish_reason = choice.finish_reason.or(summary.finish_reason.take());
    }
    summary.usage = usage.and_then(WireUsage::into_usage).or(summary.usage);
    Ok(holds_content)
}

/// The frame without leading empty lines, which some clients treat as the end of an event.
fn without_blank_lines(bytes: &Bytes, frame: Range<usize>) -> Range<usize> {
    let text = bytes.get(frame.clone()).unwrap_or_default();
    let blank = text.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    frame.start + blank..frame.end
}

fn is_empty_object(raw: &RawValue) -> bool {
    RawObject::parse(raw.get().as_bytes()).is_ok_and(|object| object.members.is_empty())
}

/// The error in a chunk, or in data sent instead of one.
fn failure(chunk: &WireChunk<'_>, data: &[u8]) -> Option<UpstreamError> {
    if let Some(error) = chunk.error.and_then(error_in) {
        return Some(error);
    }
    let says_error = chunk.object.is_some_and(|object| object.get() == "\"error\"");
    // A message alone may report that the model is loading; an error has a code, a status code, ….
    let has_code = chunk.choices.is_none() && memchr::memmem::find(data, b"ode\"").is_some();
    if says_error || has_code { instead_of_answer(data) } else { None }
}

/// The fault of JSON where a stream was requested, whatever its `content-type`.
fn fault_of_body(body: &[u8]) -> StreamFault {
    match instead_of_answer(body) {
        Some(error) => StreamFault::Upstream(error),
        None if serde_json::from_slice::<IgnoredAny>(body).is_ok() => StreamFault::Whole,
        None => StreamFault::Malformed,
    }
}

/// Whether a chunk has more than content. `"usage":null`, which some send in every chunk, does not
/// count.
fn is_worth_reading(data: &[u8]) -> bool {
    let says = |name: &'static Needle, is_word: bool| {
        name.values(data).any(|value| value.map_or(is_word, |value| !value.starts_with(b"null")))
    };
    // As a value, not as a name, the text occurs in `{"object":"error"}`.
    says(&USAGE, false) || says(&FINISH_REASON, false) || says(&ERROR, true) || !CHOICES.is_in(data)
}

/// The chunk without its member `usage`.
fn without_usage(data: &[u8]) -> Option<Bytes> {
    let object = RawObject::parse(data).ok()?;
    let mut frame = Vec::with_capacity(data.len() + 8);
    frame.extend_from_slice(b"data: {");
    let kept = object.members.iter().filter(|(name, _)| name != "usage");
    for (place, (name, value)) in kept.enumerate() {
        if place > 0 {
            frame.push(b',');
        }
        frame.extend_from_slice(serde_json::Value::from(name.as_ref()).to_string().as_bytes());
        frame.push(b':');
        // Data of several lines is joined into one. A JSON string holds no line break.
        frame.extend(value.get().bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
    }
    frame.extend_from_slice(b"}\n\n");
    Some(Bytes::from(frame))
}

/// Joins adjacent frames of one piece into one slice.
struct Run<'o> {
    out: &'o mut Vec<Bytes>,
    frames: Option<(Bytes, Range<usize>)>,
}

impl Run<'_> {
    fn keep(&mut self, bytes: &Bytes, place: Range<usize>) {
        match &mut self.frames {
            Some((same, run)) if run.end == place.start && same.as_ptr() == bytes.as_ptr() => {
                run.end = place.end;
            }
            _ => {
                self.flush();
                self.frames = Some((bytes.clone(), place));
            }
        }
    }

    fn replace(&mut self, frame: Bytes) {
        self.flush();
        self.out.push(frame);
    }

    fn flush(&mut self) {
        if let Some((bytes, run)) = self.frames.take() {
            self.out.push(bytes.slice(run));
        }
    }

    fn end(mut self) {
        self.flush();
    }
}

/// The fault of data that cannot be parsed as a chunk. `transformers serve` puts unescaped text
/// into its errors; that is still an upstream error.
fn broken(data: &[u8]) -> StreamFault {
    if data.starts_with(b"{\"error\"") {
        let message = shorten(&String::from_utf8_lossy(data));
        return StreamFault::Upstream(UpstreamError { message, code: None });
    }
    StreamFault::Malformed
}

#[cfg(test)]
mod tests;
