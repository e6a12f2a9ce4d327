//! Converts the blocks of a message that are not the model's own.

use super::blocks::{Piece, kind};
use super::documents;
use super::findings::Findings;
use super::sources::source_url;
use crate::dialects::json::fields::{list_of, object_of, present, text_of};
use crate::dialects::json::write::{Object, lines};
use crate::dialects::json::{Kind, RawObject};

/// The result of a call.
pub(super) struct ToolResult {
    pub call_id: String,
    /// As JSON.
    pub text: String,
    /// Images and files, which a chat's result cannot hold.
    pub media: Vec<String>,
}

/// The pieces of a block of any type but a result of a call.
pub(super) fn pieces(block: &RawObject<'_>, place: &str, findings: &mut Findings) -> Vec<Piece> {
    match &*kind(block) {
        "text" => match present(block, "text") {
            // Some APIs refuse a part that says nothing.
            Some(text) if text.get() == "\"\"" => Vec::new(),
            Some(text) if Kind::of(text) == Kind::String => {
                vec![Piece::Text(text.get().to_owned())]
            }
            _ => {
                findings.cannot_be_sent(&format!("{place}.text"), "Field required");
                Vec::new()
            }
        },
        "image" => image(block, place, findings).into_iter().collect(),
        "document" => documents::document(block, place, findings),
        "search_result" => vec![documents::search_result(block)],
        "tool_reference" => {
            let name = text_of(block, "tool_name").unwrap_or_default();
            vec![Piece::of(&format!("[tool `{name}` can be called now]"))]
        }
        other => match documents::of_server_tool(other, block) {
            Some(text) => vec![Piece::of(&text)],
            None => {
                findings.leave_out(if other.is_empty() { "block" } else { other });
                Vec::new()
            }
        },
    }
}

fn image(block: &RawObject<'_>, place: &str, findings: &mut Findings) -> Option<Piece> {
    let place = format!("{place}.source");
    let url = source_url(object_of(block, "source").as_ref(), &place, findings)?;
    let url = Object::default().raw("url", &url).finish();
    let part = Object::default().text("type", "image_url").raw("image_url", &url).finish();
    Some(Piece::Media(part))
}

/// A failed call says so in its text: a chat has no member for it.
pub(super) fn result(block: &RawObject<'_>, place: &str, findings: &mut Findings) -> ToolResult {
    let call_id = text_of(block, "tool_use_id").unwrap_or_default().into_owned();
    let is_error = block.get("is_error").is_some_and(|value| value.get() == "true");
    let (mut texts, mut media) = (Vec::new(), Vec::new());
    match present(block, "content") {
        Some(content) if Kind::of(content) == Kind::String => texts.push(content.get().to_owned()),
        _ => {
            for (at, block) in list_of(block, "content").iter().enumerate() {
                for piece in pieces(block, &format!("{place}.content.{at}"), findings) {
                    match piece {
                        Piece::Text(text) => texts.push(text),
                        Piece::Media(part) => media.push(part),
                    }
                }
            }
        }
    }
    let mut text = lines(&texts);
    if is_error {
        text.insert_str(1, "Error: ");
    }
    if text.len() == 2 && !media.is_empty() {
        text.insert_str(1, "(see below)");
    }
    ToolResult { call_id, text, media }
}
