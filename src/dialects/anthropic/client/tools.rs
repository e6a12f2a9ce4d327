//! Converts tools and their choice. Of the tools that Anthropic's servers run other vendors have the
//! search of the web; the others are left out. One that the client runs, but whose schema only the
//! vendor knows, gets that schema.

use std::collections::HashSet;

use super::blocks::kind;
use super::findings::Findings;
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::{is_filled_list, list_of, present, text_of};
use crate::dialects::json::write::{Object, list};
use crate::dialects::needle::needle;
use crate::dialects::web_search;
use crate::domain::search::WebSearch;

needle!(REFERENCE = b"\"tool_reference\"");
needle!(SCHEMA = b"\"input_schema\"");

/// Tools that clients run, by the beginning of their type: description and schema.
const VENDOR_TYPED: [(&str, &str, &str); 3] = [
    (
        "bash_",
        "Runs a command in a persistent bash session.",
        r#"{"type":"object","properties":{"command":{"type":"string","description":"The command to run."},"restart":{"type":"boolean","description":"Restarts the session instead."}}}"#,
    ),
    (
        "text_editor_",
        "Views, creates and edits text files.",
        r#"{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert"]},"path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}},"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},"insert_line":{"type":"integer"},"insert_text":{"type":"string"}},"required":["command","path"]}"#,
    ),
    (
        "memory_",
        "Views and changes files of a memory that outlasts the conversation, below /memories.",
        r#"{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","delete","rename"]},"path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}},"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},"insert_line":{"type":"integer"},"insert_text":{"type":"string"},"old_path":{"type":"string"},"new_path":{"type":"string"}},"required":["command"]}"#,
    ),
];

const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

pub(super) fn convert(object: &RawObject<'_>, chat: &mut Object, findings: &mut Findings) {
    let tools = list_of(object, "tools");
    let shown = shown_names(object, &tools);
    let (mut written, mut server_tools) = (Vec::new(), Vec::new());
    let mut search: Option<(String, WebSearch)> = None;
    let mut names: HashSet<String> = HashSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let name = text_of(tool, "name").unwrap_or_default();
        match function(tool, &name) {
            Some(function) => {
                let is_deferred =
                    tool.get("defer_loading").is_some_and(|value| value.get() == "true");
                let is_hidden =
                    is_deferred && shown.as_ref().is_some_and(|it| !it.contains(&*name));
                if !is_hidden && names.insert(name.into_owned()) {
                    written.push(function);
                    findings.origins.tools.push(index);
                }
            }
            None if kind(tool).starts_with("web_search_") && search.is_none() => {
                search = Some((name.into_owned(), web_search::of_tool(tool)));
            }
            None => server_tools.push((index, name.into_owned(), kind(tool).into_owned())),
        }
    }
    for (_, _, kind) in &server_tools {
        findings.leave_out(kind);
    }
    let choice = present(object, "tool_choice").and_then(|choice| RawObject::of(choice).ok());
    let wish = choice.as_ref().map(|choice| kind(choice)).unwrap_or_default();
    let wished = choice.as_ref().and_then(|choice| text_of(choice, "name"));
    let mut is_of_search = false;
    let is_of_server = match &*wish {
        "tool" => server_tools.iter().any(|(_, name, _)| Some(name.as_str()) == wished.as_deref()),
        "any" => written.is_empty() && !server_tools.is_empty(),
        _ => false,
    };
    if let Some((name, mut search)) = search {
        search.is_forced = match &*wish {
            "tool" => wished.as_deref() == Some(&name),
            "any" => written.is_empty() && server_tools.is_empty(),
            _ => false,
        };
        is_of_search = search.is_forced;
        if wish != "none" {
            chat.raw(web_search::OPTIONS, &web_search::write(&search));
        }
    }
    if is_of_server && let Some((index, name, kind)) = server_tools.first() {
        let complaint = format!(
            "`{name}` ({kind}) is run by Anthropic's servers, and this model is not served by them; \
             call a Claude model for it, or do without the forced `tool_choice`"
        );
        findings.cannot_be_sent(&format!("tools.{index}"), &complaint);
    }
    if written.is_empty() {
        return;
    }
    chat.raw("tools", &list(&written));
    match &*wish {
        "auto" => chat.text("tool_choice", "auto"),
        "none" => chat.text("tool_choice", "none"),
        "any" => chat.text("tool_choice", "required"),
        "tool" if !is_of_server && !is_of_search => {
            let name = wished.unwrap_or_default();
            if !names.contains(&*name) {
                let complaint = format!("`{name}` is not among `tools`");
                findings.cannot_be_sent("tool_choice.name", &complaint);
            }
            let function = Object::default().text("name", &name).finish();
            let mut named = Object::default();
            named.text("type", "function").raw("function", &function);
            chat.raw("tool_choice", &named.finish())
        }
        _ => chat,
    };
    let is_serial = choice.is_some_and(|choice| {
        choice.get("disable_parallel_tool_use").is_some_and(|value| value.get() == "true")
    });
    if is_serial && wish != "none" {
        chat.raw("parallel_tool_calls", "false");
    }
}

/// The tool as a function; `None` for one that Anthropic's servers run. `strict` is left out: other
/// APIs ask more of the schema of a strict tool.
fn function(tool: &RawObject<'_>, name: &str) -> Option<String> {
    let kind = kind(tool);
    let mut function = Object::default();
    function.text("name", name);
    if is_function(&kind) {
        if let Some(description) = present(tool, "description") {
            function.raw("description", description.get());
        }
        let schema = present(tool, "input_schema").map_or(NO_PARAMETERS, |schema| schema.get());
        function.raw("parameters", schema);
    } else {
        let (_, description, schema) = vendor_typed(&kind)?;
        function.text("description", description).raw("parameters", schema);
    }
    let function = function.finish();
    Some(Object::default().text("type", "function").raw("function", &function).finish())
}

fn is_function(kind: &str) -> bool {
    matches!(kind, "" | "custom")
}

fn vendor_typed(kind: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    VENDOR_TYPED.iter().find(|(typed, ..)| kind.starts_with(typed))
}

/// Whether the client runs one of these tools. Most lists begin with one that says so by its schema.
pub(super) fn has_functions(tools: &[u8]) -> bool {
    if !is_filled_list(tools) {
        return false;
    }
    if SCHEMA.is_in(tools) {
        return true;
    }
    let tools: Vec<RawObject<'_>> = serde_json::from_slice(tools).unwrap_or_default();
    tools.iter().map(kind).any(|kind| is_function(&kind) || vendor_typed(&kind).is_some())
}

/// The names that results of a search for tools have shown so far; deferred tools are hidden until
/// then. `None` where all are shown, because a server would run the search.
fn shown_names(object: &RawObject<'_>, tools: &[RawObject<'_>]) -> Option<HashSet<String>> {
    if tools.iter().any(|tool| kind(tool).starts_with("tool_search_tool_")) {
        return None;
    }
    let mut names = HashSet::new();
    let messages = present(object, "messages").map_or("", |messages| messages.get());
    if !REFERENCE.is_in(messages.as_bytes()) {
        return Some(names);
    }
    for message in list_of(object, "messages") {
        for block in list_of(&message, "content") {
            let inner = list_of(&block, "content");
            for reference in inner.iter().chain([&block]) {
                if kind(reference) == "tool_reference" {
                    names.extend(text_of(reference, "tool_name").map(|name| name.into_owned()));
                }
            }
        }
    }
    Some(names)
}
