//! What whole answers and the lines of a stream have in common.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::dialects::json::write::in_one_line;
use crate::domain::chat::{FinishReason, Media};
use crate::domain::usage::Usage;

/// Which of the two kinds of requests a client sent; an answer has the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// `/api/chat`
    #[default]
    Chat,
    /// `/api/generate`
    Generate,
}

/// What an answer needs beside its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub shape: Shape,
    /// Seconds since 1970.
    pub now_unix: i64,
    /// From the call's arrival to the whole answer, or to the first piece of a stream.
    pub elapsed: Duration,
}

impl Told {
    /// As RFC 3339.
    pub(super) fn created_at(self) -> String {
        Timestamp::from_second(self.now_unix).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
    }
}

/// What the model says: a whole answer, or a piece of one.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    pub text: &'a str,
    pub thinking: &'a str,
    pub calls: &'a [Call],
    pub logprobs: Option<&'a [Value]>,
}

/// A call, with its arguments as JSON.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub index: u64,
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// The end of an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    pub reason: &'static str,
    pub prompt: u64,
    pub answer: u64,
    pub total: Duration,
    /// Until the first piece.
    pub first: Duration,
}

impl End {
    pub(super) fn new(
        reason: Option<&FinishReason>,
        usage: Usage,
        total: Duration,
        first: Duration,
    ) -> Self {
        let reason = if reason == Some(&FinishReason::Length) { "length" } else { "stop" };
        Self { reason, prompt: usage.prompt, answer: usage.completion, total, first }
    }
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    thinking: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
}

#[derive(Serialize)]
struct WireCall<'a> {
    id: &'a str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    index: u64,
    name: &'a str,
    arguments: &'a RawValue,
}

/// An answer, or a line of a stream.
#[derive(Serialize)]
struct Line<'a> {
    model: &'a str,
    created_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<&'a [Value]>,
    done: bool,
    #[serde(flatten)]
    end: Option<WireEnd>,
}

#[derive(Serialize)]
struct WireEnd {
    done_reason: &'static str,
    /// Clients send it back; it means nothing to the router.
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<[u64; 0]>,
    total_duration: u64,
    load_duration: u64,
    prompt_eval_count: u64,
    prompt_eval_duration: u64,
    eval_count: u64,
    eval_duration: u64,
}

/// Appends an answer, or a line without its line break.
pub(super) fn write(
    shape: Shape,
    (model, created_at): (&str, &str),
    said: &Said<'_>,
    end: Option<End>,
    out: &mut Vec<u8>,
) {
    let Said { text, thinking, calls, logprobs } = *said;
    let arguments: Vec<Box<RawValue>> = calls.iter().map(|call| object(&call.arguments)).collect();
    let zipped = calls.iter().zip(&arguments);
    let is_chat = shape == Shape::Chat;
    let line = Line {
        model,
        created_at,
        message: is_chat.then(|| Message {
            role: "assistant",
            content: text,
            thinking,
            tool_calls: zipped.map(|(call, arguments)| call_of(call, arguments)).collect(),
        }),
        response: (!is_chat).then_some(text),
        thinking: Some(thinking).filter(|thinking| !is_chat && !thinking.is_empty()),
        logprobs,
        done: end.is_some(),
        end: end.map(|end| wire_end(shape, end)),
    };
    // Writing JSON of our own types into memory cannot fail.
    let _ = serde_json::to_writer(out, &line);
}

fn call_of<'a>(call: &'a Call, arguments: &'a RawValue) -> WireCall<'a> {
    let function = Function { index: call.index, name: &call.name, arguments };
    WireCall { id: &call.id, function }
}

fn wire_end(shape: Shape, end: End) -> WireEnd {
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    WireEnd {
        done_reason: end.reason,
        context: (shape == Shape::Generate).then_some([]),
        total_duration: nanos(end.total),
        load_duration: 0,
        prompt_eval_count: end.prompt,
        prompt_eval_duration: nanos(end.first),
        eval_count: end.answer,
        eval_duration: nanos(end.total.saturating_sub(end.first)),
    }
}

/// The arguments of a call: an object, whatever the model wrote, and in one line.
fn object(arguments: &str) -> Box<RawValue> {
    let parsed = serde_json::from_str::<Box<RawValue>>(&in_one_line(arguments.trim()));
    parsed
        .ok()
        .filter(|parsed| parsed.get().starts_with('{'))
        .unwrap_or_else(|| RawValue::from_string(String::from("{}")).unwrap_or_default())
}

/// An answer to a request that asks for nothing: with it a client has a model loaded.
pub fn loaded(shape: Shape, model: &str, now_unix: i64, is_unload: bool) -> Value {
    let created_at = Told { shape, now_unix, elapsed: Duration::ZERO }.created_at();
    let reason = if is_unload { "unload" } else { "load" };
    let mut answer = json!({
        "model": model, "created_at": created_at, "done": true, "done_reason": reason,
    });
    let said = match shape {
        Shape::Chat => ("message", json!({"role": "assistant", "content": ""})),
        Shape::Generate => ("response", json!("")),
    };
    if let Some(members) = answer.as_object_mut() {
        members.insert(said.0.to_owned(), said.1);
    }
    answer
}

/// What the model made beside text: the format has no member for it.
pub(super) fn media_text(source: &Media) -> String {
    match source {
        Media::Url(url) => format!("![image]({url})"),
        Media::Inline { media_type, .. } => {
            format!("[the model made a file of type {media_type}, which this API cannot carry]")
        }
        Media::FileId(id) => format!("[the model made the file {id}]"),
    }
}
