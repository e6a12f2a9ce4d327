//! Encodes a whole answer as a response.

use bytes::Bytes;
use serde_json::Value;

use super::compaction;
use super::names::{Called, ToolNames};
use super::output::{self, ItemIds};
use super::request::Own;
use super::response::{Failed, Frame, Status, asked, response_id};
use super::usage::WireUsage;
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::call_ids;
use crate::dialects::envelope::Holds;
use crate::dialects::summary::tokens_of;
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, Choice, Media, PartContent, Thinking,
};
use crate::domain::search::Citation;

/// The body for the client: the first choice, because the format has one. `created`: in seconds since
/// 1970.
pub fn encode(answer: &ChatAnswer, options: &AnswerOptions, created: i64) -> Bytes {
    let own = asked(options);
    let empty = Choice::default();
    let choice = answer.choices.first().unwrap_or(&empty);
    let id = response_id(own, &answer.id);
    let citations = choice.message.citations().collect();
    let ids = ItemIds::of(&id);
    let mut builder = Builder {
        own,
        options,
        ids,
        output: Vec::new(),
        content: Vec::new(),
        citations,
        logprobs: choice.logprobs.as_ref().map(output::tokens).unwrap_or_default(),
        said: 0,
        start: 0,
    };
    let mut status = Status::of(choice.finish_reason.as_ref());
    if own.is_some_and(|own| own.is_compaction) {
        let summary = choice.message.text();
        status = builder.summarize(&summary).unwrap_or(status);
    } else {
        choice.message.blocks.iter().for_each(|block| builder.add(block));
        builder.end_message();
    }
    let estimated = || WireUsage::estimated(options.prompt_tokens, estimate(&choice.message));
    let usage = answer.usage.map_or_else(estimated, WireUsage::from);
    let frame = Frame { id, created, model: answer.model.clone() };
    Bytes::from(frame.write(own, &status, &builder.output, Some(&usage)))
}

struct Builder<'o> {
    own: Option<&'o Own>,
    options: &'o AnswerOptions,
    ids: ItemIds,
    output: Vec<Value>,
    /// Parts of the message that is not ended.
    content: Vec<Value>,
    citations: Vec<&'o Citation>,
    /// Of the text, all of it with its first part.
    logprobs: Vec<Value>,
    /// Characters of text so far, and before the last part of the message.
    said: usize,
    start: usize,
}

impl Builder<'_> {
    /// The status, where there is no summary.
    fn summarize(&mut self, summary: &str) -> Option<Status> {
        if summary.trim().is_empty() {
            return Some(no_summary());
        }
        let sealed = compaction::sealed(summary, &self.options.served_by);
        let id = self.ids.next("cmp");
        self.output.push(output::compaction(&id, &sealed));
        None
    }

    fn add(&mut self, block: &Block) {
        match block {
            Block::Part(part) => match &part.content {
                PartContent::Text(text) => {
                    self.say(text);
                    self.said += text.chars().count();
                }
                PartContent::Image { source: Media::Inline { data, .. }, .. } => {
                    self.end_message();
                    let id = self.ids.next("ig");
                    self.output.push(output::image(&id, data));
                }
                PartContent::Image { source, .. }
                | PartContent::Audio { source }
                | PartContent::Video { source }
                | PartContent::File { source, .. } => self.say(&output::media_text(source)),
            },
            Block::Refusal(text) => {
                self.annotate();
                self.content.push(output::refusal_part(text));
            }
            Block::Citation(_) => {}
            Block::Search(search) => {
                self.end_message();
                let id = self.ids.next("ws");
                self.output.push(output::search(&id, "completed", search));
            }
            Block::Thinking(Thinking::Text { text, signature }) => {
                let sealed = match signature {
                    Some(seal) if text.is_empty() => {
                        self.options.thinking(String::new(), Some(seal))
                    }
                    Some(seal) => self.options.sealed(Holds::Seal, seal, None),
                    None => self.options.unsealed(),
                };
                self.think(text, &sealed);
            }
            Block::Thinking(Thinking::Opaque { id, sealed }) => {
                let sealed = self.options.sealed(Holds::Opaque, sealed, id.as_deref());
                self.think("", &sealed);
            }
            Block::ToolCall(call) => {
                if let Some(signature) = &call.signature {
                    self.think("", &self.options.call_signature(signature));
                }
                self.end_message();
                let called = called(self.own, &call.name);
                let id = self.ids.next(output::call_prefix(called.kind));
                let call_id = call_ids::plain(&call.id).into_owned();
                self.output.push(output::call(
                    &id,
                    "completed",
                    &call_id,
                    &called,
                    &call.arguments,
                ));
            }
        }
    }

    fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // A refusal has another member.
        match self.content.last_mut().and_then(|part| part.get_mut("text")) {
            Some(Value::String(said)) => said.push_str(text),
            _ => {
                self.start = self.said;
                self.content.push(output::text_part(text));
            }
        }
    }

    /// Adds to the last part what its text cites.
    fn annotate(&mut self) {
        let (start, end) = (self.start, self.said);
        let is_within =
            |citation: &&&Citation| start <= citation.start && citation.start < end.max(start + 1);
        let annotations: Vec<Value> = self
            .citations
            .iter()
            .filter(is_within)
            .map(|citation| output::annotation(citation, start))
            .collect();
        if let Some(part) = self.content.last_mut().filter(|part| part.get("text").is_some()) {
            output::annotate(part, annotations);
            output::add_logprobs(part, std::mem::take(&mut self.logprobs));
        }
    }

    fn think(&mut self, text: &str, sealed: &str) {
        self.end_message();
        let wants_sealed = self.own.is_some_and(Own::shows_sealed);
        // It would say nothing.
        if text.is_empty() && !wants_sealed {
            return;
        }
        let id = self.ids.next("rs");
        self.output.push(output::reasoning(&id, text, wants_sealed.then_some(sealed)));
    }

    fn end_message(&mut self) {
        if !self.content.is_empty() {
            self.annotate();
            let content = std::mem::take(&mut self.content);
            let id = self.ids.next("msg");
            self.output.push(output::message(&id, "completed", &content));
        }
    }
}

/// The tool that a call is of.
pub(super) fn called(own: Option<&Own>, name: &str) -> Called {
    own.map_or_else(|| ToolNames::default().own(name), |own| own.called(name))
}

/// The model was asked for a summary and wrote none.
pub(super) fn no_summary() -> Status {
    let message =
        "the model wrote no summary of the conversation; try again, or with another model";
    Failed::of_server(message)
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
