//! Encodes messages as contents: system messages apart, tool results together, and neighbours of
//! one role in one content, because roles must alternate.

use serde_json::value::RawValue;

use super::media;
use super::request::{Content, FunctionCall, Part, Payload, Role};
use super::results::OpenCalls;
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::{InMessage, Member, Place};
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::{
    self, AssistantMessage, Block, Maker, Message, PartContent, Thinking, ToolCall,
};

/// Gemini 3 and later answer 400 to a call of the running turn without its signature. This is the
/// documented signature for a history written by another model or an older client.
///
/// Source: Gemini API, "Thought signatures", FAQ.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    /// All system messages, wherever they were: Gemini has one place for them.
    pub(super) system: Vec<Part<'a>>,
    pub(super) contents: Vec<Content<'a>>,
}

/// # Errors
/// When a part cannot be carried, tool calls and results do not match, or there is nothing to
/// answer.
pub(super) fn encode<'a>(
    messages: &'a [Message],
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Conversation<'a>, Untranslatable> {
    let mut conversation = Conversation::default();
    let mut open: Option<OpenCalls<'a>> = None;
    let turn_start = start_of_turn(messages);
    for (index, message) in messages.iter().enumerate() {
        let place = InMessage::at(index);
        if matches!(message, Message::User { .. } | Message::Assistant(_)) {
            conversation.answer(open.take())?;
        }
        match message {
            Message::System { content } => conversation.system(content, place, dropped)?,
            Message::User { content } => {
                let mut parts = parts(content, place, capabilities, dropped)?;
                // An empty user message counts as a turn: Gemini accepts an empty text.
                if parts.is_empty() && !conversation.ends_with(Role::User) {
                    parts.push(Part::from(Payload::Text("")));
                }
                conversation.push(Role::User, parts);
            }
            Message::Assistant(message) => {
                let has_user =
                    conversation.contents.iter().any(|content| content.role == Role::User);
                if message.has_tool_calls() && !has_user {
                    let complaint = " calls tools before any message of the user";
                    return Err(Untranslatable::at(place, complaint));
                }
                let needs_signature =
                    capabilities.thinking == ThinkingStyle::Level && index >= turn_start;
                let parts = answer(message, place, capabilities, needs_signature, dropped)?;
                conversation.push(Role::Model, parts);
                open = OpenCalls::of(message, place)?;
            }
            Message::Tool { call_id, content, is_error } => {
                let Some(open) = &mut open else {
                    let complaint = " follows no assistant message with tool calls";
                    return Err(Untranslatable::at(place, complaint));
                };
                open.take(call_id, content, *is_error, place, capabilities, dropped)?;
            }
        }
    }
    conversation.answer(open)?;
    conversation.check_end(messages)?;
    Ok(conversation)
}

/// The running turn begins after the last user message with content of its own. One that follows
/// tool results shares their content, so it does not count.
fn start_of_turn(messages: &[Message]) -> usize {
    let mut start = 0;
    let mut follows_results = false;
    for (index, message) in messages.iter().enumerate() {
        match message {
            Message::User { .. } if !follows_results => start = index,
            Message::Tool { .. } => follows_results = true,
            Message::Assistant(message) if is_silent(message) => {}
            Message::Assistant(_) => follows_results = false,
            Message::User { .. } | Message::System { .. } => {}
        }
    }
    start
}

fn is_empty(content: &[chat::Part]) -> bool {
    let is_empty =
        |part: &chat::Part| matches!(&part.content, PartContent::Text(text) if text.is_empty());
    content.iter().all(is_empty)
}

fn is_silent(message: &AssistantMessage) -> bool {
    message.blocks.iter().all(|block| match block {
        Block::Part(part) => is_empty(std::slice::from_ref(part)),
        Block::Refusal(text) => text.is_empty(),
        Block::Thinking(thinking) => signature_of(thinking).is_none(),
        Block::Search(_) | Block::Citation(_) => true,
        Block::ToolCall(_) => false,
    })
}

impl<'a> Conversation<'a> {
    fn system(
        &mut self,
        content: &'a [chat::Part],
        place: InMessage,
        dropped: &mut Dropped,
    ) -> Result<(), Untranslatable> {
        for (index, part) in content.iter().enumerate() {
            let PartContent::Text(text) = &part.content else {
                let complaint = ": system messages to Gemini hold nothing but text";
                return Err(Untranslatable::at(place.content(index), complaint));
            };
            dropped.record_if(part.cache_control.is_some(), "cache_control");
            self.system.extend(said(text));
        }
        Ok(())
    }

    /// The results of the calls before, in the order of the calls.
    fn answer(&mut self, open: Option<OpenCalls<'a>>) -> Result<(), Untranslatable> {
        if let Some(open) = open {
            self.push(Role::User, open.close()?);
        }
        Ok(())
    }

    fn ends_with(&self, role: Role) -> bool {
        self.contents.last().is_some_and(|last| last.role == role)
    }

    fn push(&mut self, role: Role, mut parts: Vec<Part<'a>>) {
        match self.contents.last_mut() {
            _ if parts.is_empty() => {}
            Some(last) if last.role == role => {
                last.parts.retain(|part| !part.is_empty());
                last.parts.append(&mut parts);
            }
            _ => self.contents.push(Content { role, parts }),
        }
    }

    fn check_end(&self, messages: &[Message]) -> Result<(), Untranslatable> {
        match self.contents.last() {
            Some(Content { role: Role::User, .. }) => Ok(()),
            Some(Content { role: Role::Model, .. }) => {
                let place = InMessage::at(messages.len().saturating_sub(1));
                let complaint = "the conversation must end with a user message or a tool result: \
                    Gemini does not continue the assistant's";
                Err(Untranslatable::saying(complaint, place))
            }
            None => {
                let complaint = " holds nothing to answer: send a message of the user";
                Err(Untranslatable::at(Place::Parameter("messages"), complaint))
            }
        }
    }
}

fn parts<'a>(
    content: &'a [chat::Part],
    place: InMessage,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Vec<Part<'a>>, Untranslatable> {
    let mut parts = Vec::with_capacity(content.len());
    for (index, part) in content.iter().enumerate() {
        match media::encode(part, place.content(index), capabilities, dropped)? {
            Payload::Text("") => {}
            data => parts.push(Part::from(data)),
        }
    }
    Ok(parts)
}

/// `None` for an empty text.
fn said(text: &str) -> Option<Part<'_>> {
    (!text.is_empty()).then(|| Part::from(Payload::Text(text)))
}

/// The answer in its order. Signatures of thinking are placed where Gemini gave them: on the text
/// right after it, or else on an empty text. The thoughts themselves are summaries, which Gemini
/// does not want back; others are unsigned, or another provider's.
fn answer<'a>(
    message: &'a AssistantMessage,
    place: InMessage,
    capabilities: &Capabilities,
    needs_signature: bool,
    dropped: &mut Dropped,
) -> Result<Vec<Part<'a>>, Untranslatable> {
    let takes_signatures = capabilities.thinking != ThinkingStyle::None;
    let mut parts: Vec<Part<'a>> = Vec::with_capacity(message.blocks.len());
    let (mut content, mut calls) = (0, 0);
    for block in &message.blocks {
        let data = match block {
            Block::Part(part) => {
                let place = place.content(content);
                content += 1;
                media::encode(part, place, capabilities, dropped)?
            }
            Block::Refusal(text) => Payload::Text(text),
            // A client's history holds them as text.
            Block::Search(_) | Block::Citation(_) => continue,
            Block::Thinking(thinking) => {
                let signature = signature_of(thinking).filter(|_| takes_signatures);
                let signed = |text| Part { data: Payload::Text(""), thought_signature: Some(text) };
                parts.extend(signature.map(signed));
                continue;
            }
            Block::ToolCall(call) => {
                let place = place.call(calls);
                // Of parallel calls only the first is signed, so only the first can lack it.
                parts.push(self::call(call, place, needs_signature && calls == 0)?);
                calls += 1;
                continue;
            }
        };
        match (parts.last_mut(), data) {
            (_, Payload::Text("")) => {}
            (Some(Part { data: signed @ Payload::Text(""), .. }), data @ Payload::Text(_)) => {
                *signed = data;
            }
            (_, data) => parts.push(Part::from(data)),
        }
    }
    Ok(parts)
}

fn signature_of(thinking: &Thinking) -> Option<&str> {
    match thinking {
        Thinking::Text { signature, .. } => signature.as_ref()?.of(Maker::Google),
        Thinking::Opaque { .. } => None,
    }
}

fn call<'a>(
    call: &'a ToolCall,
    place: InMessage,
    needs_signature: bool,
) -> Result<Part<'a>, Untranslatable> {
    let args: &RawValue = serde_json::from_str(&call.arguments).map_err(|error| {
        Untranslatable::at(place.member(Member::Arguments), format!(" is not JSON: {error}"))
    })?;
    let stand_in = needs_signature.then_some(NO_SIGNATURE);
    Ok(Part {
        data: Payload::FunctionCall(FunctionCall { id: &call.id, name: &call.name, args }),
        thought_signature: call.signature.as_deref().or(stand_in),
    })
}

#[cfg(test)]
mod tests;
