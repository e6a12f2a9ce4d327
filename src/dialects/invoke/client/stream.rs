//! A streamed chat answer as invoke streams it: one JSON object a chunk.

use bytes::Bytes;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{Content, Message, UsageView};
use crate::dialects::sse::{self, FrameContent};

/// How the objects are set apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `application/jsonl`: an object a line.
    Lines,
    /// `text/event-stream`: an object an event.
    Events,
}

#[derive(Serialize)]
struct Line<'a> {
    text: String,
    finish_reason: Option<&'a str>,
    is_final: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a RawValue>,
}

/// The end of a stream that went well.
#[derive(Serialize)]
pub struct LastLine<'a> {
    pub text: &'static str,
    pub finish_reason: Option<&'a str>,
    pub is_final: bool,
    pub usage: Option<UsageView>,
    /// Dollars; `null` where the price or the usage is unknown.
    pub cost: Option<f64>,
    pub model: &'a str,
    pub provider: &'a str,
    pub request_id: &'a str,
}

#[derive(Deserialize)]
struct WireChunk<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(default, borrow)]
    finish_reason: Option<std::borrow::Cow<'a, str>>,
}

/// Turns the frames of a chat stream, each whole, into lines. Comments, `[DONE]` and chunks
/// that say nothing make none: the last line is the caller's to write.
pub fn encode(frames: &Bytes, framing: Framing, out: &mut Vec<u8>) {
    let mut splitter = sse::Splitter::default();
    // Whole frames of a stream that was read before cannot be too long here.
    let _ = splitter.push(frames.clone(), |bytes, place| {
        if let Some(FrameContent::Data(data)) = bytes.get(place).map(sse::read) {
            encode_chunk(&data, framing, out);
        }
    });
}

fn encode_chunk(data: &[u8], framing: Framing, out: &mut Vec<u8>) {
    // Between tokens a line break is only space, but it would end a line of JSONL.
    let on_one_line: Vec<u8>;
    let data = if memchr::memchr2(b'\n', b'\r', data).is_some() {
        on_one_line =
            data.iter().map(|byte| if byte.is_ascii_whitespace() { b' ' } else { *byte }).collect();
        &on_one_line
    } else {
        data
    };
    let Ok(raw) = serde_json::from_slice::<&RawValue>(data) else { return };
    let Ok(chunk) = serde_json::from_str::<WireChunk<'_>>(raw.get()) else { return };
    let Some(choice) = chunk.choices.into_iter().next() else { return };
    let message =
        choice.delta.and_then(|delta| serde_json::from_str::<Message<'_>>(delta.get()).ok());
    let text = message.and_then(|message| message.content).map(Content::into_text);
    let line = Line {
        text: text.unwrap_or_default(),
        finish_reason: choice.finish_reason.as_deref(),
        is_final: false,
        delta: choice.delta,
        raw: Some(raw),
    };
    write_line(&line, framing, out);
}

/// Writes one object in the given framing.
pub fn write_line(line: &impl Serialize, framing: Framing, out: &mut Vec<u8>) {
    if framing == Framing::Events {
        out.extend_from_slice(b"data: ");
    }
    // Writing JSON of our own types into memory cannot fail.
    let _ = serde_json::to_writer(&mut *out, line);
    out.extend_from_slice(match framing {
        Framing::Lines => b"\n",
        Framing::Events => b"\n\n",
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_becomes_a_line_and_what_says_nothing_none() {
        let frames = Bytes::from(
            ": comment\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\\nb\"},\"finish_reason\":null}]}\n\n\
             data: {\"choices\":[],\ndata: \"usage\":{}}\n\n\
             data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"c\"}}]}\n\n\
             data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        );
        let mut out = Vec::new();
        encode(&frames, Framing::Lines, &mut out);
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        {"text":"a\nb","finish_reason":null,"is_final":false,"delta":{"content":"a\nb"},"raw":{"choices":[{"delta":{"content":"a\nb"},"finish_reason":null}]}}
        {"text":"c","finish_reason":null,"is_final":false,"delta":{"content":"c"},"raw":{"choices": [{"delta":{"content":"c"}}]}}
        {"text":"","finish_reason":"stop","is_final":false,"delta":{},"raw":{"choices":[{"delta":{},"finish_reason":"stop"}]}}
        "#);
    }
}
