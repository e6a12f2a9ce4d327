//! Encodes a whole answer.

use bytes::Bytes;
use serde_json::Value;

use super::wire::{Call, End, Said, media_text, write};
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::summary::tokens_of;
use crate::domain::chat::{Block, ChatAnswer, Choice, PartContent, Thinking};
use crate::domain::usage::Usage;

/// The body for the client: the first choice, because the format has one.
pub fn encode(answer: &ChatAnswer, options: &AnswerOptions) -> Bytes {
    let empty = Choice::default();
    let choice = answer.choices.first().unwrap_or(&empty);
    let (mut text, mut thinking, mut calls) = (String::new(), String::new(), Vec::new());
    for block in &choice.message.blocks {
        match block {
            Block::Part(part) => match &part.content {
                PartContent::Text(said) => text.push_str(said),
                PartContent::Image { source, .. }
                | PartContent::Audio { source }
                | PartContent::Video { source }
                | PartContent::File { source, .. } => text.push_str(&media_text(source)),
            },
            Block::Refusal(said) => text.push_str(said),
            Block::Thinking(Thinking::Text { text, .. }) => thinking.push_str(text),
            // Its clients cannot ask for a search.
            Block::Thinking(Thinking::Opaque { .. }) | Block::Search(_) | Block::Citation(_) => {}
            Block::ToolCall(call) => calls.push(Call {
                index: u64::try_from(calls.len()).unwrap_or_default(),
                id: call.id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            }),
        }
    }
    let size = text.len() + thinking.len();
    let size = calls.iter().fold(size, |size, call| size + call.name.len() + call.arguments.len());
    let usage = answer.usage.unwrap_or_else(|| Usage {
        prompt: options.prompt_tokens,
        completion: tokens_of(size),
        ..Usage::default()
    });
    let told = options.ollama;
    let end = End::new(choice.finish_reason.as_ref(), usage, told.elapsed, told.elapsed);
    let logprobs = choice.logprobs.as_ref().and_then(logprobs_of);
    let said = Said { text: &text, thinking: &thinking, calls: &calls, logprobs };
    let mut out = Vec::new();
    write(told.shape, (&answer.model, &told.created_at()), &said, Some(end), &mut out);
    Bytes::from(out)
}

/// Of OpenAI's member, the list for the tokens of the text.
pub(super) fn logprobs_of(logprobs: &Value) -> Option<&[Value]> {
    logprobs.get("content")?.as_array().map(Vec::as_slice)
}
