//! Decodes a streamed answer: one JSON object a line, the last with `done` and the counts.

use bytes::{Bytes, BytesMut};
use serde_json::json;

use super::wire::{Ids, Line};
use crate::dialects::errors::StreamFault;
use crate::dialects::sse::{FrameTooLong, MAX_FRAME_BYTES};
use crate::dialects::surrogates::Halves;
use crate::domain::chat::Delta;

/// Ollama returns one choice.
const CHOICE: u64 = 0;

/// Reads one stream.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The incomplete last line.
    rest: BytesMut,
    halves: Halves,
    /// Known with the first line.
    ids: Option<Ids>,
    is_done: bool,
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
        let mut rest = &piece[..];
        while let Some((line, after)) = split_line(rest) {
            rest = after;
            if self.rest.is_empty() {
                self.take(line, out)?;
                continue;
            }
            self.keep(line)?;
            let line = std::mem::take(&mut self.rest);
            self.take(&line, out)?;
        }
        self.keep(rest)
    }

    /// Ends the stream; a last line without its line break counts.
    ///
    /// # Errors
    /// When the answer was not complete.
    pub fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let line = std::mem::take(&mut self.rest);
        self.take(&line, out)?;
        if let Some(held) = self.halves.last() {
            self.read(&held, out)?;
        }
        if self.is_done { Ok(()) } else { Err(StreamFault::Malformed) }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), StreamFault> {
        if self.is_done {
            return Ok(());
        }
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > MAX_FRAME_BYTES { Err(FrameTooLong.into()) } else { Ok(()) }
    }

    fn take(&mut self, text: &[u8], out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        if self.is_done {
            return Ok(());
        }
        if text.len() > MAX_FRAME_BYTES {
            return Err(FrameTooLong.into());
        }
        let text = text.trim_ascii();
        // Proxies may insert SSE comments into any stream.
        if text.is_empty() || text.starts_with(b":") || text == b"data:" {
            return Ok(());
        }
        let (held, text) = self.halves.next(text);
        if let Some(held) = held {
            self.read(&held, out)?;
        }
        text.map_or(Ok(()), |text| self.read(&text, out))
    }

    fn read(&mut self, text: &[u8], out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let mut line: Line = serde_json::from_slice(text).map_err(|_| StreamFault::Malformed)?;
        if let Some(error) = line.error(text) {
            return Err(StreamFault::Upstream(error));
        }
        let mut ids = self.ids.take().unwrap_or_else(|| {
            let ids = Ids::of(text);
            out.push(Delta::Begin {
                id: ids.answer(),
                model: line.model.take().unwrap_or_default(),
            });
            ids
        });
        take_message(&mut line, &mut ids, out);
        if line.is_done() {
            let reason = line.finish_reason(ids.count() > 0);
            out.push(Delta::Finish { choice: CHOICE, reason });
            out.extend(line.usage().map(Delta::Usage));
            out.push(Delta::Done);
            self.is_done = true;
        }
        self.ids = Some(ids);
        Ok(())
    }
}

/// The first line, and the bytes after its end.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, end) = bytes.split_at_checked(memchr::memchr(b'\n', bytes)?)?;
    Some((line, end.get(1..)?))
}

fn take_message(line: &mut Line, ids: &mut Ids, out: &mut Vec<Delta>) {
    let choice = CHOICE;
    let said = line.take_message().unwrap_or_default();
    if let Some(text) = said.thinking.filter(|text| !text.is_empty()) {
        out.push(Delta::Thinking { choice, text });
    }
    if let Some(text) = said.content.filter(|text| !text.is_empty()) {
        out.push(Delta::Text { choice, text });
    }
    for call in said.tool_calls.into_iter().flatten() {
        let (index, id) = (ids.count(), ids.give(&call));
        let fragment = call.function.arguments();
        let name = call.function.name;
        out.push(Delta::ToolCallBegin { choice, index, id, name, signature: None });
        out.push(Delta::ToolCallArguments { choice, index, fragment });
    }
    if let Some(logprobs) = line.take_logprobs() {
        out.push(Delta::Logprobs { choice, logprobs: json!({"content": logprobs}) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::FinishReason;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const STREAM: &str = include_str!("../../../../tests/fixtures/ollama/stream.ndjson");

    fn decode(pieces: &[&[u8]]) -> (Vec<Delta>, Result<(), StreamFault>) {
        let mut decoder = Decoder::new();
        let mut out = Vec::new();
        for piece in pieces {
            if let Err(fault) = decoder.push(Bytes::copy_from_slice(piece), &mut out) {
                return (out, Err(fault));
            }
        }
        let outcome = decoder.finish(&mut out);
        (out, outcome)
    }

    #[test]
    fn every_line_is_read() {
        let (deltas, outcome) = decode(&[STREAM.as_bytes()]);
        assert_eq!(outcome, Ok(()));
        let expected = include_str!("../../../../tests/fixtures/ollama/stream.txt");
        assert_eq!(format!("{deltas:#?}\n"), expected);
    }

    #[test]
    fn cut_at_every_byte_it_reads_the_same() {
        let stream = STREAM.replace('\n', "\r\n").into_bytes();
        let whole = decode(&[STREAM.as_bytes()]);
        for at in 0..stream.len() {
            let (one, other) = stream.split_at(at);
            assert_eq!(decode(&[one, other]), whole, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = STREAM.trim_end().as_bytes().chunks(1).collect();
        assert_eq!(decode(&bytes), whole);
    }

    #[test]
    fn a_truncated_stream_is_a_fault() {
        let stream = STREAM.trim_end().as_bytes();
        for end in 0..stream.len() {
            let (deltas, outcome) = decode(&[&stream[..end]]);
            assert_eq!(outcome, Err(StreamFault::Malformed), "ended at {end}");
            assert!(!deltas.contains(&Delta::Done), "ended at {end}");
        }
        assert_eq!(decode(&[b"<html>\n"]).1, Err(StreamFault::Malformed));
    }

    #[test]
    fn an_error_ends_the_stream_after_its_content() {
        let first = r#"{"model":"m","message":{"content":"about {\"error\":1}"},"done":false}"#;
        let (deltas, outcome) =
            decode(&[format!("{first}\n{{\"error\":\"out of memory\"}}\n").as_bytes()]);
        assert_eq!(outcome.unwrap_err().to_string(), "out of memory");
        let text = String::from("about {\"error\":1}");
        assert_eq!(deltas[1..], [Delta::Text { choice: 0, text }]);
    }

    #[test]
    fn nothing_follows_the_end() {
        let late = format!("{STREAM}{{\"message\":{{\"content\":\"late\"}}}}\nnonsense\nno end");
        assert_eq!(decode(&[late.as_bytes()]), decode(&[STREAM.as_bytes()]));
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut decoder = Decoder::new();
        let mut out = Vec::new();
        let piece = Bytes::from(vec![b' '; MAX_FRAME_BYTES]);
        assert_eq!(decoder.push(piece, &mut out), Ok(()));
        let fault = decoder.push(Bytes::from_static(b" "), &mut out);
        assert_eq!(fault, Err(StreamFault::TooLong(FrameTooLong)));
    }

    proptest! {
        #[test]
        fn calls_in_any_lines_keep_their_ids_and_text_its_letters(
            lines in prop::collection::vec(
                (any::<String>(), prop::collection::vec(prop::option::of("[ab]?"), 0..3)), 1..6),
        ) {
            let mut stream = String::new();
            let (mut said, mut count) = (String::new(), 0_u64);
            for (text, ids) in &lines {
                said.push_str(text);
                let call = |id: &Option<String>| {
                    count += 1;
                    json!({"id": id, "function": {"name": "f", "arguments": {"n": count - 1}}})
                };
                let calls: Vec<_> = ids.iter().map(call).collect();
                let line = json!({"message": {"content": text, "tool_calls": calls}, "done": false});
                stream.push_str(&format!("{line}\n"));
            }
            stream.push_str(r#"{"done":true,"done_reason":"stop"}"#);
            let (deltas, outcome) = decode(&[stream.as_bytes()]);
            prop_assert_eq!(outcome, Ok(()));

            let (mut heard, mut ids, mut next) = (String::new(), HashSet::new(), 0);
            for delta in &deltas {
                match delta {
                    Delta::Text { text, .. } => heard.push_str(text),
                    Delta::ToolCallBegin { index, id, .. } => {
                        prop_assert_eq!(*index, next);
                        prop_assert!(ids.insert(id.clone()), "{} stands twice", id);
                    }
                    Delta::ToolCallArguments { index, fragment, .. } => {
                        prop_assert_eq!((*index, fragment), (next, &format!("{{\"n\":{next}}}")));
                        next += 1;
                    }
                    _ => {}
                }
            }
            prop_assert_eq!((heard, next), (said, count));
            let reason = if count > 0 { FinishReason::ToolCalls } else { FinishReason::Stop };
            prop_assert_eq!(&deltas[deltas.len() - 2..], &[Delta::Finish { choice: 0, reason }, Delta::Done]);
        }
    }
}
