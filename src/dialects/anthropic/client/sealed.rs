//! Thinking that the client sends back: Anthropic's own, which only an upstream of Anthropic's can
//! read, or what another upstream made, in the router's [envelope](crate::dialects::envelope).

use super::blocks::kind;
use crate::dialects::envelope::{Envelope, Holds, SEALED_BY};
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::text_of;
use crate::dialects::json::write::Object;

pub(super) enum Thought {
    /// The members of an element of a chat's `thinking_blocks`, without its braces.
    Block(String),
    /// The `extra_content` of the call that follows.
    CallSignature(String),
}

/// `None` where the block says nothing that could be sent on.
pub(super) fn thought(block: &RawObject<'_>) -> Option<Thought> {
    if kind(block) == "redacted_thinking" {
        let data = text_of(block, "data").filter(|data| !data.is_empty())?;
        let mut written = Object::default();
        written.text("type", "redacted_thinking");
        match Envelope::read(&data) {
            None => written.text("data", &data),
            Some(envelope) => {
                if let Some(id) = &envelope.id {
                    written.text("id", id);
                }
                envelope.write_seal("data", &mut written)
            }
        };
        return Some(Thought::Block(written.members()));
    }
    let text = text_of(block, "thinking").unwrap_or_default();
    let signature = text_of(block, "signature").filter(|signature| !signature.is_empty());
    let mut written = Object::default();
    written.text("type", "thinking").text("thinking", &text);
    let Some(signature) = signature else {
        return (!text.is_empty()).then(|| Thought::Block(written.members()));
    };
    match Envelope::read(&signature) {
        None => written.text("signature", &signature),
        Some(envelope) => match envelope.holds {
            Holds::CallSignature => {
                let google = Object::default()
                    .text("thought_signature", &envelope.data)
                    .text(SEALED_BY, &envelope.sealed_by)
                    .finish();
                let extra = Object::default().raw("google", &google).finish();
                return Some(Thought::CallSignature(extra));
            }
            Holds::Nothing | Holds::Summary if text.is_empty() => return None,
            Holds::Nothing | Holds::Summary => &mut written,
            Holds::Seal | Holds::Opaque => envelope.write_seal("signature", &mut written),
        },
    };
    Some(Thought::Block(written.members()))
}
