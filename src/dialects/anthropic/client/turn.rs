//! Converts a turn of the model. A chat keeps text, thinking and calls apart; where they stood in
//! another order than these, they say after how much of the text and after which calls.

use serde_json::value::RawValue;

use super::blocks::{Piece, kind};
use super::content::pieces;
use super::conversation::{Conversation, objects};
use super::origins::Origin;
use super::sealed::{self, Thought};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::fields::{present, string, text_of};
use crate::dialects::json::write::{Object, list, quoted};
use crate::dialects::json::{Kind, RawObject};

#[derive(Default)]
struct Turn {
    text: String,
    chars: usize,
    thinking: Vec<String>,
    calls: Vec<Call>,
    /// For the call that follows.
    signature: Option<String>,
}

struct Call {
    id: String,
    block: usize,
    members: String,
    /// The length of the text before it, where more text follows.
    after: Option<usize>,
}

pub(super) fn add(
    index: usize,
    content: &RawValue,
    conversation: &mut Conversation<'_>,
) -> Result<(), BadRequest> {
    conversation.answer_the_rest(index);
    let mut turn = Turn::default();
    if Kind::of(content) == Kind::String {
        turn.say(&string(content.get().as_bytes()).unwrap_or_default());
    } else {
        let place = format!("messages.{index}.content");
        for (at, block) in objects(content, &place, "an object")?.iter().enumerate() {
            turn.take(at, block, &format!("{place}.{at}"), conversation);
        }
    }
    let calls: Vec<String> = turn.calls.iter().map(|call| call.id.clone()).collect();
    conversation.called.extend(calls.iter().cloned());
    conversation.unanswered = calls;
    let blocks = turn.calls.iter().map(|call| call.block).collect();
    let origin = Origin { message: Some(index), calls: blocks, ..Origin::default() };
    conversation.push(turn.finish(), origin);
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
                Some(Thought::Block(members)) => self.think(&members),
                Some(Thought::CallSignature(extra)) => self.signature = Some(extra),
                None => {}
            },
            _ => {
                for piece in pieces(block, place, conversation.findings) {
                    match piece {
                        Piece::Text(text) => {
                            self.say(&string(text.as_bytes()).unwrap_or_default());
                        }
                        Piece::Media(_) => conversation.findings.leave_out("image"),
                    }
                }
            }
        }
    }

    fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(last) = self.calls.last_mut() {
            last.after.get_or_insert(self.chars);
        }
        self.text.push_str(text);
        self.chars += text.chars().count();
    }

    fn think(&mut self, members: &str) {
        let (chars, calls) = (self.chars, self.calls.len());
        let mut block = members.to_owned();
        if chars > 0 || calls > 0 {
            block.push_str(&format!(r#","after":{{"content":{chars},"tool_calls":{calls}}}"#));
        }
        self.thinking.push(format!("{{{block}}}"));
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
        let function = Object::default().text("name", &name).text("arguments", input).finish();
        let mut call = Object::default();
        call.text("id", &id).text("type", "function").raw("function", &function);
        if let Some(signature) = self.signature.take() {
            call.raw("extra_content", &signature);
        }
        let members = call.finish();
        self.calls.push(Call { id: id.into_owned(), block: at, members, after: None });
    }

    fn finish(self) -> String {
        let mut message = Object::default();
        message.text("role", "assistant");
        if self.text.is_empty() && !self.calls.is_empty() {
            message.raw("content", "null");
        } else {
            message.raw("content", &quoted(&self.text));
        }
        if !self.thinking.is_empty() {
            message.raw("thinking_blocks", &list(&self.thinking));
        }
        if !self.calls.is_empty() {
            let calls: Vec<String> = self.calls.into_iter().map(Call::finish).collect();
            message.raw("tool_calls", &list(&calls));
        }
        message.finish()
    }
}

impl Call {
    fn finish(self) -> String {
        let Some(chars) = self.after else { return self.members };
        let open = self.members.strip_suffix('}').unwrap_or_default();
        format!(r#"{open},"after":{{"content":{chars}}}}}"#)
    }
}
