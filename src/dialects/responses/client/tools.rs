//! Converts tools and their choice: those of `tools`, and those that items of `input` add. Of the
//! tools that OpenAI's servers run other vendors have the search of the web; the others are left out.
//! One that the client runs, but whose schema only the vendor knows, gets that schema.

use super::findings::Findings;
use super::input::{Item, is_true};
use super::names::{CallKind, Called, ToolNames};
use crate::dialects::json::fields::{list_of, object_of, present, text_of};
use crate::dialects::json::write::{Object, list, quoted};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::web_search;
use crate::domain::search::WebSearch;

const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

const CUSTOM: &str = r#"{"type":"object","properties":{"input":{"type":"string","description":"The whole input of the tool, as plain text."}},"required":["input"],"additionalProperties":false}"#;

const LOCAL_SHELL: &str = r#"{"type":"object","properties":{"type":{"type":"string","enum":["exec"]},"command":{"type":"array","items":{"type":"string"},"description":"The command and its arguments."},"working_directory":{"type":"string"},"timeout_ms":{"type":"integer"},"env":{"type":"object","additionalProperties":{"type":"string"}}},"required":["type","command","env"]}"#;

const SHELL: &str = r#"{"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"},"description":"Shell commands, which run one after another."},"timeout_ms":{"type":"integer"},"max_output_length":{"type":"integer"}},"required":["commands"]}"#;

const APPLY_PATCH: &str = r#"{"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},"diff":{"type":"string","description":"A V4A diff of the file: lines that begin with a space, + or -, below lines that begin with @@. Not for delete_file."}},"required":["type","path"]}"#;

/// The tools that a request defines, before they are written.
#[derive(Default)]
pub(super) struct Tools {
    pub names: ToolNames,
    /// Each as JSON, with its name in the chat.
    written: Vec<(String, String)>,
    /// The types of those that OpenAI's servers run.
    hosted: Vec<String>,
    search: Option<WebSearch>,
}

/// Reads all definitions.
pub(super) fn read(object: &RawObject<'_>, items: &[Item<'_>], findings: &mut Findings) -> Tools {
    let mut tools = Tools::default();
    let mut defined = list_of(object, "tools");
    let added = items.iter().filter(|item| item.kind == "additional_tools");
    defined.extend(added.flat_map(|item| list_of(&item.object, "tools")));
    // A client that searches for tools itself is shown the deferred ones by its own results.
    let hides = defined.iter().any(is_searched_by_client);
    let found = items.iter().filter(|item| item.kind == "tool_search_output");
    let found: Vec<_> = found.flat_map(|item| list_of(&item.object, "tools")).collect();
    for tool in &defined {
        tools.define(tool, None, hides);
    }
    for tool in &found {
        tools.define(tool, None, false);
    }
    for kind in &tools.hosted {
        findings.leave_out(kind);
    }
    tools
}

pub(super) fn kind<'a>(tool: &RawObject<'a>) -> std::borrow::Cow<'a, str> {
    text_of(tool, "type").unwrap_or_default()
}

/// The namespace of a tool: its name, and what its first tool says of it.
type Namespace<'n> = (&'n str, Option<String>);

impl Tools {
    fn define(&mut self, tool: &RawObject<'_>, namespace: Option<Namespace<'_>>, hides: bool) {
        let kind = kind(tool);
        if kind == "namespace" {
            let name = text_of(tool, "name").unwrap_or_default();
            let mut about = text_of(tool, "description").map(|it| it.into_owned());
            for inner in list_of(tool, "tools") {
                self.define(&inner, Some((&name, about.take())), hides);
            }
            return;
        }
        if hides && is_true(tool, "defer_loading") {
            return;
        }
        let Some(call_kind) = call_kind(tool) else {
            if is_search_tool(tool) && !is_offline(tool) {
                self.search.get_or_insert_with(|| web_search::of_tool(tool));
            } else {
                self.hosted.push(kind.into_owned());
            }
            return;
        };
        let own = text_of(tool, "name").filter(|_| !is_vendor_typed(call_kind));
        let name = own.map_or_else(|| kind.clone().into_owned(), |name| name.into_owned());
        let about = namespace.as_ref().and_then(|(of, about)| {
            about.as_ref().filter(|about| !about.is_empty()).map(|about| format!("{of}: {about}"))
        });
        let namespace = namespace.map(|(name, _)| name.to_owned());
        let Some(chat) = self.names.add(Called { kind: call_kind, namespace, name }) else {
            return;
        };
        let function = function(tool, call_kind, &chat, about);
        self.written.push((chat, function));
    }

    /// Writes the tools and their choice. A choice without tools is left out.
    pub(super) fn write(&self, object: &RawObject<'_>, chat: &mut Object, findings: &mut Findings) {
        let choice = object_of(object, "tool_choice");
        let word = text_of(object, "tool_choice").unwrap_or_default();
        let allowed = choice.as_ref().filter(|choice| kind(choice) == "allowed_tools");
        let kept: Option<Vec<String>> = allowed.map(|choice| {
            let tools = list_of(choice, "tools");
            tools.iter().filter_map(|tool| self.chosen(tool)).collect()
        });
        let is_kept = |name: &String| kept.as_ref().is_none_or(|kept| kept.contains(name));
        let written: Vec<String> = self
            .written
            .iter()
            .filter(|(name, _)| is_kept(name))
            .map(|(_, function)| function.clone())
            .collect();
        let wish = match (allowed, &choice) {
            (Some(allowed), _) => text_of(allowed, "mode").unwrap_or_default(),
            (None, Some(_)) => "named".into(),
            (None, None) => word,
        };
        if let Some(search) = &self.search
            && wish != "none"
            && allowed.is_none_or(|allowed| list_of(allowed, "tools").iter().any(is_search_tool))
        {
            let is_forced = match &*wish {
                "named" => choice.as_ref().is_some_and(is_search_tool),
                "required" => written.is_empty() && self.hosted.is_empty(),
                _ => false,
            };
            let search = WebSearch { is_forced, ..search.clone() };
            chat.raw(web_search::OPTIONS, &web_search::write(&search));
        }
        if written.is_empty() {
            if wish == "required" && !self.hosted.is_empty() && self.search.is_none() {
                self.refuse_hosted(&self.hosted.join("`, `"), findings);
            }
            if !matches!(&choice, Some(choice) if wish == "named" && self.is_hosted(choice)) {
                return;
            }
        } else {
            chat.raw("tools", &list(&written));
        }
        match &*wish {
            "auto" | "none" | "required" => {
                chat.raw("tool_choice", &quoted(&wish));
            }
            "named" => {
                let Some(choice) = &choice else { return };
                match self.chosen(choice) {
                    Some(name) => {
                        let function = Object::default().text("name", &name).finish();
                        let mut named = Object::default();
                        named.text("type", "function").raw("function", &function);
                        chat.raw("tool_choice", &named.finish());
                    }
                    None if self.search.is_some() && is_search_tool(choice) => {}
                    None if self.is_hosted(choice) => {
                        self.refuse_hosted(&kind(choice), findings);
                    }
                    None => {
                        let name = text_of(choice, "name").unwrap_or_default();
                        let complaint = format!("names `{name}`, which is not among `tools`");
                        findings.cannot_be_sent("tool_choice", &complaint);
                    }
                }
            }
            _ => {}
        }
        if let Some(parallel) =
            present(object, "parallel_tool_calls").filter(|it| Kind::of(it) == Kind::Bool)
            && !written.is_empty()
        {
            chat.raw("parallel_tool_calls", parallel.get());
        }
    }

    fn is_hosted(&self, choice: &RawObject<'_>) -> bool {
        self.hosted.iter().any(|hosted| *hosted == kind(choice))
    }

    fn refuse_hosted(&self, kinds: &str, findings: &mut Findings) {
        let complaint = format!(
            "forces `{kinds}`, which OpenAI's servers run, and this model is not served by them; \
             call an OpenAI model for it, or do without the forced `tool_choice`"
        );
        findings.cannot_be_sent("tool_choice", &complaint);
    }

    /// The name in the chat of a tool that a choice names.
    fn chosen(&self, choice: &RawObject<'_>) -> Option<String> {
        let name = text_of(choice, "name").unwrap_or_else(|| kind(choice));
        let namespace = text_of(choice, "namespace");
        let chat = self.names.chat(namespace.as_deref(), &name);
        self.names.is_chat_name(&chat).then_some(chat)
    }
}

fn is_search_tool(tool: &RawObject<'_>) -> bool {
    kind(tool).starts_with("web_search")
}

/// A search of what OpenAI has stored of the web: others search the web itself.
fn is_offline(tool: &RawObject<'_>) -> bool {
    tool.get("external_web_access").is_some_and(|value| value.get() == "false")
}

/// How a call of a tool is written; `None` for one that OpenAI's servers run.
pub(super) fn call_kind(tool: &RawObject<'_>) -> Option<CallKind> {
    Some(match &*kind(tool) {
        // Without a type it is what most are.
        "function" | "" => CallKind::Function,
        "custom" => CallKind::Custom,
        "local_shell" => CallKind::LocalShell,
        "shell" if !is_hosted_shell(tool) => CallKind::Shell,
        "apply_patch" => CallKind::ApplyPatch,
        "tool_search" if is_searched_by_client(tool) => CallKind::ToolSearch,
        _ => return None,
    })
}

/// A search for tools that the client runs.
pub(super) fn is_searched_by_client(tool: &RawObject<'_>) -> bool {
    kind(tool) == "tool_search" && text_of(tool, "execution").as_deref() == Some("client")
}

fn is_vendor_typed(kind: CallKind) -> bool {
    match kind {
        CallKind::Function | CallKind::Custom => false,
        CallKind::LocalShell | CallKind::Shell | CallKind::ApplyPatch | CallKind::ToolSearch => {
            true
        }
    }
}

/// One that runs in a container of OpenAI's.
fn is_hosted_shell(tool: &RawObject<'_>) -> bool {
    let environment = object_of(tool, "environment");
    let kind = environment.as_ref().and_then(|environment| text_of(environment, "type"));
    kind.is_some_and(|kind| kind != "local")
}

fn function(
    tool: &RawObject<'_>,
    kind: CallKind,
    name: &str,
    about_namespace: Option<String>,
) -> String {
    let own = text_of(tool, "description").map(|it| it.into_owned());
    let own_parameters = || present(tool, "parameters").map_or(NO_PARAMETERS, |it| it.get());
    let (description, parameters) = match kind {
        CallKind::Function => (own, own_parameters()),
        CallKind::ToolSearch => (own, own_parameters()),
        CallKind::Custom => (Some(custom_description(tool, own)), CUSTOM),
        CallKind::LocalShell => {
            (Some(String::from("Runs a command on this machine.")), LOCAL_SHELL)
        }
        CallKind::Shell => (Some(String::from("Runs commands in a shell.")), SHELL),
        CallKind::ApplyPatch => {
            let text = "Creates, changes or deletes a file by a patch.";
            (Some(String::from(text)), APPLY_PATCH)
        }
    };
    let description = match (about_namespace, description) {
        (Some(about), Some(own)) => Some(format!("{own}\n\n{about}")),
        (about, own) => own.or(about),
    };
    let mut function = Object::default();
    function.text("name", name);
    if let Some(description) = description {
        function.text("description", &description);
    }
    function.raw("parameters", parameters);
    if kind == CallKind::Function && is_true(tool, "strict") {
        function.raw("strict", "true");
    }
    let function = function.finish();
    Object::default().text("type", "function").raw("function", &function).finish()
}

/// The description of a tool that takes a text, with the grammar of the text.
fn custom_description(tool: &RawObject<'_>, own: Option<String>) -> String {
    let format = object_of(tool, "format");
    let grammar = format.as_ref().and_then(|format| {
        let nested = object_of(format, "grammar");
        let holder = nested.as_ref().unwrap_or(format);
        let definition = text_of(holder, "definition")?;
        let syntax = text_of(holder, "syntax").unwrap_or_default();
        Some(format!("The input must follow this grammar ({syntax}):\n{definition}"))
    });
    let mut text = own.unwrap_or_default();
    for more in [Some(String::from("`input` is plain text, not JSON.")), grammar].iter().flatten() {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(more);
    }
    text
}
