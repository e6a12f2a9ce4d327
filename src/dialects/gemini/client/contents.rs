//! Converts `systemInstruction` and `contents`.

use super::conversation::Conversation;
use super::findings::{Findings, bad};
use super::members::{member, objects, text, texts};
use super::origins::Origin;
use super::turn;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::RawObject;
use crate::dialects::json::write::quoted;
use crate::dialects::openai::message::message;

/// The list of chat messages, each as JSON.
pub(super) fn convert(
    request: &RawObject<'_>,
    findings: &mut Findings,
) -> Result<Vec<String>, BadRequest> {
    let Some(contents) = member(request, "contents") else {
        return Err(bad("contents", "contents is not specified"));
    };
    let contents = objects(contents);
    if contents.is_empty() {
        return Err(bad("contents", "contents is not specified"));
    }
    let mut conversation = Conversation::new(findings);
    if let Some(system) = member(request, "systemInstruction") {
        let text = texts(system).join("\n\n");
        if !text.is_empty() {
            conversation.push(message("system", &quoted(&text)), Origin::default());
        }
    }
    // SDKs keep each frame of a stream as a content of its own: together they are one turn.
    let is_model = |content: &RawObject<'_>| text(content, "role").as_deref() == Some("model");
    for run in contents.chunk_by(|(_, one), (_, next)| is_model(one) && is_model(next)) {
        let Some((index, content)) = run.first() else { continue };
        match text(content, "role").as_deref() {
            Some("model") => {
                conversation.end_of_user(*index);
                turn::add(run, &mut conversation);
            }
            Some("system") => conversation.system(*index, content),
            _ => conversation.user(*index, content),
        }
    }
    Ok(conversation.finish(contents.len()))
}
