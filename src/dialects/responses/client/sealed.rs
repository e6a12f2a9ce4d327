//! Reasoning that the client sends back: what an upstream made, in the router's
//! [envelope](crate::dialects::envelope), or OpenAI's own, which only OpenAI can read.

use super::parts::texts;
use crate::dialects::envelope::{Envelope, Holds, SEALED_BY};
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::{present, text_of};
use crate::dialects::json::write::Object;

pub(super) enum Thought {
    /// The members of an element of a chat's `thinking_blocks`, without its braces.
    Block(String),
    /// The `extra_content` of the call that follows.
    CallSignature(String),
}

/// `None` where the item says nothing that could be sent on.
pub(super) fn thought(item: &RawObject<'_>) -> Option<Thought> {
    let said = |name: &str| present(item, name).map(texts).unwrap_or_default();
    let summary = said("summary");
    let text = if summary.is_empty() { said("content") } else { summary }.join("\n\n");
    let sealed = text_of(item, "encrypted_content").unwrap_or_default();
    let plain = || {
        let mut block = Object::default();
        block.text("type", "thinking").text("thinking", &text);
        (!text.is_empty()).then(|| Thought::Block(inside(&mut block)))
    };
    let Some(envelope) = Envelope::read(&sealed) else { return plain() };
    let mut block = Object::default();
    match envelope.holds {
        Holds::Nothing | Holds::Summary => return plain(),
        Holds::CallSignature => {
            let google = Object::default()
                .text("thought_signature", &envelope.data)
                .text(SEALED_BY, &envelope.sealed_by)
                .finish();
            let extra = Object::default().raw("google", &google).finish();
            return Some(Thought::CallSignature(extra));
        }
        // A signature is of its text, which the client has lost, unless there was none.
        Holds::Seal if text.is_empty() && envelope.text.is_none() => return None,
        Holds::Seal => {
            block.text("type", "thinking").text("thinking", &text);
            block.text("signature", &envelope.data)
        }
        Holds::Opaque => {
            block.text("type", "redacted_thinking").text("data", &envelope.data);
            match &envelope.id {
                Some(id) => block.text("id", id),
                None => &mut block,
            }
        }
    };
    block.text(SEALED_BY, &envelope.sealed_by);
    if let Some(maker) = &envelope.maker {
        block.text("format", maker);
    }
    Some(Thought::Block(inside(&mut block)))
}

fn inside(object: &mut Object) -> String {
    let whole = object.finish();
    let inside = whole.strip_prefix('{').and_then(|whole| whole.strip_suffix('}'));
    inside.unwrap_or_default().to_owned()
}
