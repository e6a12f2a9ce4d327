//! Encodes a whole answer as a message.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::search;
use super::usage::WireUsage;
use super::wire::{OWN, input, media_text, message_id, stop_reason, thinking};
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::call_ids;
use crate::dialects::summary::tokens_of;
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, Choice, Part, PartContent, Thinking,
};
use crate::domain::search::{Citation, Search};

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
        usage: answer
            .usage
            .map_or_else(estimated, WireUsage::from)
            .with_searches(choice.message.searches().map(Search::count).sum()),
    };
    // Writing JSON of our own types into memory cannot fail.
    Bytes::from(serde_json::to_vec(&message).unwrap_or_default())
}

fn content(message: &AssistantMessage, options: &AnswerOptions) -> Vec<Value> {
    let mut citations: Vec<&Citation> = message.citations().collect();
    citations.sort_by_key(|citation| (citation.start, citation.end));
    let mut out = Content { options, citations, blocks: Vec::new(), text: String::new(), start: 0 };
    let mut place = 0;
    for block in &message.blocks {
        match block {
            Block::Part(Part { content: PartContent::Text(text), .. }) => {
                if out.text.is_empty() {
                    out.start = place;
                }
                out.text.push_str(text);
                place += text.chars().count();
            }
            Block::Part(part) => out.say_aside(&media(&part.content)),
            Block::Refusal(text) => out.say_aside(text),
            Block::Citation(_) => {}
            block => {
                out.end_text();
                add(block, options, &mut out.blocks);
            }
        }
    }
    out.end_text();
    out.blocks
}

struct Content<'a> {
    options: &'a AnswerOptions,
    citations: Vec<&'a Citation>,
    blocks: Vec<Value>,
    /// Not ended yet, with its place in the text of the answer.
    text: String,
    start: usize,
}

impl Content<'_> {
    /// Text that is not counted where the answer cites something.
    fn say_aside(&mut self, text: &str) {
        if self.citations.is_empty() {
            return self.text.push_str(text);
        }
        self.end_text();
        self.blocks.push(json!({"type": "text", "text": text}));
    }

    fn end_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        match self.citations.is_empty() {
            true => self.blocks.push(json!({"type": "text", "text": text})),
            false => {
                let cited = search::cited(&text, self.start, &self.citations, self.options);
                self.blocks.extend(cited);
            }
        }
    }
}

fn media(content: &PartContent) -> String {
    match content {
        PartContent::Text(text) => text.clone(),
        PartContent::Image { source, .. }
        | PartContent::Audio { source }
        | PartContent::Video { source }
        | PartContent::File { source, .. } => media_text(source),
    }
}

fn add(block: &Block, options: &AnswerOptions, content: &mut Vec<Value>) {
    match block {
        Block::Part(_) | Block::Refusal(_) | Block::Citation(_) => {}
        Block::Search(found) => {
            let id = search::id_of(found, u64::try_from(content.len()).unwrap_or(0));
            content.push(search::call(&id, &search::input(found)));
            content.push(search::result(&id, found, options));
        }
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
                "type": "tool_use", "id": call_ids::plain(&call.id), "name": call.name,
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
        Block::Thinking(Thinking::Opaque { .. }) | Block::Search(_) | Block::Citation(_) => 0,
        Block::ToolCall(call) => call.name.len() + call.arguments.len(),
    };
    tokens_of(message.blocks.iter().map(size).sum())
}
