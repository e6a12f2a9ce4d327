//! Any chat survives the way into a dialect, as far as the dialect goes: what a provider reads in
//! the request is what the client asked, but for what that dialect's file here says. What it
//! cannot carry is told, or refused with its place.

mod answers;
mod anthropic;
mod apis;
mod chats;
mod gemini;
mod gemini_chats;
mod golden;
mod messages;
mod ollama;
mod ollama_chats;
mod openai;
mod responses;
mod responses_chats;
mod seals;

use llm_router::catalog::capabilities::Table;
use llm_router::config::entries::ModelConfig;
use llm_router::dialects::encoded::Encoded;
use llm_router::dialects::errors::Untranslatable;
use llm_router::dialects::openai::client::places::bad_request;
use llm_router::domain::capabilities::Capabilities;
use llm_router::domain::chat::{Block, ChatRequest, Message, Part, PartContent, ToolCall};
use proptest::test_runner::TestCaseError;
use serde_json::Value;

/// What a dialect should make of a request.
struct Expected {
    request: ChatRequest,
    /// By the client's names, in any order.
    dropped: Vec<&'static str>,
    /// Places of what cannot be carried; a refusal names one of them.
    obstacles: Vec<String>,
}

fn capabilities(model: &str) -> Capabilities {
    Table::shipped().unwrap().facts(model, &ModelConfig::default()).capabilities
}

fn compare(
    encoded: Result<Encoded, Untranslatable>,
    read: impl FnOnce(Value) -> Result<ChatRequest, String>,
    mut expected: Expected,
) -> Result<(), TestCaseError> {
    let fail = |why: String| Err(TestCaseError::fail(why));
    let encoded = match encoded.map_err(bad_request) {
        Err(bad) => {
            let place = bad.param.clone().unwrap_or_default();
            if expected.obstacles.iter().any(|known| place.starts_with(known)) {
                return Ok(());
            }
            return fail(format!("refused: {bad:?}; known obstacles: {:?}", expected.obstacles));
        }
        Ok(encoded) => encoded,
    };
    let text = String::from_utf8_lossy(&encoded.body).into_owned();
    if !expected.obstacles.is_empty() {
        return fail(format!("not refused for {:?}: {text}", expected.obstacles));
    }
    let body =
        serde_json::from_str(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut found = match read(body) {
        Ok(found) => found,
        Err(why) => return fail(format!("the provider answers 400: {why}\n{text}")),
    };
    for call in calls(&expected.request.messages) {
        // As an object, or as the text of one.
        let as_text = Value::from(call.arguments.as_str()).to_string();
        if !text.contains(call.arguments.trim()) && !text.contains(&as_text) {
            return fail(format!("the arguments are not as they were written: {text}"));
        }
    }
    for request in [&mut found, &mut expected.request] {
        with_plain_calls(&mut request.messages);
    }
    if found != expected.request {
        return fail(format!("read:     {found:#?}\nexpected: {:#?}\n{text}", expected.request));
    }
    let mut dropped: Vec<&str> = encoded.dropped.iter().map(String::as_str).collect();
    dropped.sort_unstable();
    expected.dropped.sort_unstable();
    expected.dropped.dedup();
    if dropped != expected.dropped {
        return fail(format!("told {dropped:?} to be dropped, not {:?}: {text}", expected.dropped));
    }
    Ok(())
}

fn calls(messages: &[Message]) -> impl Iterator<Item = &ToolCall> {
    messages.iter().flat_map(|message| match message {
        Message::Assistant(message) => message.tool_calls().collect(),
        Message::System { .. } | Message::User { .. } | Message::Tool { .. } => Vec::new(),
    })
}

/// Ids are counted, for a dialect may give others, and arguments are written in one way.
fn with_plain_calls(messages: &mut [Message]) {
    let mut known: Vec<(String, String)> = Vec::new();
    for message in messages {
        match message {
            Message::Assistant(message) => {
                for block in &mut message.blocks {
                    let Block::ToolCall(call) = block else { continue };
                    let id = format!("call {}", known.len());
                    known.push((std::mem::replace(&mut call.id, id.clone()), id));
                    let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
                    call.arguments = arguments.to_string();
                }
            }
            Message::Tool { call_id, .. } => {
                let meant = known.iter().rev().find(|(old, _)| old == call_id);
                *call_id = meant.map_or_else(|| format!("unknown {call_id}"), |(_, id)| id.clone());
            }
            Message::System { .. } | Message::User { .. } => {}
        }
    }
}

/// Every part with its place.
fn placed_parts(messages: &[Message]) -> impl Iterator<Item = (String, &Message, &Part)> {
    messages.iter().enumerate().flat_map(|(at, message)| {
        content(message)
            .into_iter()
            .enumerate()
            .map(move |(index, part)| (format!("messages[{at}].content[{index}]"), message, part))
    })
}

fn content(message: &Message) -> Vec<&Part> {
    match message {
        Message::System { content } | Message::User { content } | Message::Tool { content, .. } => {
            content.iter().collect()
        }
        Message::Assistant(message) => message.parts().collect(),
    }
}

/// Places of calls that are not answered right after them, and of results without a call there.
/// System messages may stand between.
fn unanswered(messages: &[Message]) -> Vec<String> {
    let mut places = Vec::new();
    let mut open: Vec<(&str, String)> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        match message {
            Message::System { .. } => {}
            Message::Tool { call_id, .. } => match open.iter().position(|(id, _)| id == call_id) {
                Some(found) => drop(open.remove(found)),
                None => places.push(format!("messages[{at}]")),
            },
            Message::User { .. } | Message::Assistant(_) => {
                places.extend(open.drain(..).map(|(_, place)| place));
                if let Message::Assistant(message) = message {
                    open.extend(message.tool_calls().enumerate().map(|(index, call)| {
                        (call.id.as_str(), format!("messages[{at}].tool_calls[{index}]"))
                    }));
                }
            }
        }
    }
    places.extend(open.into_iter().map(|(_, place)| place));
    places
}

fn plain(text: impl Into<String>) -> Part {
    Part { content: PartContent::Text(text.into()), cache_control: None }
}
