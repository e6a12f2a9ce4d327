//! What OpenAI's own servers did in earlier turns, which another API knows as text only.

use serde_json::value::RawValue;

use super::parts::texts;
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::{list_of, object_of, present, text_of};

/// An item of such a tool in a few words; `None` for an item of another type.
pub(super) fn said(kind: &str, item: &RawObject<'_>) -> Option<String> {
    Some(match kind {
        "web_search_call" => {
            let action = object_of(item, "action");
            let word = |name: &str| {
                action.as_ref().and_then(|action| text_of(action, name)).map(|it| it.into_owned())
            };
            let what = ["query", "url", "pattern"].iter().find_map(|name| word(name));
            let what = what.or_else(|| {
                let queries = action.as_ref().and_then(|action| present(action, "queries"))?;
                Some(strings(queries).join("; "))
            });
            let sources: Vec<String> = action
                .iter()
                .flat_map(|action| list_of(action, "sources"))
                .filter_map(|source| text_of(&source, "url").map(|url| format!("\n{url}")))
                .collect();
            format!("[web search: {}]{}", what.unwrap_or_default(), sources.concat())
        }
        "file_search_call" => {
            let queries = present(item, "queries").map(strings).unwrap_or_default();
            let found: Vec<String> = list_of(item, "results").iter().map(found_text).collect();
            format!("[file search: {}]{}", queries.join("; "), found.concat())
        }
        "code_interpreter_call" | "program" => {
            let code = text_of(item, "code").unwrap_or_default();
            let logs: Vec<String> = list_of(item, "outputs")
                .iter()
                .filter_map(|output| text_of(output, "logs").map(|it| it.into_owned()))
                .collect();
            format!("[code that was run]\n{code}\n[its output]\n{}", logs.join("\n"))
        }
        "image_generation_call" => {
            let prompt = text_of(item, "revised_prompt").unwrap_or_default();
            format!("[an image was made: {prompt}]")
        }
        "mcp_call" => {
            let word = |name: &str| text_of(item, name).unwrap_or_default();
            let (server, name) = (word("server_label"), word("name"));
            let output = text_of(item, "output").or_else(|| text_of(item, "error"));
            let output = output.unwrap_or_default();
            format!("[tool {name} of {server}: {}]\n{output}", word("arguments"))
        }
        "mcp_approval_request" => {
            let name = text_of(item, "name").unwrap_or_default();
            format!("[asked to approve a call of the tool {name}]")
        }
        "mcp_approval_response" => {
            let is_yes = item.get("approve").is_some_and(|value| value.get() == "true");
            format!("[the call was {}]", if is_yes { "approved" } else { "refused" })
        }
        "computer_call" => {
            let action = present(item, "action").or_else(|| present(item, "actions"));
            format!("[computer: {}]", action.map_or("", RawValue::get))
        }
        "program_output" => {
            let result = present(item, "result").or_else(|| present(item, "output"));
            format!("[its output] {}", result.map(texts).unwrap_or_default().join("\n"))
        }
        _ => return None,
    })
}

fn strings(list: &RawValue) -> Vec<String> {
    serde_json::from_str(list.get()).unwrap_or_default()
}

fn found_text(result: &RawObject<'_>) -> String {
    let name = text_of(result, "filename").unwrap_or_default();
    let text = text_of(result, "text").unwrap_or_default();
    format!("\n{name}: {text}")
}
