//! The order of a turn. Chat keeps text, thinking and calls in separate members, so their order
//! travels in members that clients send back anyway: an element of `thinking_blocks` or
//! `reasoning_details`, and a call, may carry its position in `after`.
//!
//! Without `after`, thinking comes first and calls last, as in most turns, which therefore carry
//! none. Any value that a client sends gives some order.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::domain::chat::{AssistantMessage, Block, Part, PartContent, Thinking, ToolCall};

/// The position of a piece in its turn: how much came before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct After {
    /// Characters of `content`; those of `refusal` follow.
    #[serde(rename = "content")]
    pub text: usize,
    /// Not written for a call, whose index says it.
    #[serde(rename = "tool_calls", skip_serializing_if = "is_zero")]
    pub calls: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl After {
    /// `None` for a value that is not a position; a count that is not a number is 0.
    pub(super) fn read(value: Option<&Value>) -> Option<Self> {
        let members = value?.as_object()?;
        let count = |name| {
            let count = members.get(name).and_then(Value::as_u64).unwrap_or(0);
            usize::try_from(count).unwrap_or(usize::MAX)
        };
        Some(Self { text: count("content"), calls: count("tool_calls") })
    }

    pub(super) fn is_start(self) -> bool {
        self == Self::default()
    }

    pub(super) fn advance(&mut self, text: &str) {
        self.text = self.text.saturating_add(text.chars().count());
    }
}

/// Each block of a turn with its position.
pub(super) fn places(message: &AssistantMessage) -> impl Iterator<Item = (After, &Block)> {
    let mut place = After::default();
    message.blocks.iter().map(move |block| {
        let before = place;
        match block {
            Block::Part(part) => place.advance(part.text().unwrap_or_default()),
            Block::Refusal(text) => place.advance(text),
            Block::ToolCall(_) => place.calls += 1,
            Block::Thinking(_) | Block::Search(_) | Block::Citation(_) => {}
        }
        (before, block)
    })
}

/// The members of a client's message.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Members {
    pub parts: Vec<Part>,
    pub refusal: Option<String>,
    pub thinking: Vec<(Thinking, Option<After>)>,
    pub calls: Vec<(ToolCall, Option<After>)>,
}

impl Members {
    /// The turn, in order.
    pub(super) fn into_message(self) -> AssistantMessage {
        let calls = self.calls.len();
        // The length of the text before each call, and of all text. A call precedes the next one.
        let mut ends = vec![usize::MAX];
        for (_, after) in self.calls.iter().rev() {
            let next = ends.last().copied().unwrap_or(usize::MAX);
            ends.push(after.map_or(next, |after| after.text.min(next)));
        }
        ends.reverse();

        let mut remaining = RemainingText::new(self.parts, self.refusal);
        let mut thinking = self.thinking.into_iter().peekable();
        let mut tool_calls = self.calls.into_iter();
        let mut blocks = Vec::new();
        for (before, end) in ends.into_iter().enumerate() {
            // Thinking keeps its order: a block waits for those before it.
            while let Some((thought, after)) = thinking
                .next_if(|(_, after)| after.unwrap_or_default().calls <= before || before == calls)
            {
                remaining.take_up_to(after.unwrap_or_default().text.min(end), &mut blocks);
                blocks.push(Block::Thinking(thought));
            }
            remaining.take_up_to(end, &mut blocks);
            blocks.extend(tool_calls.next().map(|(call, _)| Block::ToolCall(call)));
        }
        AssistantMessage { blocks }
    }
}

/// The text of a turn (content, then refusal), taken out piece by piece.
struct RemainingText {
    rest: VecDeque<Block>,
    /// Characters already taken.
    taken: usize,
}

impl RemainingText {
    fn new(parts: Vec<Part>, refusal: Option<String>) -> Self {
        let mut rest: VecDeque<Block> = parts.into_iter().map(Block::Part).collect();
        rest.extend(refusal.map(Block::Refusal));
        Self { rest, taken: 0 }
    }

    fn take_up_to(&mut self, end: usize, out: &mut Vec<Block>) {
        while self.taken < end
            && let Some(mut block) = self.rest.pop_front()
        {
            let tail = text_of(&mut block).and_then(|text| {
                let cut = text.char_indices().nth(end - self.taken).map(|(at, _)| at);
                let tail = cut.map(|at| text.split_off(at));
                self.taken = self.taken.saturating_add(text.chars().count());
                tail
            });
            self.rest_of(&mut block, tail);
            out.push(block);
        }
    }

    /// Puts the tail of a cut text back. Its cache marker covers the whole text, so it moves there.
    fn rest_of(&mut self, head: &mut Block, tail: Option<String>) {
        let Some(tail) = tail else { return };
        self.rest.push_front(match head {
            Block::Part(part) => Block::Part(Part {
                content: PartContent::Text(tail),
                cache_control: part.cache_control.take(),
            }),
            _ => Block::Refusal(tail),
        });
    }
}

fn text_of(block: &mut Block) -> Option<&mut String> {
    match block {
        Block::Part(Part { content: PartContent::Text(text), .. }) | Block::Refusal(text) => {
            Some(text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
