//! Converts documents, results of a search, and what Anthropic's own servers did in earlier turns,
//! which another API knows as text only.

use super::blocks::{Piece, kind, texts};
use super::findings::Findings;
use super::sources::source_url;
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::{list_of, object_of, text_of};
use crate::dialects::json::write::Object;

/// A PDF stays a file; the text of any other document follows its title.
pub(super) fn document(block: &RawObject<'_>, place: &str, findings: &mut Findings) -> Vec<Piece> {
    let title = text_of(block, "title").filter(|title| !title.is_empty());
    let source = object_of(block, "source");
    let source_kind = source.as_ref().map(|source| kind(source)).unwrap_or_default();
    if matches!(&*source_kind, "text" | "content") {
        let member = if source_kind == "text" { "data" } else { "content" };
        let content = source.as_ref().and_then(|source| source.get(member));
        let body = content.map(texts).unwrap_or_default().join("\n");
        let head = title.map(|title| format!("Document: {title}\n")).unwrap_or_default();
        return vec![Piece::of(&format!("{head}{body}"))];
    }
    let place = format!("{place}.source");
    let Some(url) = source_url(source.as_ref(), &place, findings) else { return Vec::new() };
    let name = title.as_deref().unwrap_or("document.pdf");
    let file = Object::default().text("filename", name).raw("file_data", &url).finish();
    vec![Piece::Media(Object::default().text("type", "file").raw("file", &file).finish())]
}

pub(super) fn search_result(block: &RawObject<'_>) -> Piece {
    let title = text_of(block, "title").unwrap_or_default();
    let source = text_of(block, "source").unwrap_or_default();
    let body = block.get("content").map(texts).unwrap_or_default().join("\n");
    Piece::of(&format!("Search result: {title} ({source})\n{body}"))
}

/// A call of a tool that Anthropic's servers ran, or its result, in a few words; `None` for a block
/// of another type.
pub(super) fn of_server_tool(kind: &str, block: &RawObject<'_>) -> Option<String> {
    if matches!(kind, "server_tool_use" | "mcp_tool_use") {
        let name = text_of(block, "name").unwrap_or_default();
        let input = block.get("input").map_or("{}", |input| input.get());
        let query = object_of(block, "input").and_then(|input| {
            text_of(&input, "query").or_else(|| text_of(&input, "url")).map(|it| it.into_owned())
        });
        let input = query.as_deref().unwrap_or(input);
        return Some(format!("[{}: {input}]", name.replace('_', " ")));
    }
    if !kind.ends_with("_tool_result") {
        return None;
    }
    let name = kind.trim_end_matches("_tool_result").replace('_', " ");
    let found: Vec<String> = list_of(block, "content").iter().filter_map(line).collect();
    let inner = object_of(block, "content");
    let said = inner.and_then(|content| {
        ["error_code", "stdout", "url"]
            .iter()
            .find_map(|name| text_of(&content, name))
            .map(|it| it.into_owned())
    });
    let body = if found.is_empty() { said.unwrap_or_default() } else { found.join("\n") };
    Some(format!("[{name} result] {body}").trim_end().to_owned())
}

/// A title with its URL, or a text.
fn line(item: &RawObject<'_>) -> Option<String> {
    if let Some(text) = text_of(item, "text") {
        return Some(text.into_owned());
    }
    let url = text_of(item, "url")?;
    let title = text_of(item, "title").unwrap_or_default();
    Some(format!("{title} {url}").trim_start().to_owned())
}
