//! Every byte that the upstream ever sends, made once: OpenAI's chat completions and Anthropic's Messages.

use crate::exchange::{CHUNKS, LARGE};
use crate::prose::prose;

/// Stands once in every content chunk, and nowhere else in a stream.
pub const CONTENT_MARK: &str = "pebble";

/// Of one dialect and size.
pub struct Script {
    pub whole: Vec<u8>,
    /// Head and first chunk.
    pub stream_start: Vec<u8>,
    pub stream_chunk: Vec<u8>,
    pub stream_end: Vec<u8>,
}

pub struct Answers {
    small: [Script; 2],
    large: [Script; 2],
}

impl Answers {
    pub fn new() -> Self {
        let text = "A gateway sits on the way of every request, so each microsecond it takes is paid by all callers at once. \
                    Time it does not take is time that they can spend on the answer itself. What it keeps of a call it \
                    keeps after the answer has left.";
        let small = [text, CONTENT_MARK];
        let (answer, chunk) = (prose(LARGE), prose(LARGE / CHUNKS as usize - CONTENT_MARK.len()));
        let chunk = format!("{chunk}{CONTENT_MARK}");
        let large = [answer.as_str(), chunk.as_str()];
        let both = |[answer, chunk]: [&str; 2]| [openai(answer, chunk), anthropic(answer, chunk)];
        Self { small: both(small), large: both(large) }
    }

    pub fn script(&self, is_anthropic: bool, is_large: bool) -> &Script {
        let [openai, anthropic] = if is_large { &self.large } else { &self.small };
        if is_anthropic { anthropic } else { openai }
    }
}

const ID: &str =
    r#""id":"chatcmpl-bench0000000000000000000001","created":1700000000,"model":"bench-model""#;
const USAGE: &str = r#""usage":{"prompt_tokens":96,"completion_tokens":50,"total_tokens":146,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":0}}"#;

/// Format: <https://platform.openai.com/docs/api-reference/chat>
fn openai(text: &str, chunk: &str) -> Script {
    let choice = |delta: &str, finish_reason: &str| {
        let choices = format!(r#"[{{"index":0,"delta":{delta},"finish_reason":{finish_reason}}}]"#);
        frame("", &format!(r#"{{{ID},"object":"chat.completion.chunk","choices":{choices}}}"#))
    };
    let usage =
        frame("", &format!(r#"{{{ID},"object":"chat.completion.chunk","choices":[],{USAGE}}}"#));
    Script {
        whole: whole(&format!(
            r#"{{{ID},"object":"chat.completion","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],{USAGE}}}"#
        )),
        stream_start: stream_start(&choice(
            &format!(r#"{{"role":"assistant","content":"{chunk}"}}"#),
            "null",
        )),
        stream_chunk: choice(&format!(r#"{{"content":" {chunk}"}}"#), "null").into_bytes(),
        stream_end: stream_end(&[choice("{}", r#""stop""#), usage, frame("", "[DONE]")].concat()),
    }
}

const MESSAGE: &str = r#""id":"msg_bench00000000000000000001","type":"message","role":"assistant","model":"bench-model","stop_sequence":null"#;

/// Format: <https://docs.anthropic.com/en/api/messages>
fn anthropic(text: &str, chunk: &str) -> Script {
    let delta = frame(
        "content_block_delta",
        &format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":" {chunk}"}}}}"#
        ),
    );
    let usage = |output: u32| {
        format!(
            r#""usage":{{"input_tokens":64,"cache_creation_input_tokens":0,"cache_read_input_tokens":32,"output_tokens":{output}}}"#
        )
    };
    let begin = [
        frame(
            "message_start",
            &format!(
                r#"{{"type":"message_start","message":{{{MESSAGE},"content":[],"stop_reason":null,{}}}}}"#,
                usage(1)
            ),
        ),
        frame(
            "content_block_start",
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        ),
        delta.clone(),
    ];
    let end = [
        frame("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
        frame(
            "message_delta",
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":50}}"#,
        ),
        frame("message_stop", r#"{"type":"message_stop"}"#),
    ];
    Script {
        whole: whole(&format!(
            r#"{{{MESSAGE},"content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn",{}}}"#,
            usage(50)
        )),
        stream_start: stream_start(&begin.concat()),
        stream_chunk: delta.into_bytes(),
        stream_end: stream_end(&end.concat()),
    }
}

fn whole(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn stream_start(frames: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{frames}"
    )
    .into_bytes()
}

fn stream_end(frames: &str) -> Vec<u8> {
    format!("{frames}0\r\n\r\n").into_bytes()
}

/// One server-sent event, with its name if it has one, in one chunk of the transfer encoding.
fn frame(name: &str, data: &str) -> String {
    let event = if name.is_empty() {
        format!("data: {data}\n\n")
    } else {
        format!("event: {name}\ndata: {data}\n\n")
    };
    format!("{:x}\r\n{event}\r\n", event.len())
}
