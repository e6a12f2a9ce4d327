//! The order of a turn. Chat has what was said, thought and called in members of their own, so
//! where these stood among each other travels in those that a client sends back anyway: an element
//! of `thinking_blocks` or `reasoning_details`, and a call, may say `after` how much they stood.
//!
//! Without it thinking stood first and calls last, which is how most turns go: nothing is said
//! then. Whatever a client sends there, some order comes of it.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::domain::chat::{AssistantMessage, Block, Part, PartContent, Thinking, ToolCall};

/// How much of a turn stood before a piece of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct After {
    /// Characters of `content`; those of `refusal` follow.
    #[serde(rename = "content")]
    pub said: usize,
    /// Of a call it is known.
    #[serde(rename = "tool_calls", skip_serializing_if = "is_zero")]
    pub calls: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl After {
    /// `None` for what is no place; a count that is none is 0.
    pub(super) fn read(value: Option<&Value>) -> Option<Self> {
        let members = value?.as_object()?;
        let count = |name| {
            let count = members.get(name).and_then(Value::as_u64).unwrap_or(0);
            usize::try_from(count).unwrap_or(usize::MAX)
        };
        Some(Self { said: count("content"), calls: count("tool_calls") })
    }

    pub(super) fn is_start(self) -> bool {
        self == Self::default()
    }

    pub(super) fn say(&mut self, text: &str) {
        self.said = self.said.saturating_add(text.chars().count());
    }
}

/// Where each block of a turn stands.
pub(super) fn places(message: &AssistantMessage) -> impl Iterator<Item = (After, &Block)> {
    let mut place = After::default();
    message.blocks.iter().map(move |block| {
        let before = place;
        match block {
            Block::Part(part) => place.say(part.text().unwrap_or_default()),
            Block::Refusal(text) => place.say(text),
            Block::ToolCall(_) => place.calls += 1,
            Block::Thinking(_) => {}
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
    /// The turn in its order.
    pub(super) fn into_message(self) -> AssistantMessage {
        let calls = self.calls.len();
        // How much was said before each call, and in the end. A call stood before the next one.
        let mut ends = vec![usize::MAX];
        for (_, after) in self.calls.iter().rev() {
            let next = ends.last().copied().unwrap_or(usize::MAX);
            ends.push(after.map_or(next, |after| after.said.min(next)));
        }
        ends.reverse();

        let mut said = Said::new(self.parts, self.refusal);
        let mut thinking = self.thinking.into_iter().peekable();
        let mut tool_calls = self.calls.into_iter();
        let mut blocks = Vec::new();
        for (before, end) in ends.into_iter().enumerate() {
            // Thinking keeps its order, so what stands behind the next one waits for it.
            while let Some((thought, after)) = thinking
                .next_if(|(_, after)| after.unwrap_or_default().calls <= before || before == calls)
            {
                said.take_up_to(after.unwrap_or_default().said.min(end), &mut blocks);
                blocks.push(Block::Thinking(thought));
            }
            said.take_up_to(end, &mut blocks);
            blocks.extend(tool_calls.next().map(|(call, _)| Block::ToolCall(call)));
        }
        AssistantMessage { blocks }
    }
}

/// What is said, handed out piece by piece.
struct Said {
    rest: VecDeque<Block>,
    /// Characters that were handed out.
    taken: usize,
}

impl Said {
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

    /// The marker of a text that was cut covers all of it.
    fn rest_of(&mut self, head: &mut Block, tail: Option<String>) {
        let Some(tail) = tail else { return };
        self.rest.push_front(match head {
            Block::Part(part) => Block::Part(Part {
                content: PartContent::Text(tail),
                cache_control: part.cache_control.take(),
            }),
            Block::Refusal(_) | Block::Thinking(_) | Block::ToolCall(_) => Block::Refusal(tail),
        });
    }
}

fn text_of(block: &mut Block) -> Option<&mut String> {
    match block {
        Block::Part(Part { content: PartContent::Text(text), .. }) | Block::Refusal(text) => {
            Some(text)
        }
        Block::Part(_) | Block::Thinking(_) | Block::ToolCall(_) => None,
    }
}

#[cfg(test)]
mod tests;
