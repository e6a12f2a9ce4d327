//! A whole answer, and the same bytes as the body of an error.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::errors::NoAnswer;
use llm_router::dialects::openai::client::names::Respelled;
use llm_router::dialects::summary::Summary;
use llm_router::dialects::surrogates::readable;
use llm_router::dialects::translate::answer::{AnswerSource, error, whole};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error as told;
use crate::otherwise;

/// Those that a decoder treats apart, and one that none does.
const STATUSES: [u16; 4] = [400, 429, 500, 529];
/// The shortest text of a whole choice is a Gemini candidate of three bytes.
const MOST_OUT_PER_BYTE: usize = 64;

/// # Panics
/// When a decoder breaks a promise.
pub fn check(dialect: Dialect, bytes: &[u8]) {
    for status in STATUSES {
        told::check(&error(dialect, status, bytes).0);
    }
    let (mapping, respelled) = (PayloadMapping::default(), Respelled::default());
    let source = AnswerSource { dialect, client: Dialect::OpenAiChat, mapping: &mapping, respelled, is_own: false };
    match whole(&source, Bytes::copy_from_slice(bytes), otherwise) {
        Err(NoAnswer::Error(said)) => told::check(&said),
        Err(NoAnswer::Malformed(what)) => told::check_message(&what),
        Err(NoAnswer::GaveUp(why)) => told::check_message(&why.reason),
        Ok((body, _)) if dialect == Dialect::OpenAiChat => check_passed_on(bytes, &body),
        Ok((body, summary)) => check_translated(bytes, &body, &summary),
    }
}

fn check_passed_on(bytes: &[u8], body: &[u8]) {
    let came = readable(bytes);
    let is_same = came == body || without_model(&came) == without_model(body);
    assert!(is_same, "changed what was to go on as it came: {}", bytes.escape_ascii());
    assert!(body.trim_ascii_start().starts_with(b"{"), "took for an answer what is no object");
    let text = str::from_utf8(body).expect("an answer is UTF-8");
    let answer: PassedOn<'_> = serde_json::from_str(text).expect("an answer is JSON");
    assert!(answer.choices.get().starts_with('['), "took for an answer what has no choices");
}

/// The only member that an answer is given.
fn without_model(text: &[u8]) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(text).ok()?;
    value.as_object_mut()?.shift_remove("model");
    Some(value)
}

fn check_translated(bytes: &[u8], body: &[u8], summary: &Summary) {
    let most = MOST_OUT_PER_BYTE * (bytes.len() + 16);
    assert!(body.len() <= most, "grew to {} bytes", body.len());
    let answer: Completion<'_> = serde_json::from_slice(body).expect("an answer is JSON");
    assert_eq!(answer.object, "chat.completion");
    assert!(!answer.id.is_empty(), "an answer without an id");
    assert_eq!(answer.usage.is_some(), summary.usage.is_some());
    let first = answer.choices.first().expect("an answer has a choice");
    assert_eq!(first.finish_reason, summary.finish_reason);
    for (place, choice) in answer.choices.iter().enumerate() {
        assert_eq!(choice.index, place);
        assert_eq!(choice.message.role, "assistant");
        for call in &choice.message.tool_calls {
            assert!(!call.id.is_empty(), "a call without an id");
            assert!(!call.function.arguments.is_empty(), "a call without arguments");
        }
    }
}

#[derive(Deserialize)]
struct PassedOn<'a> {
    #[serde(borrow)]
    choices: &'a RawValue,
}

#[derive(Deserialize)]
struct Completion<'a> {
    id: String,
    object: String,
    choices: Vec<Choice>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice {
    index: usize,
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    tool_calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    id: String,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    arguments: String,
}
