//! Converts a turn of the model.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::conversation::Conversation;
use super::members::{is_true, list, member, object, text};
use super::origins::Origin;
use super::parts::{self, Piece};
use crate::dialects::envelope::{Envelope, Holds, SEALED_BY};
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::string;
use crate::dialects::json::write::Object;
use crate::dialects::turn_writer::TurnWriter;

#[derive(Default)]
struct Turn {
    written: TurnWriter,
    /// Thinking that no signature has completed.
    thought: String,
    /// The parts of the calls.
    places: Vec<usize>,
}

/// `contents`: of the model, one behind the other.
pub(super) fn add(contents: &[(usize, RawObject<'_>)], conversation: &mut Conversation<'_>) {
    conversation.calls.begin_turn();
    let mut turn = Turn::default();
    for (index, content) in contents {
        for (at, part) in list(content, "parts") {
            turn.take((*index, at), &part, conversation);
        }
    }
    turn.end_thought();
    let content = contents.first().map(|(index, _)| *index);
    let origin = Origin { content, calls: turn.places, ..Origin::default() };
    conversation.push(turn.written.finish(), origin);
}

impl Turn {
    fn take(
        &mut self,
        (index, at): (usize, usize),
        part: &RawObject<'_>,
        conversation: &mut Conversation<'_>,
    ) {
        let signature = text(part, "thoughtSignature").filter(|signature| !signature.is_empty());
        let mut extra = None;
        match signature.as_deref().map(|signature| (signature, Envelope::read(signature))) {
            Some((_, Some(envelope))) => extra = self.open(&envelope),
            // A vendor's own: only of a call it is of use to another API's upstream, which may be
            // in front of Google's.
            Some((signature, None)) => extra = Some(google(signature, None)),
            None => {}
        }
        if is_true(part, "thought") {
            self.thought.push_str(&text(part, "text").unwrap_or_default());
            return;
        }
        self.end_thought();
        if let Some(call) = object(part, "functionCall") {
            let name = text(&call, "name").unwrap_or_default();
            let args = member(&call, "args").map_or("{}", RawValue::get);
            let given = text(&call, "id");
            let id = conversation.calls.call(given.as_deref(), &name, (index, at));
            self.written.call(&id, &name, args, extra.as_deref());
            self.places.push(at);
            return;
        }
        let place = format!("contents[{index}].parts[{at}]");
        if object(part, "inlineData").is_some() {
            conversation.findings.leave_out("inlineData");
            return;
        }
        if let Some(piece) = parts::piece(part, &place, conversation.findings) {
            match piece {
                Piece::Text(text) => {
                    let text = string(text.as_bytes()).map(Cow::into_owned);
                    self.written.say(&text.unwrap_or_default());
                }
                Piece::Media(_) => conversation.findings.leave_out("fileData"),
            }
        }
    }

    /// Puts the thinking of an envelope into its place. The `extra_content` of a call, where it holds
    /// the signature of one.
    fn open(&mut self, envelope: &Envelope) -> Option<String> {
        if envelope.holds == Holds::CallSignature {
            return Some(google(&envelope.data, Some(&envelope.sealed_by)));
        }
        let mut block = Object::default();
        if envelope.holds == Holds::Opaque {
            self.end_thought();
            block.text("type", "redacted_thinking");
            if let Some(id) = &envelope.id {
                block.text("id", id);
            }
            envelope.write_seal("data", &mut block);
            self.written.think(&block.members());
            return None;
        }
        let shown = std::mem::take(&mut self.thought);
        let text = envelope.text.as_deref().unwrap_or(&shown);
        block.text("type", "thinking").text("thinking", text);
        match envelope.holds {
            Holds::Seal => {
                envelope.write_seal("signature", &mut block);
            }
            _ if text.is_empty() => return None,
            _ => {}
        }
        self.written.think(&block.members());
        None
    }

    fn end_thought(&mut self) {
        let text = std::mem::take(&mut self.thought);
        if !text.is_empty() {
            let mut block = Object::default();
            block.text("type", "thinking").text("thinking", &text);
            self.written.think(&block.members());
        }
    }
}

/// The `extra_content` of a call.
fn google(signature: &str, sealed_by: Option<&str>) -> String {
    let mut google = Object::default();
    google.text("thought_signature", signature);
    if let Some(sealed_by) = sealed_by {
        google.text(SEALED_BY, sealed_by);
    }
    Object::default().raw("google", &google.finish()).finish()
}
