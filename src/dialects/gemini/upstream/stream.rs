//! Decodes a streamed answer: each frame is a whole response with the next parts. No frame marks
//! the end; the answer is complete when the bytes end and each candidate has given its finish
//! reason. Reasons are held back until then, because usage and signatures may follow.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::ids::CallIds;
use super::piece::{Piece, pieces};
use super::wire::{Candidate, Finish, Response, UsageMetadata};
use super::{error, finish, grounding, logprobs};
use crate::dialects::errors::StreamFault;
use crate::dialects::frame_reader::FrameReader;
use crate::dialects::openai::upstream::error as family;
use crate::dialects::sse::{self, FrameContent};
use crate::domain::chat::{Delta, FinishReason, Maker, Media, Seal};
use crate::domain::usage::Usage;

/// Reads one stream.
#[derive(Debug, Default)]
pub struct Decoder {
    frames: FrameReader,
    state: State,
}

/// The state of the stream so far.
#[derive(Debug, Default)]
struct State {
    /// The upstream's, or empty; set by the first frame.
    response_id: Option<String>,
    ids: CallIds,
    choices: BTreeMap<u64, Progress>,
    usage: Option<Usage>,
}

#[derive(Debug, Default)]
struct Progress {
    calls: u64,
    finish: Option<Finish>,
    /// Whether the prompt was blocked, and the message about it.
    blocked: Option<Option<String>>,
    /// The text so far, in which the search's findings are placed at the end.
    said: String,
    grounding: Option<Box<RawValue>>,
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
        let Self { frames, state } = self;
        frames.push(piece, |frame| state.take(frame, out))
    }

    /// Ends the stream; a last frame without its empty line still counts.
    ///
    /// # Errors
    /// When the answer was not complete.
    pub fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let Self { frames, state } = self;
        frames.finish(|frame| state.take(frame, out))?;
        state.finish(out)
    }
}

impl State {
    fn take(&mut self, frame: &[u8], out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let data = match sse::read(frame) {
            // Gateways in front of Gemini append OpenAI's last frame.
            FrameContent::Nothing | FrameContent::Done => return Ok(()),
            FrameContent::Error(data) => return Err(StreamFault::Upstream(error::in_event(&data))),
            FrameContent::Data(data) => data,
            // An error can arrive as plain JSON although a stream was requested.
            FrameContent::Body(body) => {
                return error::in_body(body)
                    .map_or(Ok(()), |error| Err(StreamFault::Upstream(error)));
            }
        };
        let response: Response =
            serde_json::from_slice(&data).map_err(|_| StreamFault::Malformed)?;
        if let Some(error) = response.error.as_ref().filter(|error| !error.is_null()) {
            return Err(StreamFault::Upstream(error::of_value(error)));
        }
        if response.candidates.is_none()
            && let Some(error) = family::instead_of_answer(&data)
        {
            return Err(StreamFault::Upstream(error));
        }
        self.read(response, out);
        Ok(())
    }

    fn read(&mut self, mut response: Response, out: &mut Vec<Delta>) {
        let blocked = response.is_blocked().then(|| response.take_block_message());
        if self.response_id.is_none() {
            let id = response.response_id.unwrap_or_default();
            let model = response.model_version.unwrap_or_default();
            self.response_id = Some(id.clone());
            out.push(Delta::Begin { id, model });
        }
        for (place, candidate) in (0..).zip(response.candidates.into_iter().flatten()) {
            self.read_candidate(candidate, place, out);
        }
        if blocked.is_some() {
            self.choices.entry(0).or_default().blocked = blocked;
        }
        let usage = response.usage_metadata.as_ref().map(UsageMetadata::to_usage);
        if let Some(usage) = usage.filter(|usage| self.usage != Some(*usage)) {
            self.usage = Some(usage);
            out.push(Delta::Usage(usage));
        }
    }

    fn read_candidate(&mut self, mut candidate: Candidate, place: u64, out: &mut Vec<Delta>) {
        let choice = candidate.index.unwrap_or(place);
        let response_id = self.response_id.as_deref().unwrap_or_default();
        let progress = self.choices.entry(choice).or_default();
        progress.finish = candidate.take_finish().or(progress.finish.take());
        progress.grounding = candidate.grounding_metadata.take().or(progress.grounding.take());
        let parts = candidate.content.and_then(|content| content.parts).unwrap_or_default();
        for piece in parts.into_iter().flat_map(pieces) {
            match piece {
                Piece::Text(text) => {
                    progress.said.push_str(&text);
                    out.push(Delta::Text { choice, text });
                }
                Piece::Thinking(text) => out.push(Delta::Thinking { choice, text }),
                Piece::Signature(signature) => {
                    let signature = Seal::new(Maker::Google, signature);
                    out.push(Delta::ThinkingSignature { choice, signature });
                }
                Piece::Call { id, name, arguments, signature } => {
                    let index = progress.calls;
                    progress.calls += 1;
                    let id = self.ids.give(id, response_id, choice, index);
                    out.push(Delta::ToolCallBegin { choice, index, id, name, signature });
                    out.push(Delta::ToolCallArguments { choice, index, fragment: arguments });
                }
                Piece::Media { media_type, data } if media_type.starts_with("image/") => {
                    out.push(Delta::Image { choice, source: Media::Inline { media_type, data } });
                }
                Piece::Media { media_type, data } if media_type.starts_with("audio/") => {
                    out.push(Delta::Audio { choice, source: Media::Inline { media_type, data } });
                }
                // OpenAI's chunks have no field for video.
                Piece::Media { .. } => {}
            }
        }
        if let Some(logprobs) = candidate.logprobs_result.and_then(logprobs::to_openai) {
            out.push(Delta::Logprobs { choice, logprobs });
        }
    }

    fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let mut reasons = Vec::with_capacity(self.choices.len());
        for (choice, progress) in &self.choices {
            let choice = *choice;
            if let Some(grounding) = &progress.grounding
                && let Some((search, citations)) = grounding::read(grounding, &progress.said, &[])
            {
                let cited = citations.into_iter();
                reasons.extend(cited.map(|citation| Delta::Citation { choice, citation }));
                reasons.push(Delta::Search { choice, search });
            }
            let reason = match (&progress.blocked, &progress.finish) {
                (Some(message), _) => {
                    let text = message.iter().cloned();
                    reasons.extend(text.map(|text| Delta::Refusal { choice, text }));
                    FinishReason::ContentFilter
                }
                (None, Some(finish)) => finish::reason(finish, progress.calls > 0),
                (None, None) => return Err(StreamFault::Malformed),
            };
            reasons.push(Delta::Finish { choice, reason });
        }
        if reasons.is_empty() {
            return Err(StreamFault::Malformed);
        }
        out.append(&mut reasons);
        out.push(Delta::Done);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::gemini::upstream::{answer, fixtures};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn decode(pieces: &[&[u8]]) -> (Vec<Delta>, Result<(), StreamFault>) {
        let mut decoder = Decoder::new();
        let mut out = Vec::new();
        for piece in pieces {
            if let Err(fault) = decoder.push(Bytes::copy_from_slice(piece), &mut out) {
                return (out, Err(fault));
            }
        }
        let end = decoder.finish(&mut out);
        (out, end)
    }

    const STREAMS: [&str; 4] = ["text", "tools", "choices", "blocked"];

    #[test]
    fn documented_streams_read_as_they_should() {
        for name in STREAMS {
            let stream = fixtures::read(&format!("stream_{name}.sse"));
            let (deltas, end) = decode(&[stream.as_bytes()]);
            assert_eq!(end, Ok(()));
            fixtures::check(&format!("stream_{name}.txt"), &fixtures::lines(&deltas));
        }
    }

    #[test]
    fn a_stream_cut_at_every_byte_reads_the_same() {
        for name in STREAMS {
            let stream = fixtures::read(&format!("stream_{name}.sse"));
            let stream = stream.as_bytes();
            let whole = decode(&[stream]);
            for at in 0..stream.len() {
                let (one, other) = stream.split_at(at);
                assert_eq!(decode(&[one, other]), whole, "{name} cut at {at}");
            }
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            assert_eq!(decode(&bytes), whole, "{name}");
        }
    }

    #[test]
    fn a_stream_that_ends_early_is_a_fault_without_done() {
        let stream = fixtures::read("stream_tools.sse");
        let body = stream.trim_end();
        for at in 0..body.len() {
            let (deltas, end) = decode(&[&body.as_bytes()[..at]]);
            assert_eq!(end, Err(StreamFault::Malformed), "cut at {at}");
            let is_end = |delta: &Delta| matches!(delta, Delta::Done | Delta::Finish { .. });
            assert!(!deltas.iter().any(is_end), "cut at {at}");
        }
        assert_eq!(decode(&[body.as_bytes()]).1, Ok(()));
    }

    #[test]
    fn one_of_several_choices_without_an_end_is_a_fault() {
        let frame = json!({"candidates": [
            {"index": 0, "finishReason": "STOP"}, {"index": 1, "content": {"parts": [{"text": "a"}]}}
        ]});
        let stream = format!("data: {frame}\n\n");
        assert_eq!(decode(&[stream.as_bytes()]).1, Err(StreamFault::Malformed));
    }

    #[test]
    fn an_error_in_a_stream_is_the_upstreams() {
        let begun = r#"data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#;
        let error = r#"{"error":{"code":503,"message":"full","status":"UNAVAILABLE"}}"#;
        for (stream, texts) in [
            (format!("{begun}\r\n\r\ndata: {error}\r\n\r\n"), 1),
            (error.to_owned(), 0),
            (format!("[{error}\n]\n"), 0),
        ] {
            let (deltas, end) = decode(&[stream.as_bytes()]);
            let Err(StreamFault::Upstream(found)) = end else { panic!("{end:?}") };
            assert_eq!(
                (found.message.as_str(), found.code.as_deref()),
                ("full", Some("UNAVAILABLE"))
            );
            let is_text = |delta: &&Delta| matches!(delta, Delta::Text { .. });
            assert_eq!(deltas.iter().filter(is_text).count(), texts);
        }
    }

    #[test]
    fn generated_media_is_emitted_in_its_place() {
        let picture = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
        let speech = json!({"inlineData": {"mimeType": "audio/pcm", "data": "AA=="}});
        let parts = json!([{"text": "a"}, picture, speech, {"text": "b"}]);
        let stream =
            frame(&[json!({"index": 0, "content": {"parts": parts}, "finishReason": "STOP"})]);
        let (deltas, end) = decode(&[stream.as_bytes()]);
        assert_eq!(end, Ok(()));
        let text = |text: &str| Delta::Text { choice: 0, text: text.into() };
        let inline = |kind: &str| Media::Inline { media_type: kind.into(), data: "AA==".into() };
        let image = Delta::Image { choice: 0, source: inline("image/png") };
        let audio = Delta::Audio { choice: 0, source: inline("audio/pcm") };
        let told = [text("a"), image, audio, text("b")];
        assert_eq!(deltas.get(1..5), Some(told.as_slice()));
    }

    #[test]
    fn comments_and_a_foreign_last_frame_are_passed_over() {
        let stream = fixtures::read("stream_text.sse");
        let noisy = format!(": hello\n\n{stream}data: [DONE]\n\n");
        assert_eq!(decode(&[noisy.as_bytes()]), decode(&[stream.as_bytes()]));
        assert_eq!(decode(&[b"data: {\"candidates\":\n\n"]).1, Err(StreamFault::Malformed));
    }

    fn frame(candidates: &[Value]) -> String {
        format!("data: {}\r\n\r\n", json!({"candidates": candidates, "responseId": "r"}))
    }

    /// The ids and arguments of each choice's calls, in order.
    fn calls_of(deltas: &[Delta], wanted: u64) -> Vec<(String, String)> {
        let mut calls: Vec<(String, String)> = Vec::new();
        for delta in deltas {
            match delta {
                Delta::ToolCallBegin { choice, index, id, .. } if *choice == wanted => {
                    assert_eq!(usize::try_from(*index), Ok(calls.len()));
                    calls.push((id.clone(), String::new()));
                }
                Delta::ToolCallArguments { choice, index, fragment } if *choice == wanted => {
                    calls[usize::try_from(*index).unwrap()].1.push_str(fragment);
                }
                _ => {}
            }
        }
        calls
    }

    proptest! {
        /// Calls of several choices arrive in any order and in any frames: each keeps its
        /// arguments, no two share an id, and a whole answer gives the same ids.
        #[test]
        fn parallel_calls_keep_their_ids_in_any_interleaving(
            calls in prop::collection::vec((0u64..3, any::<bool>(), 0usize..3), 1..20),
        ) {
            let part = |place: usize, given: Option<usize>| {
                let mut call = json!({"name": "f", "args": {"n": place}});
                if let Some(given) = given {
                    call["id"] = json!(format!("given-{given}"));
                }
                json!({ "functionCall": call })
            };
            let mut stream = String::new();
            let mut expected = vec![Vec::new(); 3];
            let mut parts = vec![Vec::new(); 3];
            for (place, (choice, is_given, given)) in calls.iter().enumerate() {
                let part = part(place, is_given.then_some(*given));
                let slot = usize::try_from(*choice).unwrap();
                parts[slot].push(part.clone());
                expected[slot].push(format!("{{\"n\":{place}}}"));
                stream += &frame(&[json!({"index": choice, "content": {"parts": [part]}})]);
            }
            let ends: Vec<Value> =
                (0..3).map(|index| json!({"index": index, "finishReason": "STOP"})).collect();
            stream += &frame(&ends);

            let (deltas, end) = decode(&[stream.as_bytes()]);
            prop_assert_eq!(end, Ok(()));
            let found: Vec<Vec<(String, String)>> =
                (0..3).map(|choice| calls_of(&deltas, choice)).collect();
            let arguments: Vec<Vec<String>> = found
                .iter()
                .map(|calls| calls.iter().map(|(_, arguments)| arguments.clone()).collect())
                .collect();
            prop_assert_eq!(arguments, expected);
            let ids: std::collections::HashSet<&String> =
                found.iter().flatten().map(|(id, _)| id).collect();
            prop_assert_eq!(ids.len(), calls.len());

            if calls.iter().all(|(_, is_given, _)| !is_given) {
                let candidates: Vec<Value> = parts
                    .iter()
                    .zip(0..)
                    .map(|(parts, index)| json!({"index": index, "content": {"parts": parts}}))
                    .collect();
                let body = json!({"candidates": candidates, "responseId": "r"}).to_string();
                let whole = answer::decode(body.as_bytes()).unwrap();
                for (choice, calls) in whole.choices.iter().zip(&found) {
                    let ids: Vec<&String> = choice.message.tool_calls().map(|call| &call.id).collect();
                    prop_assert_eq!(ids, calls.iter().map(|(id, _)| id).collect::<Vec<_>>());
                }
            }
        }

        #[test]
        fn any_text_in_any_frames_is_unharmed(texts in prop::collection::vec(any::<String>(), 1..6)) {
            let mut stream: String = texts
                .iter()
                .map(|text| frame(&[json!({"content": {"parts": [{"text": text}]}})]))
                .collect();
            stream += &frame(&[json!({"finishReason": "STOP"})]);
            let (deltas, _) = decode(&[stream.as_bytes()]);
            let found: String = deltas
                .iter()
                .filter_map(|delta| match delta {
                    Delta::Text { text, .. } => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            prop_assert_eq!(found, texts.concat());
        }
    }
}
