//! An answer that is no JSON: sound, text, or the events of pictures and transcripts. Its bytes go to
//! the client as they come; of events, the usage and an error are read on the way.

use bytes::Bytes;
use serde_json::Value;

use super::usage;
use crate::dialects::errors::StreamFault;
use crate::dialects::frame_reader::FrameReader;
use crate::dialects::json::RawObject;
use crate::dialects::needle::needle;
use crate::dialects::openai::upstream::error;
use crate::dialects::sse::{self, FrameContent};
use crate::dialects::summary::Summary;

needle!(USAGE = b"\"usage\"");

pub struct ForwardedStream {
    content_type: Box<str>,
    /// Of events, as far as they can be read.
    frames: Option<FrameReader>,
    summary: Summary,
    /// The upstream's own event of an error has been passed on.
    has_told: bool,
}

impl ForwardedStream {
    pub fn new(content_type: Box<str>) -> Self {
        let frames = content_type.starts_with("text/event-stream").then(FrameReader::default);
        Self { content_type, frames, summary: Summary::default(), has_told: false }
    }

    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// # Errors
    /// When an event reports an error. What came before anything else is not passed on.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let had_content = self.summary.has_content;
        let read = self.read(piece.clone());
        self.has_told = read.is_err() && had_content;
        if read.is_ok() || had_content {
            self.summary.has_content = true;
            out.push(piece);
        }
        read
    }

    fn read(&mut self, piece: Bytes) -> Result<(), StreamFault> {
        let Self { frames: Some(frames), summary, .. } = self else { return Ok(()) };
        match frames.push(piece, |frame| note(frame, summary)) {
            // The client may know what to do with it.
            Err(StreamFault::TooLong(_)) => self.frames = None,
            read => return read,
        }
        Ok(())
    }

    /// # Errors
    /// When the last event reports an error, or nothing came at all.
    pub fn finish(&mut self) -> Result<(), StreamFault> {
        let Self { frames, summary, .. } = self;
        if let Some(frames) = frames {
            frames.finish(|frame| note(frame, summary))?;
        }
        if !summary.has_content {
            return Err(StreamFault::Empty);
        }
        summary.is_done = true;
        Ok(())
    }

    /// The event of a failure. What is no stream of events can only be cut.
    pub fn fail(&self, error: &Value) -> Bytes {
        let is_events = self.content_type.starts_with("text/event-stream");
        match is_events && !self.has_told {
            true => Bytes::from(format!("event: error\ndata: {error}\n\n")),
            false => Bytes::new(),
        }
    }
}

fn note(frame: &[u8], summary: &mut Summary) -> Result<(), StreamFault> {
    match sse::read(frame) {
        FrameContent::Error(data) => Err(StreamFault::Upstream(error::decode(&data))),
        FrameContent::Data(data) => {
            if let Some(error) = data.starts_with(b"{\"error\"").then(|| error::decode(&data)) {
                return Err(StreamFault::Upstream(error));
            }
            if USAGE.is_in(&data) {
                let told = RawObject::parse(&data).ok().and_then(|event| usage::of(&event));
                summary.usage = told.or(summary.usage);
            }
            Ok(())
        }
        FrameContent::Nothing | FrameContent::Done | FrameContent::Body(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(content_type: &str, pieces: &[&[u8]]) -> (Vec<u8>, Result<(), StreamFault>, Summary) {
        let mut stream = ForwardedStream::new(content_type.into());
        let (mut out, mut outcome) = (Vec::new(), Ok(()));
        for piece in pieces {
            outcome = outcome.and_then(|()| stream.push(Bytes::copy_from_slice(piece), &mut out));
        }
        outcome = outcome.and_then(|()| stream.finish());
        (out.concat(), outcome, stream.summary().clone())
    }

    const EVENTS: &[u8] = b"event: image_generation.partial_image\ndata: {\"b64_json\":\"AA\"}\n\n\
        event: image_generation.completed\ndata: {\"usage\":{\"input_tokens\":5,\"output_tokens\":7}}\n\n";

    #[test]
    fn events_are_passed_on_wherever_they_are_cut_and_their_usage_is_read() {
        for cut in 0..=EVENTS.len() {
            let (first, rest) = EVENTS.split_at(cut);
            let (out, outcome, summary) = read("text/event-stream; charset=utf-8", &[first, rest]);
            assert_eq!((out.as_slice(), outcome), (EVENTS, Ok(())), "{cut}");
            let usage = summary.usage.unwrap();
            assert_eq!((usage.prompt, usage.completion, summary.is_done), (5, 7, true), "{cut}");
        }
    }

    #[test]
    fn bytes_are_passed_on_whatever_they_say() {
        let sound: &[u8] = b"\xff\xf3data: {\"error\":1}\n\nevent: error\n\n";
        let (out, outcome, summary) = read("audio/mpeg", &[sound]);
        assert_eq!((out.as_slice(), outcome, summary.usage), (sound, Ok(()), None));
    }

    #[test]
    fn an_error_before_anything_else_is_a_fault_and_later_it_is_passed_on() {
        let error: &[u8] = b"event: error\ndata: {\"error\":{\"message\":\"full\"}}\n\n";
        let (out, outcome, _) = read("text/event-stream", &[error]);
        assert!(out.is_empty());
        assert!(matches!(outcome, Err(StreamFault::Upstream(told)) if told.message == "full"));

        let mut stream = ForwardedStream::new("text/event-stream".into());
        let mut out = Vec::new();
        stream.push(Bytes::from_static(EVENTS), &mut out).unwrap();
        assert!(stream.push(Bytes::copy_from_slice(error), &mut out).is_err());
        assert_eq!(out.concat(), [EVENTS, error].concat());
        assert!(stream.fail(&json!({"error": 1})).is_empty(), "it was told already");
    }

    #[test]
    fn a_failure_is_an_event_where_there_are_events() {
        let error = json!({"error": {"message": "broke"}});
        let of = |content_type: &str| ForwardedStream::new(content_type.into()).fail(&error);
        let event = "event: error\ndata: {\"error\":{\"message\":\"broke\"}}\n\n";
        assert_eq!(of("text/event-stream"), event);
        assert!(of("audio/mpeg").is_empty());
        assert!(of("text/plain").is_empty());
    }

    #[test]
    fn an_answer_without_a_byte_is_none() {
        for content_type in ["audio/mpeg", "text/event-stream"] {
            assert_eq!(read(content_type, &[]).1, Err(StreamFault::Empty));
        }
    }
}
