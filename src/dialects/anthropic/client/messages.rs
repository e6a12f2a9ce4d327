//! Converts `system` and `messages`. A user's turn becomes the results of the calls before it, then
//! the rest; what the model's turn holds keeps its order.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::blocks::{Piece, kind, texts};
use super::content;
use super::conversation::{Conversation, objects};
use super::findings::{Findings, bad};
use super::origins::Origin;
use super::turn;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::fields::{present, string};
use crate::dialects::json::write::{list, quoted};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::message::{self, message, tool_message};

/// Claude Code's first block of `system`, which its own API takes out again. It differs from call
/// to call, so that a prompt that begins with it is never found in a cache.
const ATTRIBUTION: &str = "x-anthropic-billing-header:";

/// The list of chat messages, each as JSON.
pub(super) fn convert(
    object: &RawObject<'_>,
    findings: &mut Findings,
) -> Result<Vec<String>, BadRequest> {
    let Some(messages) = present(object, "messages") else {
        return Err(bad("messages", "Field required"));
    };
    let messages = objects(messages, "messages", "an object with `role` and `content`")?;
    let mut conversation = Conversation {
        messages: Vec::with_capacity(messages.len() + 1),
        findings,
        called: HashSet::new(),
        unanswered: Vec::new(),
    };
    if let Some(system) = present(object, "system") {
        add_system(system, &mut conversation);
    }
    let last = messages.len().saturating_sub(1);
    for (index, message) in messages.into_iter().enumerate() {
        add(index, &message, &mut conversation)?;
    }
    conversation.answer_the_rest(last);
    Ok(conversation.messages)
}

fn add_system(system: &RawValue, conversation: &mut Conversation<'_>) {
    let texts = texts(system);
    let texts = texts.into_iter().filter(|text| !text.starts_with(ATTRIBUTION));
    let text = texts.collect::<Vec<_>>().join("\n\n");
    if !text.is_empty() {
        conversation.push(message("system", &quoted(&text)), Origin::default());
    }
}

fn add(
    index: usize,
    message: &RawObject<'_>,
    conversation: &mut Conversation<'_>,
) -> Result<(), BadRequest> {
    let place = format!("messages.{index}");
    let role = present(message, "role").map(|role| string(role.get().as_bytes()));
    let Some(Some(role)) = role else {
        return Err(bad(&format!("{place}.role"), "must be a string"));
    };
    let place = format!("{place}.content");
    let Some(content) = present(message, "content") else {
        return Err(bad(&place, "Field required"));
    };
    if !matches!(Kind::of(content), Kind::String | Kind::Array) {
        return Err(bad(&place, "must be a string or a list of blocks"));
    }
    match &*role {
        "assistant" => turn::add(index, content, conversation)?,
        "system" | "developer" => {
            conversation.answer_the_rest(index);
            let text = texts(content).join("\n\n");
            let origin = Origin { message: Some(index), ..Origin::default() };
            conversation.push(message::message("system", &quoted(&text)), origin);
        }
        _ => add_user(index, content, conversation)?,
    }
    Ok(())
}

fn add_user(
    index: usize,
    content: &RawValue,
    conversation: &mut Conversation<'_>,
) -> Result<(), BadRequest> {
    let place = format!("messages.{index}.content");
    if Kind::of(content) == Kind::String {
        conversation.answer_the_rest(index);
        let origin = Origin { message: Some(index), ..Origin::default() };
        conversation.push(message("user", content.get()), origin);
        return Ok(());
    }
    let (mut pieces, mut shown) = (Vec::new(), Vec::new());
    let mut has_results = false;
    for (at, block) in objects(content, &place, "an object")?.iter().enumerate() {
        let place = format!("{place}.{at}");
        if kind(block) != "tool_result" {
            let found = content::pieces(block, &place, conversation.findings);
            pieces.extend(found.into_iter().map(|piece| (piece, at)));
            continue;
        }
        let result = content::result(block, &place, conversation.findings);
        if !conversation.called.contains(&result.call_id) {
            pieces.push((Piece::Text(result.text), at));
        } else {
            has_results = true;
            let waits = |id: &String| *id == result.call_id;
            if let Some(first) = conversation.unanswered.iter().position(waits) {
                conversation.unanswered.remove(first);
            }
            let origin = Origin { message: Some(index), block: Some(at), ..Origin::default() };
            conversation.push(tool_message(&result.call_id, &result.text), origin);
        }
        shown.extend(result.media.into_iter().map(|media| (Piece::Media(media), at)));
    }
    conversation.answer_the_rest(index);
    shown.append(&mut pieces);
    if !shown.is_empty() || !has_results {
        add_pieces(index, &shown, conversation);
    }
    Ok(())
}

fn add_pieces(index: usize, pieces: &[(Piece, usize)], conversation: &mut Conversation<'_>) {
    let parts = pieces.iter().map(|(_, block)| *block).collect();
    let content = match pieces {
        [] => quoted(""),
        [(Piece::Text(only), _)] => only.clone(),
        pieces => list(&pieces.iter().map(|(piece, _)| piece.part()).collect::<Vec<_>>()),
    };
    let origin = Origin { message: Some(index), parts, ..Origin::default() };
    conversation.push(message("user", &content), origin);
}
