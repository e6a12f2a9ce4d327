//! Encodes a streamed answer in the invoke format: one JSON object for each chunk, and a summary at
//! the end.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::{Content, Message, UsageView};
use crate::dialects::openai::client::chunks::{self, ChunkOptions, ChunkSink, WireChunk};
use crate::dialects::summary::{Served, Summary};
use crate::domain::chat::Delta;

/// How the objects are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `application/jsonl`: one object per line.
    Lines,
    /// `text/event-stream`: one object per event.
    Events,
}

/// The content of a chunk, and the chunk itself in OpenAI's format.
#[derive(Serialize)]
struct Line<'a, D: ?Sized, R: ?Sized> {
    text: &'a str,
    finish_reason: Option<&'a str>,
    is_final: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a D>,
    raw: &'a R,
}

/// The end of a complete stream.
#[derive(Serialize)]
struct LastLine<'a> {
    text: &'static str,
    finish_reason: Option<&'a str>,
    is_final: bool,
    usage: Option<UsageView>,
    /// Dollars; `null` where the price or the usage is unknown.
    cost: Option<f64>,
    model: &'a str,
    provider: &'a str,
    request_id: &'a str,
}

/// The end of a failed stream.
#[derive(Serialize)]
struct FailedLine<'a> {
    error: &'a Value,
    is_final: bool,
}

impl Framing {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Lines => "application/jsonl; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        }
    }

    /// `None` for JSONL, which has no comments.
    pub fn keepalive(self) -> Option<Bytes> {
        match self {
            Self::Lines => None,
            Self::Events => Some(Bytes::from_static(b": keepalive\n\n")),
        }
    }

    pub fn close(self, summary: &Summary, served: &Served<'_>) -> Bytes {
        let Served { model, provider, request_id, cost, .. } = *served;
        self.alone(&LastLine {
            text: "",
            finish_reason: summary.finish_reason.as_deref(),
            is_final: true,
            usage: summary.usage.map(UsageView::from),
            cost: cost.map(|cost| cost.as_dollars()),
            model,
            provider,
            request_id,
        })
    }

    pub fn fail(self, error: &Value) -> Bytes {
        self.alone(&FailedLine { error, is_final: true })
    }

    fn alone(self, line: &impl Serialize) -> Bytes {
        let mut out = Vec::new();
        self.write(line, &mut out);
        Bytes::from(out)
    }

    fn write(self, line: &impl Serialize, out: &mut Vec<u8>) {
        if self == Self::Events {
            out.extend_from_slice(b"data: ");
        }
        // Writing JSON of our own types into memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, line);
        out.extend_from_slice(match self {
            Self::Lines => b"\n",
            Self::Events => b"\n\n",
        });
    }
}

/// Encodes one stream.
#[derive(Debug)]
pub struct Encoder {
    framing: Framing,
    chunks: chunks::Encoder,
}

impl Encoder {
    pub fn new(framing: Framing, options: ChunkOptions) -> Self {
        Self { framing, chunks: chunks::Encoder::new(options) }
    }

    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Appends the lines for these deltas.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        self.chunks.encode(deltas, &mut Lines { framing: self.framing, out });
    }

    /// Appends the line for a chunk that an upstream streamed in OpenAI's format. A chunk without
    /// content makes none.
    pub fn encode_chunk(&self, data: &[u8], out: &mut Vec<u8>) {
        let data = on_one_line(data);
        let Ok(raw) = serde_json::from_slice::<&RawValue>(&data) else { return };
        let Ok(chunk) = serde_json::from_str::<UpstreamChunk<'_>>(raw.get()) else { return };
        let Some(choice) = chunk.choices.into_iter().next() else { return };
        let message =
            choice.delta.and_then(|delta| serde_json::from_str::<Message<'_>>(delta.get()).ok());
        let text = message.and_then(|message| message.content).map(Content::into_text);
        let line = Line {
            text: text.as_deref().unwrap_or_default(),
            finish_reason: choice.finish_reason.as_deref(),
            is_final: false,
            delta: choice.delta,
            raw,
        };
        out.reserve(2 * data.len());
        self.framing.write(&line, out);
    }
}

/// Writes a line for each chunk with content.
struct Lines<'o> {
    framing: Framing,
    out: &'o mut Vec<u8>,
}

impl ChunkSink for Lines<'_> {
    fn chunk(&mut self, chunk: &WireChunk<'_>) {
        let Some(choice) = chunk.choices.first() else { return };
        let line = Line {
            text: choice.delta.content.unwrap_or_default(),
            finish_reason: choice.finish_reason,
            is_final: false,
            delta: Some(&choice.delta),
            raw: chunk,
        };
        self.framing.write(&line, self.out);
    }

    /// The last line is written by the stream's owner: it needs more than the answer.
    fn done(&mut self) {}
}

#[derive(Deserialize)]
struct UpstreamChunk<'a> {
    #[serde(borrow, default)]
    choices: Vec<UpstreamChoice<'a>>,
}

#[derive(Deserialize)]
struct UpstreamChoice<'a> {
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(default, borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

/// The JSON without line breaks: between tokens they are only white space, but would end a line of
/// JSONL.
fn on_one_line(data: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\n', b'\r', data).is_none() {
        return Cow::Borrowed(data);
    }
    data.iter().map(|byte| if byte.is_ascii_whitespace() { b' ' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::upstream::stream::Observer;
    use crate::domain::chat::{FinishReason, Maker, Seal};
    use crate::domain::usage::Usage;

    fn lines(frames: &str, options: ChunkOptions) -> String {
        let encoder = Encoder::new(Framing::Lines, options);
        let mut out = Vec::new();
        let mut observer = Observer::new(true);
        let frames = Bytes::copy_from_slice(frames.as_bytes());
        observer.push_chunks(frames, |chunk| encoder.encode_chunk(chunk, &mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_chunk_becomes_a_line_and_what_says_nothing_none() {
        let frames = ": comment\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\\nb\"},\"finish_reason\":null}]}\n\n\
             data: {\"choices\":[],\ndata: \"usage\":{}}\n\n\
             data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"c\"}}]}\n\n\
             data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        insta::assert_snapshot!(lines(frames, ChunkOptions::default()), @r#"
        {"text":"a\nb","finish_reason":null,"is_final":false,"delta":{"content":"a\nb"},"raw":{"choices":[{"delta":{"content":"a\nb"},"finish_reason":null}]}}
        {"text":"c","finish_reason":null,"is_final":false,"delta":{"content":"c"},"raw":{"choices": [{"delta":{"content":"c"}}]}}
        {"text":"","finish_reason":"stop","is_final":false,"delta":{},"raw":{"choices":[{"delta":{},"finish_reason":"stop"}]}}
        "#);
    }

    #[test]
    fn deltas_become_the_lines_that_their_chunks_would() {
        let (choice, signature) = (0, Seal::new(Maker::Anthropic, "c2ln"));
        let deltas = [
            Delta::Begin { id: "msg_1".into(), model: "claude".into() },
            Delta::Thinking { choice, text: "hm".into() },
            Delta::ThinkingSignature { choice, signature },
            Delta::Text { choice, text: "Fe\n\"é".into() },
            Delta::ToolCallBegin {
                choice,
                index: 0,
                id: "c0".into(),
                name: "f".into(),
                signature: Some("Z3M=".into()),
            },
            Delta::ToolCallArguments { choice, index: 0, fragment: "{\"a\":1}".into() },
            Delta::Text { choice: 1, text: "two".into() },
            Delta::Logprobs { choice, logprobs: serde_json::json!({"content": []}) },
            Delta::Finish { choice: 1, reason: FinishReason::Stop },
            Delta::Finish { choice, reason: FinishReason::ToolCalls },
            Delta::Usage(Usage { prompt: 9, completion: 3, total: 12, ..Usage::default() }),
            Delta::Done,
        ];
        for wants_usage in [false, true] {
            let options = ChunkOptions { created: 5, wants_usage, wants_function_call: false };
            let (mut frames, mut direct) = (Vec::new(), Vec::new());
            chunks::Encoder::new(options).encode(&deltas, &mut frames);
            Encoder::new(Framing::Lines, options).encode(&deltas, &mut direct);
            let direct = String::from_utf8(direct).unwrap();
            assert_eq!(direct, lines(&String::from_utf8(frames).unwrap(), options));
            assert_eq!(direct.lines().count(), 9, "{direct}");
        }
    }
}
