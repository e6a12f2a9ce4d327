//! Converts tools and their choice. Of the tools that Google's servers run other vendors have the search
//! of the web; the others are left out.

use std::collections::HashSet;

use serde_json::Value;

use super::findings::Findings;
use super::members::{camel, list, member, object, text};
use super::schema;
use crate::dialects::json::fields::string;
use crate::dialects::json::write::{self, Object};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::web_search;
use crate::domain::search::WebSearch;

const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

pub(super) fn convert(request: &RawObject<'_>, chat: &mut Object, findings: &mut Findings) {
    let choice = Choice::of(request);
    let mut written = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    let mut hosted: Vec<String> = Vec::new();
    let mut searches = false;
    for (at, tool) in list(request, "tools") {
        for (name, value) in &tool.members {
            let name = camel(name);
            if name == "functionDeclarations" || Kind::of(value) == Kind::Null {
                continue;
            }
            match name.as_str() {
                "googleSearch" | "googleSearchRetrieval" => searches = true,
                _ => hosted.push(name),
            }
        }
        for (index, declaration) in list(&tool, "functionDeclarations") {
            let name = text(&declaration, "name").unwrap_or_default().into_owned();
            if choice.allows(&name) && names.insert(name.clone()) {
                written.push(function(&declaration, &name));
                findings.origins.tools.push((at, index));
            }
        }
    }
    for name in &hosted {
        findings.leave_out(name);
    }
    if searches && choice.mode != Mode::None {
        let is_forced = choice.mode == Mode::Any && written.is_empty();
        let search = WebSearch { is_forced, ..WebSearch::default() };
        chat.raw(web_search::OPTIONS, &web_search::write(&search));
    }
    if written.is_empty() {
        if choice.mode == Mode::Any
            && let Some(name) = hosted.first().filter(|_| !searches)
        {
            let complaint = format!(
                "`{name}` is run by Google's servers, and this model is not served by them; call a \
                 Gemini model for it, or do without the forced call"
            );
            findings.cannot_be_sent("toolConfig.functionCallingConfig", &complaint);
        }
        return;
    }
    chat.raw("tools", &write::list(&written));
    choice.write(chat);
}

fn function(declaration: &RawObject<'_>, name: &str) -> String {
    let mut function = Object::default();
    function.text("name", name);
    if let Some(description) = member(declaration, "description") {
        function.raw("description", description.get());
    }
    let schema = ["parametersJsonSchema", "parameters"]
        .iter()
        .find_map(|name| member(declaration, name))
        .and_then(|schema| serde_json::from_str::<Value>(schema.get()).ok());
    match schema {
        Some(mut schema) => {
            schema::to_json_schema(&mut schema);
            function.raw("parameters", &schema.to_string());
        }
        None => {
            function.raw("parameters", NO_PARAMETERS);
        }
    }
    let function = function.finish();
    Object::default().text("type", "function").raw("function", &function).finish()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Unsaid,
    Auto,
    Any,
    None,
}

/// `toolConfig.functionCallingConfig`.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub mode: Mode,
    /// Empty: all.
    allowed: Vec<String>,
}

impl Choice {
    fn of(request: &RawObject<'_>) -> Self {
        Self::read(object(request, "toolConfig"))
    }

    /// Of a `toolConfig`.
    pub(super) fn read(config: Option<RawObject<'_>>) -> Self {
        let Some(config) = config.and_then(|it| object(&it, "functionCallingConfig")) else {
            return Self::default();
        };
        let mode = match text(&config, "mode").unwrap_or_default().to_ascii_uppercase().as_str() {
            "ANY" => Mode::Any,
            "NONE" => Mode::None,
            "AUTO" | "VALIDATED" => Mode::Auto,
            _ => Mode::Unsaid,
        };
        let allowed = member(&config, "allowedFunctionNames")
            .and_then(|names| {
                serde_json::from_str::<Vec<&serde_json::value::RawValue>>(names.get()).ok()
            })
            .unwrap_or_default();
        let allowed = allowed.into_iter().filter_map(|name| string(name.get().as_bytes()));
        Self { mode, allowed: allowed.map(|name| name.into_owned()).collect() }
    }

    /// A chat names one function or all: of several, the others are left out of the tools.
    pub(super) fn allows(&self, name: &str) -> bool {
        self.allows_all() || self.allowed.iter().any(|allowed| allowed == name)
    }

    pub(super) fn allows_all(&self) -> bool {
        self.allowed.len() < 2
    }

    fn write(&self, chat: &mut Object) {
        match (self.mode, self.allowed.as_slice()) {
            (Mode::Unsaid, _) => {}
            (Mode::Auto, _) => {
                chat.text("tool_choice", "auto");
            }
            (Mode::None, _) => {
                chat.text("tool_choice", "none");
            }
            (Mode::Any, [name]) => {
                let function = Object::default().text("name", name).finish();
                let mut named = Object::default();
                named.text("type", "function").raw("function", &function);
                chat.raw("tool_choice", &named.finish());
            }
            (Mode::Any, _) => {
                chat.text("tool_choice", "required");
            }
        }
    }
}
