//! Converts a turn of the model.

use serde_json::value::RawValue;

use super::blocks::{Piece, kind};
use super::content::pieces;
use super::conversation::{Conversation, objects};
use super::documents;
use super::origins::Origin;
use super::sealed::{self, Thought};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::fields::{present, string, text_of};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::turn_writer::TurnWriter;

#[derive(Default)]
struct Turn {
    written: TurnWriter,
    /// The calls, and their blocks.
    ids: Vec<String>,
    places: Vec<usize>,
    /// For the call that follows.
    signature: Option<String>,
}

pub(super) fn add(
    index: usize,
    content: &RawValue,
    conversation: &mut Conversation<'_>,
) -> Result<(), BadRequest> {
    conversation.answer_the_rest(index);
    let mut turn = Turn::default();
    if Kind::of(content) == Kind::String {
        turn.written.say(&string(content.get().as_bytes()).unwrap_or_default());
    } else {
        let place = format!("messages.{index}.content");
        for (at, block) in objects(content, &place, "an object")?.iter().enumerate() {
            turn.take(at, block, &format!("{place}.{at}"), conversation);
        }
    }
    conversation.called.extend(turn.ids.iter().cloned());
    conversation.unanswered = turn.ids;
    let origin = Origin { message: Some(index), calls: turn.places, ..Origin::default() };
    conversation.push(turn.written.finish(), origin);
    Ok(())
}

impl Turn {
    fn take(
        &mut self,
        at: usize,
        block: &RawObject<'_>,
        place: &str,
        conversation: &mut Conversation<'_>,
    ) {
        match &*kind(block) {
            "tool_use" => self.call(at, block, place, conversation),
            "thinking" | "redacted_thinking" => match sealed::thought(block) {
                Some(Thought::Block(members)) => self.written.think(&members),
                Some(Thought::CallSignature(extra)) => self.signature = Some(extra),
                None => {}
            },
            kind => {
                if let Some(text) = documents::of_server_tool(kind, block) {
                    return self.written.say_aside(&text);
                }
                for piece in pieces(block, place, conversation.findings) {
                    match piece {
                        Piece::Text(text) => {
                            self.written.say(&string(text.as_bytes()).unwrap_or_default());
                        }
                        Piece::Media(_) => conversation.findings.leave_out("image"),
                    }
                }
            }
        }
    }

    fn call(
        &mut self,
        at: usize,
        block: &RawObject<'_>,
        place: &str,
        conversation: &mut Conversation<'_>,
    ) {
        let id = text_of(block, "id").filter(|id| !id.is_empty());
        let name = text_of(block, "name").filter(|name| !name.is_empty());
        let (Some(id), Some(name)) = (id, name) else {
            conversation.findings.cannot_be_sent(place, "needs an `id` and a `name`");
            return;
        };
        let input = present(block, "input").map_or("{}", RawValue::get);
        self.written.call(&id, &name, input, self.signature.take().as_deref());
        self.ids.push(id.into_owned());
        self.places.push(at);
    }
}
