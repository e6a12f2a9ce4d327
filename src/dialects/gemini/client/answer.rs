//! Encodes a whole answer as a response of `generateContent`.

use bytes::Bytes;
use serde_json::Value;

use super::grounding::{self, Grounding};
use super::logprobs::Logprobs;
use super::usage::metadata;
use super::wire::{PartWriter, candidate, response};
use crate::dialects::answer_options::AnswerOptions;
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, FinishReason, PartContent, Thinking,
};

/// The body for the client.
pub fn encode(answer: &ChatAnswer, options: &AnswerOptions) -> Bytes {
    let candidates = (0..).zip(&answer.choices).map(|(index, choice)| {
        let end = choice.finish_reason.clone().unwrap_or(FinishReason::Stop);
        let mut candidate = candidate(index, parts(&choice.message, options), Some(&end));
        let mut found = Grounding::default();
        choice.message.searches().for_each(|search| found.search(search));
        choice.message.citations().for_each(|citation| found.cite(citation));
        grounding::add(&mut candidate, found.written(&choice.message.text()));
        let mut logprobs = Logprobs::default();
        choice.logprobs.iter().for_each(|found| logprobs.add(found));
        logprobs.write(&mut candidate);
        candidate
    });
    let usage = answer.usage.as_ref().map(metadata);
    let body = response(candidates.collect(), usage, (&answer.id, &answer.model));
    // Writing JSON into memory cannot fail.
    Bytes::from(serde_json::to_vec(&body).unwrap_or_default())
}

fn parts(message: &AssistantMessage, options: &AnswerOptions) -> Vec<Value> {
    let mut writer = PartWriter::default();
    let mut out = Vec::with_capacity(message.blocks.len());
    for block in &message.blocks {
        match block {
            Block::Part(part) => match &part.content {
                PartContent::Text(text) => writer.say(text, &mut out),
                PartContent::Image { source, .. }
                | PartContent::Audio { source }
                | PartContent::Video { source }
                | PartContent::File { source, .. } => writer.show(source, &mut out),
            },
            Block::Refusal(text) => writer.say(text, &mut out),
            Block::Thinking(Thinking::Text { text, signature }) => {
                writer.think(text, options, &mut out);
                if let Some(seal) = signature {
                    writer.seal(seal, options);
                }
            }
            Block::Thinking(Thinking::Opaque { id, sealed }) => {
                writer.cipher(id.as_deref(), sealed, options);
            }
            Block::ToolCall(call) => writer.call(call, options, &mut out),
            Block::Search(_) | Block::Citation(_) => {}
        }
    }
    writer.end(&mut out);
    out
}
