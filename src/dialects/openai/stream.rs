//! A streamed answer: frames go on as they came, and the books read along. Only two things are
//! ever changed: usage that the client did not ask for is taken out, and nothing follows
//! `[DONE]`.

use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::error::{WireError, error_in, shorten};
use super::usage::{self, WireUsage};
use crate::dialects::json::RawObject;
use crate::dialects::sse::{self, FrameTooLong, Splitter};
use crate::domain::usage::Usage;

/// Reads one stream.
#[derive(Debug)]
pub struct Decoder {
    splitter: Splitter,
    wants_usage: bool,
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
    pub is_done: bool,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    #[error(transparent)]
    TooLong(#[from] FrameTooLong),
    #[error("a frame of the stream is no JSON")]
    Malformed,
    /// The upstream says itself that something went wrong.
    #[error("{}", .0.message)]
    Upstream(WireError),
}

/// The chunk as far as it is read; a frame without any of these is not even looked into.
#[derive(Deserialize)]
struct WireChunk<'a> {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "usage::any")]
    usage: Option<WireUsage>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    delta: Option<serde_json::Map<String, serde_json::Value>>,
    /// Where older Kimi models put it.
    #[serde(default, deserialize_with = "usage::any")]
    usage: Option<WireUsage>,
}

impl Decoder {
    /// `wants_usage`: whether the client asked for usage itself.
    pub fn new(wants_usage: bool) -> Self {
        Self { splitter: Splitter::default(), wants_usage, seen: Seen::default() }
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Takes the next piece and appends what goes on to the client: frames, each whole, runs of
    /// unchanged ones in one slice.
    ///
    /// # Errors
    /// When the stream cannot be read on or reports an error. What came before it is in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let Self { splitter, wants_usage, seen } = self;
        let mut run = Run { out, frames: None };
        let mut fault = None;
        let pushed = splitter.push(piece, |bytes, place| {
            if fault.is_some() {
                return;
            }
            let frame = bytes.get(place.clone()).unwrap_or_default();
            match seen.take(frame, *wants_usage) {
                Ok(Verdict::Keep) => run.keep(bytes, place),
                Ok(Verdict::Drop) => {}
                Ok(Verdict::Replace(frame)) => run.replace(frame),
                Err(found) => fault = Some(found),
            }
        });
        run.end();
        fault.map_or(Ok(()), Err)?;
        Ok(pushed?)
    }

    /// The stream has ended: a last frame without its empty line still counts.
    ///
    /// # Errors
    /// When that frame was cut off in the middle, or reports an error.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        self.splitter.finish().iter().try_for_each(|frame| self.take_last(frame, out))
    }

    fn take_last(&mut self, frame: &[u8], out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let is_whole = sse::data(frame).is_none_or(|data| {
            data.trim_ascii() == b"[DONE]" || serde_json::from_slice::<IgnoredAny>(&data).is_ok()
        });
        if !is_whole {
            return Err(StreamFault::Malformed);
        }
        match self.seen.take(frame, self.wants_usage)? {
            Verdict::Keep => out.push([frame.trim_ascii_end(), &b"\n\n"[..]].concat().into()),
            Verdict::Drop => {}
            Verdict::Replace(frame) => out.push(frame),
        }
        Ok(())
    }
}

/// What becomes of a frame.
enum Verdict {
    Keep,
    Drop,
    Replace(Bytes),
}

impl Seen {
    fn take(&mut self, frame: &[u8], wants_usage: bool) -> Result<Verdict, StreamFault> {
        if self.is_done {
            return Ok(Verdict::Drop);
        }
        let Some(data) = sse::data(frame) else { return Ok(Verdict::Keep) };
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.is_done = true;
            return Ok(Verdict::Keep);
        }
        if !data.starts_with(b"{") || !data.ends_with(b"}") {
            return Err(StreamFault::Malformed);
        }
        if !is_worth_reading(data) {
            self.chunks += 1;
            return Ok(Verdict::Keep);
        }
        let chunk: WireChunk<'_> = serde_json::from_slice(data).map_err(|_| broken(data))?;
        if let Some(error) = chunk.error.and_then(error_in) {
            return Err(StreamFault::Upstream(error));
        }
        self.chunks += 1;
        let is_unasked_usage = chunk.usage.is_some() && !wants_usage;
        let holds_content = self.note(chunk);
        Ok(match (is_unasked_usage, holds_content) {
            (false, _) => Verdict::Keep,
            (true, false) => Verdict::Drop,
            (true, true) => without_usage(data).map_or(Verdict::Keep, Verdict::Replace),
        })
    }

    /// Keeps what the books need; answers whether the client needs the chunk as well.
    fn note(&mut self, chunk: WireChunk<'_>) -> bool {
        let mut holds_content = false;
        let mut usage = chunk.usage;
        for choice in chunk.choices.into_iter().flatten() {
            let delta_says = choice.delta.is_some_and(|delta| !delta.is_empty());
            holds_content |= delta_says || choice.finish_reason.is_some();
            usage = usage.or(choice.usage);
            self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        }
        self.usage = usage.and_then(WireUsage::into_usage).or(self.usage);
        holds_content
    }
}

/// Whether a chunk says more than content. `"usage":null` in every chunk says nothing.
fn is_worth_reading(data: &[u8]) -> bool {
    let says = |name: &[u8]| {
        memchr::memmem::find_iter(data, name).any(|at| {
            let rest = data.get(at + name.len()..).unwrap_or_default().trim_ascii_start();
            let value = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
            value.is_some_and(|value| !value.starts_with(b"null"))
        })
    };
    says(b"\"usage\"") || says(b"\"finish_reason\"") || says(b"\"error\"")
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
        return StreamFault::Upstream(WireError { message, code: None });
    }
    StreamFault::Malformed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the client gets, and what the books know.
    fn decode(pieces: &[&str], wants_usage: bool) -> (String, Seen) {
        let mut decoder = Decoder::new(wants_usage);
        let mut out = Vec::new();
        for piece in pieces {
            decoder.push(Bytes::copy_from_slice(piece.as_bytes()), &mut out).unwrap();
        }
        decoder.finish(&mut out).unwrap();
        (String::from_utf8(out.concat()).unwrap(), decoder.seen().clone())
    }

    const CONTENT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}],\"usage\":null}\n\n";
    const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const USAGE: &str =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    fn nine_and_one() -> Option<Usage> {
        Some(Usage { prompt: 9, completion: 1, total: 10, ..Usage::default() })
    }

    #[test]
    fn an_error_that_is_no_json_is_still_told() {
        let mut out = Vec::new();
        let frame = b"data: {\"error\": \"`x` must be a dict, but is {(9,): \"it's\"}.\"}\n\n";
        let fault = Decoder::new(false).push(Bytes::from_static(frame), &mut out).unwrap_err();
        let StreamFault::Upstream(error) = fault else { panic!("{fault:?}") };
        assert!(error.message.contains("must be a dict"), "{}", error.message);
    }

    #[test]
    fn usage_that_was_not_asked_for_is_read_and_taken_out() {
        let whole = [CONTENT, FINISH, USAGE, DONE].concat();
        let (got, seen) = decode(&[&whole], false);
        assert_eq!(got, [CONTENT, FINISH, DONE].concat());
        assert_eq!((seen.usage, seen.finish_reason.as_deref()), (nine_and_one(), Some("stop")));
        assert_eq!((seen.chunks, seen.is_done), (3, true));

        let (got, seen) = decode(&[&whole], true);
        assert_eq!((got, seen.usage), (whole, nine_and_one()));
    }

    #[test]
    fn usage_beside_content_is_cut_out_of_the_chunk() {
        let chunk = "data: {\"id\":1.50,\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
        let (got, seen) = decode(&[chunk], false);
        assert_eq!(got, "data: {\"id\":1.50,\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n");
        assert_eq!(seen.usage, nine_and_one());
    }

    #[test]
    fn usage_that_cannot_be_read_costs_nobody_the_answer() {
        let odd = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":\"9\"}\n\n";
        let (got, seen) = decode(&[odd, FINISH, DONE], false);
        let told = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        assert_eq!((got, seen.usage), ([told, FINISH, DONE].concat(), None));
        let empty = "data: {\"choices\":[],\"usage\":{}}\n\n";
        assert_eq!(decode(&[USAGE, empty, DONE], true).1.usage, nine_and_one());
    }

    #[test]
    fn a_usage_chunk_with_an_empty_delta_is_only_usage() {
        let chunk = "data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
        assert_eq!(
            decode(&[chunk], false),
            (String::new(), Seen { usage: nine_and_one(), chunks: 1, ..Seen::default() })
        );
    }

    #[test]
    fn split_at_every_byte_it_reads_the_same() {
        let whole = [": hi\n\n", CONTENT, FINISH, USAGE, DONE].concat();
        let expected = decode(&[&whole], false);
        for at in 0..whole.len() {
            let (one, other) = whole.split_at(at);
            assert_eq!(decode(&[one, other], false), expected, "split at {at}");
        }
    }

    #[test]
    fn unchanged_frames_of_a_piece_go_on_as_one_slice_of_it() {
        let piece = Bytes::from([CONTENT, CONTENT, FINISH].concat());
        let mut out = Vec::new();
        Decoder::new(false).push(piece.clone(), &mut out).unwrap();
        assert_eq!(out.len(), 1);
        assert_eq!((out[0].as_ptr(), out[0].len()), (piece.as_ptr(), piece.len()));
    }

    #[test]
    fn a_last_frame_without_its_empty_line_counts() {
        let cut = USAGE.trim_end();
        assert_eq!(
            decode(&[CONTENT, cut], true),
            (
                format!("{CONTENT}{USAGE}"),
                Seen { usage: nine_and_one(), chunks: 2, ..Seen::default() }
            )
        );
    }

    #[test]
    fn a_frame_cut_in_half_is_a_fault() {
        for cut in 7..CONTENT.len() - 2 {
            let mut decoder = Decoder::new(false);
            let mut out = Vec::new();
            decoder.push(Bytes::copy_from_slice(&CONTENT.as_bytes()[..cut]), &mut out).unwrap();
            assert_eq!(decoder.finish(&mut out), Err(StreamFault::Malformed), "cut at {cut}");
            assert_eq!(out.concat(), b"");
        }
    }

    #[test]
    fn an_error_in_the_stream_is_told_apart_from_content_about_errors() {
        let about = "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"error\\\": 1\"}}],\"error\":null}\n\n";
        assert_eq!(decode(&[about], false).0, about);
        let mut decoder = Decoder::new(false);
        let mut out = Vec::new();
        let error = Bytes::from(
            [CONTENT, "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n"].concat(),
        );
        let fault = decoder.push(error, &mut out).unwrap_err();
        assert_eq!(fault.to_string(), "overloaded");
        assert_eq!(out.concat(), CONTENT.as_bytes());
    }

    #[test]
    fn nothing_follows_done() {
        assert_eq!(decode(&[&[DONE, CONTENT].concat()], false).0, DONE);
    }
}
