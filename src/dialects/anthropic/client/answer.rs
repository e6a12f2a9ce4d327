//! Encodes a whole answer as a message.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::usage::WireUsage;
use super::wire::{OWN, call_id, input, media_text, message_id, stop_reason, thinking};
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::summary::tokens_of;
use crate::domain::chat::{AssistantMessage, Block, ChatAnswer, Choice, PartContent, Thinking};

#[derive(Serialize)]
struct WireMessage<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<Value>,
    stop_reason: &'static str,
    stop_sequence: Option<&'a str>,
    usage: WireUsage,
}

/// The body for the client: the first choice, because the format has one.
pub fn encode(answer: &ChatAnswer, options: &AnswerOptions) -> Bytes {
    let empty = Choice::default();
    let choice = answer.choices.first().unwrap_or(&empty);
    let content = content(&choice.message, options);
    let estimated = || WireUsage::estimated(options.prompt_tokens, estimate(&choice.message));
    let message = WireMessage {
        id: message_id(&answer.id),
        kind: "message",
        role: "assistant",
        model: &answer.model,
        content,
        stop_reason: stop_reason(choice.finish_reason.as_ref(), choice.message.has_tool_calls()),
        stop_sequence: None,
        usage: answer.usage.map_or_else(estimated, WireUsage::from),
    };
    // Writing JSON of our own types into memory cannot fail.
    Bytes::from(serde_json::to_vec(&message).unwrap_or_default())
}

fn content(message: &AssistantMessage, options: &AnswerOptions) -> Vec<Value> {
    let mut content = Vec::with_capacity(message.blocks.len());
    let mut text = String::new();
    for block in &message.blocks {
        match said(block) {
            Some(more) => text.push_str(&more),
            None => {
                end_text(&mut text, &mut content);
                add(block, options, &mut content);
            }
        }
    }
    end_text(&mut text, &mut content);
    content
}

/// The text of a block that is one, or becomes one.
fn said(block: &Block) -> Option<String> {
    match block {
        Block::Part(part) => Some(match &part.content {
            PartContent::Text(text) => text.clone(),
            PartContent::Image { source, .. }
            | PartContent::Audio { source }
            | PartContent::Video { source }
            | PartContent::File { source, .. } => media_text(source),
        }),
        Block::Refusal(text) => Some(text.clone()),
        Block::Thinking(_) | Block::ToolCall(_) => None,
    }
}

fn end_text(text: &mut String, content: &mut Vec<Value>) {
    if !text.is_empty() {
        content.push(json!({"type": "text", "text": std::mem::take(text)}));
    }
}

fn add(block: &Block, options: &AnswerOptions, content: &mut Vec<Value>) {
    match block {
        Block::Part(_) | Block::Refusal(_) => {}
        Block::Thinking(Thinking::Text { text, signature }) => {
            content.push(thinking(text, &options.signature(signature.as_ref(), OWN)));
        }
        Block::Thinking(Thinking::Opaque { id, sealed }) => {
            let data = options.opaque(id.as_deref(), sealed, OWN);
            content.push(json!({"type": "redacted_thinking", "data": data}));
        }
        Block::ToolCall(call) => {
            if let Some(signature) = &call.signature {
                content.push(thinking("", &options.call_signature(signature)));
            }
            content.push(json!({
                "type": "tool_use", "id": call_id(&call.id), "name": call.name,
                "input": input(&call.arguments),
            }));
        }
    }
}

/// Of the answer's tokens, by its size.
fn estimate(message: &AssistantMessage) -> u64 {
    let size = |block: &Block| match block {
        Block::Part(part) => part.text().map_or(0, str::len),
        Block::Refusal(text) => text.len(),
        Block::Thinking(Thinking::Text { text, .. }) => text.len(),
        Block::Thinking(Thinking::Opaque { .. }) => 0,
        Block::ToolCall(call) => call.name.len() + call.arguments.len(),
    };
    tokens_of(message.blocks.iter().map(size).sum())
}
