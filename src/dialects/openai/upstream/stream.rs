//! A streamed answer: frames go on as they came, and the books read along. Little is ever changed:
//! usage that the client did not ask for is taken out, frames that say nothing (comments, empty
//! data) end here, for some clients take them for an event, calls get the indexes and chunks the
//! model that they lack, and nothing follows `[DONE]`.

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
use crate::dialects::sse::{self, FrameContent};
use crate::domain::usage::Usage;

/// Reads one stream.
#[derive(Debug)]
pub struct Decoder {
    frames: FrameReader,
    wants_usage: bool,
    calls: Indexes,
    /// For chunks that name none; empty: they are left alone.
    model: String,
    seen: Seen,
}

/// What a stream has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The last one that came; providers may repeat it.
    pub usage: Option<Usage>,
    pub finish_reason: Option<String>,
    /// Frames with data, `[DONE]` not among them.
    pub chunks: u64,
    /// Whether any of them said more than a role.
    pub has_content: bool,
    /// Whether frames with an id have gone to the client.
    pub has_ids: bool,
    pub is_done: bool,
}

impl From<Failed> for StreamFault {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Error(error) => Self::Upstream(error),
            Failed::GaveUp(why) => Self::GaveUp(why),
        }
    }
}

/// The chunk as far as it is read. Behind the first content, a frame without any of these is not
/// even looked into.
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

impl Decoder {
    /// `wants_usage`: whether the client asked for usage itself.
    pub fn new(wants_usage: bool) -> Self {
        let (frames, calls, seen) = (FrameReader::default(), Indexes::default(), Seen::default());
        Self { frames, wants_usage, calls, model: String::new(), seen }
    }

    /// `model`: what chunks are told to be of that name no model.
    pub fn naming(self, model: String) -> Self {
        Self { model, ..self }
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Takes the next piece and appends what goes on to the client: frames, each whole, runs of
    /// unchanged ones in one slice.
    ///
    /// # Errors
    /// When the stream is malformed or reports an error. Deltas before that are in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let Self { frames, wants_usage, calls, model, seen } = self;
        let mut run = Run { out, frames: None };
        let pushed = frames.push_placed(piece, |bytes, place| {
            let place = without_blank_lines(bytes, place);
            let frame = bytes.get(place.clone()).unwrap_or_default();
            match take(frame, model, calls, seen, *wants_usage)? {
                Verdict::Keep => run.keep(bytes, place),
                Verdict::Drop => {}
                Verdict::Replace(frame) => run.replace(frame),
            }
            Ok(())
        });
        run.end();
        pushed
    }

    /// The stream has ended: a last frame without its empty line still counts.
    ///
    /// # Errors
    /// When that frame was cut off in the middle, or reports an error.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let Self { frames, wants_usage, calls, model, seen } = self;
        frames.finish(|frame| {
            if let FrameContent::Data(data) = sse::read(frame)
                && serde_json::from_slice::<IgnoredAny>(&data).is_err()
            {
                return Err(StreamFault::Malformed);
            }
            match take(frame.trim_ascii(), model, calls, seen, *wants_usage)? {
                Verdict::Keep => out.push(ended(frame)),
                Verdict::Drop => {}
                Verdict::Replace(frame) => out.push(ended(&frame)),
            }
            Ok(())
        })
    }
}

/// The frame with its empty line.
fn ended(frame: &[u8]) -> Bytes {
    [frame.trim_ascii(), &b"\n\n"[..]].concat().into()
}

/// What becomes of a frame.
enum Verdict {
    Keep,
    Drop,
    Replace(Bytes),
}

fn take(
    frame: &[u8],
    model: &str,
    calls: &mut Indexes,
    seen: &mut Seen,
    wants_usage: bool,
) -> Result<Verdict, StreamFault> {
    let indexed = calls.mended(frame);
    let named = naming::named_frame(indexed.as_deref().unwrap_or(frame), model);
    let Some(mended) = named.or(indexed) else { return seen.take(frame, wants_usage) };
    Ok(match seen.take(&mended, wants_usage)? {
        Verdict::Keep => Verdict::Replace(mended),
        verdict => verdict,
    })
}

impl Seen {
    fn take(&mut self, frame: &[u8], wants_usage: bool) -> Result<Verdict, StreamFault> {
        if self.is_done {
            return Ok(Verdict::Drop);
        }
        let data = match sse::read(frame) {
            FrameContent::Nothing => return Ok(Verdict::Drop),
            FrameContent::Done if self.finish_reason.is_none() => {
                return Err(StreamFault::Unfinished);
            }
            FrameContent::Done => {
                self.is_done = true;
                return Ok(Verdict::Keep);
            }
            FrameContent::Error(data) => return Err(StreamFault::Upstream(error::decode(&data))),
            FrameContent::Body(body) => return Err(fault_of_body(body)),
            FrameContent::Data(data) => data,
        };
        let data = data.trim_ascii();
        if !data.starts_with(b"{") || !data.ends_with(b"}") {
            return Err(StreamFault::Malformed);
        }
        self.has_ids = self.has_ids || sse::has_id(frame);
        if self.has_content && !is_worth_reading(data) {
            self.chunks += 1;
            return Ok(Verdict::Keep);
        }
        let chunk: WireChunk<'_> = serde_json::from_slice(data).map_err(|_| broken(data))?;
        if let Some(error) = failure(&chunk, data) {
            return Err(StreamFault::Upstream(error));
        }
        self.chunks += 1;
        let is_unasked_usage = chunk.usage.is_some() && !wants_usage;
        let holds_content = self.note(chunk)?;
        Ok(match (is_unasked_usage, holds_content) {
            (false, _) => Verdict::Keep,
            (true, false) => Verdict::Drop,
            (true, true) => without_usage(data).map_or(Verdict::Keep, Verdict::Replace),
        })
    }

    /// Keeps what the books need; answers whether the client needs the chunk as well.
    fn note(&mut self, chunk: WireChunk<'_>) -> Result<bool, StreamFault> {
        let mut holds_content = false;
        let mut usage = chunk.usage;
        for choice in chunk.choices.into_iter().flatten() {
            self.has_content = self.has_content || choice.has_content();
            if let Some(failed) = choice.failure(self.has_content) {
                return Err(failed.into());
            }
            let delta_says = choice.delta.is_some_and(|delta| !is_empty_object(delta));
            holds_content |= delta_says || choice.finish_reason.is_some();
            usage = usage.or(choice.usage);
            self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        }
        self.usage = usage.and_then(WireUsage::into_usage).or(self.usage);
        Ok(holds_content)
    }
}

/// The frame without empty lines before it, which some clients take for the end of an event.
fn without_blank_lines(bytes: &Bytes, frame: Range<usize>) -> Range<usize> {
    let text = bytes.get(frame.clone()).unwrap_or_default();
    let blank = text.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    frame.start + blank..frame.end
}

fn is_empty_object(raw: &RawValue) -> bool {
    RawObject::parse(raw.get().as_bytes()).is_ok_and(|object| object.members.is_empty())
}

/// What a chunk says that is an error, or stands in the place of one.
fn failure(chunk: &WireChunk<'_>, data: &[u8]) -> Option<UpstreamError> {
    if let Some(error) = chunk.error.and_then(error_in) {
        return Some(error);
    }
    let says_error = chunk.object.is_some_and(|object| object.get() == "\"error\"");
    // A message alone may be news of the model's loading; an error has a code, a status code, ….
    let has_code = chunk.choices.is_none() && memchr::memmem::find(data, b"ode\"").is_some();
    if says_error || has_code { instead_of_answer(data) } else { None }
}

/// JSON where a stream was asked for, whatever its `content-type` says.
fn fault_of_body(body: &[u8]) -> StreamFault {
    match instead_of_answer(body) {
        Some(error) => StreamFault::Upstream(error),
        None if serde_json::from_slice::<IgnoredAny>(body).is_ok() => StreamFault::Whole,
        None => StreamFault::Malformed,
    }
}

/// Whether a chunk says more than content. `"usage":null` in every chunk says nothing.
fn is_worth_reading(data: &[u8]) -> bool {
    // The text itself, where it is no name, stands in `{"object":"error"}`.
    let says = |name: &[u8], is_word: bool| {
        memchr::memmem::find_iter(data, name).any(|at| {
            let rest = data.get(at + name.len()..).unwrap_or_default().trim_ascii_start();
            let value = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
            value.map_or(is_word, |value| !value.starts_with(b"null"))
        })
    };
    says(b"\"usage\"", false)
        || says(b"\"finish_reason\"", false)
        || says(b"\"error\"", true)
        || memchr::memmem::find(data, b"\"choices\"").is_none()
}

/// The chunk again, without its member `usage`.
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
        // Data of several lines is written as one. In a string there is no line's end.
        frame.extend(value.get().bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
    }
    frame.extend_from_slice(b"}\n\n");
    Some(Bytes::from(frame))
}

/// Joins neighbouring frames of one piece into one slice of it.
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

/// What cannot be read as a chunk. `transformers serve` puts texts into its errors without
/// escaping them; such a one is still an error of the upstream's.
fn broken(data: &[u8]) -> StreamFault {
    if data.starts_with(b"{\"error\"") {
        let message = shorten(&String::from_utf8_lossy(data));
        return StreamFault::Upstream(UpstreamError { message, code: None });
    }
    StreamFault::Malformed
}

#[cfg(test)]
mod tests;
