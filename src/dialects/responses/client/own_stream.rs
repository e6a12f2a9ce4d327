//! A stream of an upstream that speaks Responses too: its frames go to the client as they came. They
//! wait for the first content, because the call may yet go to another upstream. Where the client was
//! sent the beginning of a response meanwhile, to keep the stream alive, the upstream's goes on from
//! it, under the same id.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use memchr::memmem;
use serde_json::Value;

use super::as_it_came::Observer;
use super::events::Events;
use super::response::{Frame, asked, failed, response_id};
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::errors::StreamFault;
use crate::dialects::frame_reader::FrameReader;
use crate::dialects::summary::Summary;

pub struct OwnResponses {
    frames: FrameReader,
    observer: Observer,
    passing: Passing,
    /// The event with which the upstream reported an error.
    told: Option<Bytes>,
    created: i64,
}

/// What is sent of the frames.
struct Passing {
    options: AnswerOptions,
    /// The frames before the first content.
    held: Option<Vec<Bytes>>,
    /// The upstream's id, and the one that the client knows.
    renamed: Option<(String, String)>,
}

impl OwnResponses {
    /// `created`: in seconds since 1970.
    pub fn new(options: AnswerOptions, created: i64) -> Self {
        Self {
            frames: FrameReader::default(),
            observer: Observer::default(),
            passing: Passing { options, held: Some(Vec::new()), renamed: None },
            told: None,
            created,
        }
    }

    pub fn summary(&self) -> &Summary {
        self.observer.summary()
    }

    /// Forwards whole frames up to a fault; the frame with the fault is not among them.
    ///
    /// # Errors
    /// When the stream cannot be read, reports an error, or ends too early.
    pub fn take(&mut self, piece: Option<Bytes>, out: &mut Vec<Bytes>) -> Result<(), StreamFault> {
        let Self { frames, observer, passing, told, .. } = self;
        let mut pass = |frame: Bytes| {
            let outcome = observer.read(&frame);
            if matches!(outcome, Err(StreamFault::Upstream(_))) {
                *told = Some(passing.renamed(frame));
                return outcome;
            }
            outcome?;
            passing.pass(frame, observer, out);
            Ok(())
        };
        match piece {
            Some(piece) => frames.push_placed(piece, |bytes, place| pass(bytes.slice(place))),
            None => {
                frames.finish(|frame| pass([frame.trim_ascii(), b"\n\n"].concat().into()))?;
                if observer.summary().is_done { Ok(()) } else { Err(StreamFault::Malformed) }
            }
        }
    }

    /// The end of a failed stream. `error`: the body of the same error as a whole answer.
    pub fn fail(&mut self, error: &Value) -> Bytes {
        if let Some(told) = self.told.take() {
            return told;
        }
        let own = asked(&self.passing.options);
        let known = self.passing.renamed.as_ref().map(|(_, known)| known.clone());
        let id = known.unwrap_or_else(|| match self.observer.id.is_empty() {
            true => response_id(own, ""),
            false => self.observer.id.clone(),
        });
        let frame = Frame { id, created: self.created, model: self.observer.model.clone() };
        let response = frame.write(own, &failed(error), &[], None);
        let mut out = Vec::new();
        let mut events = Events { next: self.observer.next };
        events.of_response("failed", &response, &mut out);
        Bytes::from(out)
    }
}

impl Passing {
    fn pass(&mut self, frame: Bytes, observer: &Observer, out: &mut Vec<Bytes>) {
        let Some(held) = &mut self.held else {
            out.push(self.renamed(frame));
            return;
        };
        held.push(frame);
        let Summary { has_content, is_done, .. } = *observer.summary();
        if !has_content && !is_done {
            return;
        }
        let held = self.held.take().unwrap_or_default();
        let own = asked(&self.options);
        let is_open = own.is_some_and(|own| own.opening.load(Ordering::Relaxed) > 0);
        if is_open && !observer.id.is_empty() {
            self.renamed = Some((observer.id.clone(), response_id(own, "")));
        }
        let begins = memmem::Finder::new("\"response.created\"");
        let is_told = |frame: &Bytes| is_open && begins.find(frame).is_some();
        out.extend(held.into_iter().filter(|it| !is_told(it)).map(|frame| self.renamed(frame)));
    }

    fn renamed(&self, frame: Bytes) -> Bytes {
        let Some((from, to)) = &self.renamed else { return frame };
        let mut renamed = Vec::with_capacity(frame.len());
        let mut rest = frame.as_ref();
        while let Some(at) = memmem::find(rest, from.as_bytes()) {
            renamed.extend_from_slice(rest.get(..at).unwrap_or_default());
            renamed.extend_from_slice(to.as_bytes());
            rest = rest.get(at + from.len()..).unwrap_or_default();
        }
        renamed.extend_from_slice(rest);
        Bytes::from(renamed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dialects::own;
    use crate::dialects::responses::client::request::{Purpose, read};
    use crate::dialects::responses::client::stream;
    use serde_json::json;

    fn options() -> AnswerOptions {
        let body = Bytes::from(json!({"model": "m", "input": "hi"}).to_string());
        let (mut asked, _) = read(body, Purpose::Answer).unwrap();
        asked.id = String::from("resp_ours");
        let own = Some(Arc::new(own::Own::Responses(asked)));
        AnswerOptions { own, ..AnswerOptions::default() }
    }

    const FRAMES: [&str; 5] = [
        "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_up\",\"model\":\"gpt\"}}\n\n",
        "event: response.of_tomorrow\ndata: {\"type\":\"response.of_tomorrow\", \"x\":1.50}\n\n",
        "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"custom_tool_call\",\"name\":\"exec\"}}\n\n",
        "event: response.custom_tool_call_input.delta\ndata: {\"type\":\"response.custom_tool_call_input.delta\",\"sequence_number\":7,\"delta\":\"ls\"}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_up\",\"status\":\"completed\",\"output\":[{}]}}\n\n",
    ];

    fn text(out: &[Bytes]) -> String {
        String::from_utf8(out.concat()).unwrap()
    }

    /// However the bytes are cut, they come through as they are.
    #[test]
    fn frames_go_through_as_they_came() {
        let whole = FRAMES.concat();
        for cut in 0..whole.len() {
            let mut stream = OwnResponses::new(options(), 7);
            let mut out = Vec::new();
            for piece in [&whole[..cut], &whole[cut..]] {
                stream.take(Some(Bytes::copy_from_slice(piece.as_bytes())), &mut out).unwrap();
            }
            stream.take(None, &mut out).unwrap();
            assert_eq!(text(&out), whole, "cut at {cut}");
            assert!(stream.summary().is_done);
        }
    }

    #[test]
    fn nothing_is_sent_before_there_is_content() {
        let mut stream = OwnResponses::new(options(), 7);
        let mut out = Vec::new();
        for frame in &FRAMES[..2] {
            stream.take(Some(Bytes::from_static(frame.as_bytes())), &mut out).unwrap();
        }
        assert!(out.is_empty() && !stream.summary().has_content);
        stream.take(Some(Bytes::from_static(FRAMES[2].as_bytes())), &mut out).unwrap();
        assert_eq!(text(&out), FRAMES[..3].concat());
    }

    #[test]
    fn a_response_that_the_router_began_keeps_its_id() {
        let options = options();
        stream::open(asked(&options).unwrap(), 7);
        let mut stream = OwnResponses::new(options, 7);
        let mut out = Vec::new();
        for frame in FRAMES {
            stream.take(Some(Bytes::from_static(frame.as_bytes())), &mut out).unwrap();
        }
        assert_eq!(text(&out), FRAMES[1..].concat().replace("resp_up", "resp_ours"));
    }

    #[test]
    fn an_error_of_the_upstream_is_told_as_it_came_and_a_break_as_a_failure() {
        let mut stream = OwnResponses::new(options(), 7);
        let mut out = Vec::new();
        for frame in &FRAMES[..4] {
            stream.take(Some(Bytes::from_static(frame.as_bytes())), &mut out).unwrap();
        }
        assert_eq!(stream.take(None, &mut out), Err(StreamFault::Malformed));
        let failed =
            String::from_utf8(stream.fail(&json!({"error": {"message": "cut"}})).to_vec()).unwrap();
        assert!(
            failed.starts_with(
                "event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":8,"
            ),
            "{failed}"
        );
        assert!(
            failed.contains("\"id\":\"resp_up\"") && failed.contains("\"message\":\"cut\""),
            "{failed}"
        );
        let told = "event: error\ndata: {\"type\":\"error\",\"message\":\"no\"}\n\n";
        let fault = stream.take(Some(Bytes::from_static(told.as_bytes())), &mut out);
        assert!(matches!(fault, Err(StreamFault::Upstream(_))));
        assert_eq!(stream.fail(&json!({})), told.as_bytes());
    }
}
