//! Converts the results of calls. A chat's result is a text: images and files of it follow in a
//! message of the user.

use serde_json::value::RawValue;

use super::findings::Findings;
use super::parts::{Piece, pieces};
use crate::dialects::json::fields::{list_of, present, text_of};
use crate::dialects::json::write::{lines, quoted};
use crate::dialects::json::{Kind, RawObject};

/// Stands for a result that is shown below it.
const BELOW: &str = "(see below)";

pub(super) struct CallResult {
    /// As a JSON string.
    pub text: String,
    pub media: Vec<Piece>,
}

pub(super) fn is_result(kind: &str) -> bool {
    matches!(
        kind,
        "function_call_output"
            | "custom_tool_call_output"
            | "local_shell_call_output"
            | "shell_call_output"
            | "apply_patch_call_output"
            | "computer_call_output"
            | "tool_search_output"
            | "mcp_tool_call_output"
    )
}

pub(super) fn result(
    kind: &str,
    item: &RawObject<'_>,
    place: &str,
    findings: &mut Findings,
) -> CallResult {
    if kind == "tool_search_output" {
        let names: Vec<String> = tools_of(item);
        let text = format!("These tools can be called now: {}", names.join(", "));
        return CallResult { text: quoted(&text), media: Vec::new() };
    }
    let output = present(item, "output");
    if kind == "shell_call_output" && output.is_some_and(|output| Kind::of(output) == Kind::Array) {
        let text = quoted(output.map_or("[]", RawValue::get));
        return CallResult { text, media: Vec::new() };
    }
    let (mut texts, mut media) = (Vec::new(), Vec::new());
    // How a patch or a command ended.
    if kind == "apply_patch_call_output"
        && let Some(status) = text_of(item, "status")
    {
        texts.push(quoted(&format!("[{status}]")));
    }
    // The only picture that is no list.
    let is_screen = kind == "computer_call_output";
    if let Some(object) = output.filter(|it| Kind::of(it) == Kind::Object && !is_screen) {
        texts.push(quoted(object.get()));
    } else if let Some(output) = output {
        for piece in pieces(output, &format!("{place}.output"), findings) {
            match piece {
                Piece::Text(text) => texts.push(text),
                Piece::Media(_) => media.push(piece),
            }
        }
    }
    let mut text = lines(&texts);
    if text == "\"\"" && !media.is_empty() {
        text = quoted(BELOW);
    }
    CallResult { text, media }
}

fn tools_of(item: &RawObject<'_>) -> Vec<String> {
    let name = |tool: &RawObject<'_>| text_of(tool, "name").map(|name| name.into_owned());
    list_of(item, "tools").iter().filter_map(name).collect()
}
