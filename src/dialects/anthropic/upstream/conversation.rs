//! Encodes the messages of a chat in the order that the API requires: system text apart,
//! alternating turns of user and assistant, and tool results at the beginning of the turn after the
//! calls.

use serde_json::value::RawValue;

use super::calls;
use super::content::{self, Context};
use super::wire::{Block, Message, Role};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::json::Kind;
use crate::dialects::place::{InMessage, Member, Place};
use crate::dialects::tool_calls::ToolCalls;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{self, AssistantMessage, Maker, Part, Thinking};

#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub system: Vec<Block<'a>>,
    pub messages: Vec<Message<'a>>,
}

impl<'a> Conversation<'a> {
    /// # Errors
    /// When a message cannot be carried, or is in a place where the API refuses it.
    pub(super) fn encode(
        messages: &'a [chat::Message],
        capabilities: &Capabilities,
        dropped: &mut Dropped,
    ) -> Result<Self, Untranslatable> {
        let mut turns = Turns {
            capabilities,
            dropped,
            system: Vec::new(),
            messages: Vec::new(),
            late: Vec::new(),
            calls: ToolCalls::new(calls::IDS),
        };
        for (index, message) in messages.iter().enumerate() {
            let place = InMessage::at(index);
            match message {
                chat::Message::System { content } => turns.system(content, place)?,
                chat::Message::User { content } => turns.user(content, place)?,
                chat::Message::Assistant(message) => turns.assistant(message, place)?,
                chat::Message::Tool { call_id, content, is_error } => {
                    turns.tool(call_id, content, *is_error, place)?;
                }
            }
        }
        let is_assistant = |message: &chat::Message| matches!(message, chat::Message::Assistant(_));
        turns.finish(messages.iter().rposition(is_assistant).unwrap_or_default())
    }

    /// Whether thinking with a budget may continue: the turn that the model continues must begin
    /// with thinking. A tool loop is one turn, so the first answer of the loop counts.
    pub(super) fn may_go_on_thinking(&self) -> bool {
        let mut first: Option<&Message<'_>> = None;
        for message in self.messages.iter().rev() {
            match message.role {
                Role::Assistant => first = Some(message),
                Role::User
                    if !matches!(message.content.first(), Some(Block::ToolResult { .. })) =>
                {
                    break;
                }
                Role::User | Role::System => {}
            }
        }
        first.is_none_or(|message| {
            let block = message.content.first();
            matches!(block, Some(Block::Thinking { .. } | Block::RedactedThinking { .. }))
        })
    }
}

struct Turns<'a, 'c> {
    capabilities: &'c Capabilities,
    dropped: &'c mut Dropped,
    system: Vec<Block<'a>>,
    messages: Vec<Message<'a>>,
    /// System text held until the end of the user's turn: the API takes it only right after a
    /// user's turn and right before the assistant's, or last.
    late: Vec<Block<'a>>,
    calls: ToolCalls<'a>,
}

impl<'a> Turns<'a, '_> {
    fn system(&mut self, content: &'a [Part], place: InMessage) -> Result<(), Untranslatable> {
        let blocks = self.blocks(content, place, false)?;
        if self.messages.is_empty() || !self.capabilities.takes_late_system {
            self.system.extend(blocks);
        } else {
            self.late.extend(blocks);
        }
        Ok(())
    }

    fn user(&mut self, content: &'a [Part], place: InMessage) -> Result<(), Untranslatable> {
        self.calls.close().map_err(calls::refused)?;
        let blocks = self.blocks(content, place, true)?;
        if blocks.is_empty() {
            return Err(Untranslatable::at(place.member(Member::Content), " is empty"));
        }
        self.push(Role::User, blocks);
        Ok(())
    }

    fn assistant(
        &mut self,
        message: &'a AssistantMessage,
        place: InMessage,
    ) -> Result<(), Untranslatable> {
        self.calls.close().map_err(calls::refused)?;
        let mut blocks: Vec<Block<'a>> = Vec::with_capacity(message.blocks.len());
        let (mut parts, mut called) = (0, 0);
        for block in &message.blocks {
            match block {
                chat::Block::Part(part) => {
                    let place = place.content(parts);
                    parts += 1;
                    self.record_lost_marker(part);
                    let context = Context { capabilities: self.capabilities, takes_media: false };
                    blocks.extend(content::block(part, place, &context, self.dropped)?);
                }
                chat::Block::Refusal(text) if text.trim().is_empty() => {}
                chat::Block::Refusal(text) => {
                    blocks.push(Block::Text { text, cache_control: None });
                }
                chat::Block::Thinking(thinking) => blocks.extend(thinking_block(thinking)),
                // A client's history holds them as text.
                chat::Block::Search(_) | chat::Block::Citation(_) => {}
                chat::Block::ToolCall(call) => {
                    let place = place.call(called);
                    called += 1;
                    let input = input(&call.arguments, place)?;
                    let id = self.calls.open(call, place).map_err(calls::refused)?;
                    blocks.push(Block::ToolUse { id, name: &call.name, input });
                }
            }
        }
        // The API refuses a turn that ends in thinking, as a cut-off answer does.
        let is_thinking = |block: &mut Block<'_>| {
            matches!(block, Block::Thinking { .. } | Block::RedactedThinking { .. })
        };
        while blocks.pop_if(is_thinking).is_some() {}
        if blocks.is_empty() {
            return Ok(());
        }
        if self.messages.is_empty() {
            let complaint = ": a conversation must begin with a message of the user";
            return Err(Untranslatable::at(place, complaint));
        }
        self.place_late_system();
        self.push(Role::Assistant, blocks);
        Ok(())
    }

    fn tool(
        &mut self,
        call_id: &str,
        content: &'a [Part],
        is_error: bool,
        place: InMessage,
    ) -> Result<(), Untranslatable> {
        let tool_use_id = self.calls.answer(call_id, place).map_err(calls::refused)?.id.clone();
        // One marker for the whole result: a breakpoint covers all that is before it.
        let cache_control = content.iter().rev().find_map(|part| part.cache_control.as_ref());
        let is_marked = |part: &&Part| part.cache_control.is_some();
        self.dropped.record_if(content.iter().filter(is_marked).count() > 1, "cache_control");
        let context = Context { capabilities: self.capabilities, takes_media: true };
        let mut content = content::blocks(content, place, &context, self.dropped)?;
        for block in &mut content {
            if let Block::Text { cache_control, .. }
            | Block::Image { cache_control, .. }
            | Block::Document { cache_control, .. } = block
            {
                *cache_control = None;
            }
        }
        let result = Block::ToolResult { tool_use_id, content, is_error, cache_control };
        self.push(Role::User, vec![result]);
        Ok(())
    }

    fn finish(mut self, last_answer: usize) -> Result<Conversation<'a>, Untranslatable> {
        self.calls.close().map_err(calls::refused)?;
        if self.messages.is_empty() {
            let complaint = " holds no message of the user";
            return Err(Untranslatable::at(Place::Parameter("messages"), complaint));
        }
        self.place_late_system();
        // No user turn follows.
        self.system.append(&mut self.late);
        self.check_prefill(last_answer)?;
        Ok(Conversation { system: self.system, messages: self.messages })
    }

    /// A last message of the assistant is the beginning of the answer.
    fn check_prefill(&self, last_answer: usize) -> Result<(), Untranslatable> {
        let Some(Message { role: Role::Assistant, content }) = self.messages.last() else {
            return Ok(());
        };
        let place = InMessage::at(last_answer);
        if !self.capabilities.takes_prefill {
            let complaint =
                " is the assistant's; this model does not go on with an answer that was begun";
            return Err(Untranslatable::at(place, complaint));
        }
        if let Some(Block::Text { text, .. }) = content.last()
            && text.ends_with(char::is_whitespace)
        {
            let complaint = ": text that the assistant is to go on with must not end in whitespace";
            return Err(Untranslatable::at(place.member(Member::Content), complaint));
        }
        Ok(())
    }

    fn place_late_system(&mut self) {
        let is_users_turn = self.messages.last().is_some_and(|last| last.role == Role::User);
        if is_users_turn && !self.late.is_empty() {
            let content = std::mem::take(&mut self.late);
            self.messages.push(Message { role: Role::System, content });
        }
    }

    /// Whitespace-only text is dropped, together with its marker.
    fn record_lost_marker(&mut self, part: &Part) {
        let is_blank = part.text().is_some_and(|text| text.trim().is_empty());
        self.dropped.record_if(is_blank && part.cache_control.is_some(), "cache_control");
    }

    /// Consecutive messages of one role form one turn.
    fn push(&mut self, role: Role, blocks: Vec<Block<'a>>) {
        match self.messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            _ => self.messages.push(Message { role, content: blocks }),
        }
    }

    fn blocks(
        &mut self,
        content: &'a [Part],
        place: InMessage,
        takes_media: bool,
    ) -> Result<Vec<Block<'a>>, Untranslatable> {
        let context = Context { capabilities: self.capabilities, takes_media };
        content.iter().for_each(|part| self.record_lost_marker(part));
        content::blocks(content, place, &context, self.dropped)
    }
}

/// Thinking is sent back unchanged; without Anthropic's own signature it would be refused, and a
/// signature cannot be generated.
fn thinking_block(thinking: &Thinking) -> Option<Block<'_>> {
    match thinking {
        Thinking::Text { text, signature } => {
            let signature = signature.as_ref()?.of(Maker::Anthropic)?;
            let signature = Some(signature).filter(|signature| !signature.is_empty())?;
            Some(Block::Thinking { thinking: text, signature })
        }
        Thinking::Opaque { sealed, .. } => {
            Some(Block::RedactedThinking { data: sealed.of(Maker::Anthropic)? })
        }
    }
}

/// The arguments as spelled; an empty text means none.
fn input(arguments: &str, place: InMessage) -> Result<&RawValue, Untranslatable> {
    let text = if arguments.trim().is_empty() { "{}" } else { arguments };
    match serde_json::from_str::<&RawValue>(text) {
        Ok(input) if Kind::of(input) == Kind::Object => Ok(input),
        _ => {
            let place = place.member(Member::Arguments);
            Err(Untranslatable::at(place, " must be the text of a JSON object"))
        }
    }
}

#[cfg(test)]
mod tests;
