//! The functions of a request, and `tool_choice`.
//!
//! Source: Gemini API, "Function calling".

use serde::Serialize;
use serde_json::Value;

use super::schema;
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::Place;
use crate::dialects::web_search::{
    self, ALLOWED_DOMAINS, BLOCKED_DOMAINS, CONTEXT_SIZE, LOCATION, MAX_USES,
};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{ChatRequest, ResponseFormat, Tool, ToolChoice};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ToolGroup<'a> {
    FunctionDeclarations(Vec<FunctionDeclaration<'a>>),
    GoogleSearch {},
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionDeclaration<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<&'a Value>,
    /// In the OpenAPI subset.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolConfig<'a> {
    function_calling_config: FunctionCallingConfig<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionCallingConfig<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'a str; 1]>,
}

/// The tools to send. If the model cannot combine a JSON answer with tools, tools that are not to
/// be called are dropped for it; otherwise the format is dropped.
pub(super) fn offered<'a>(request: &'a ChatRequest, capabilities: &Capabilities) -> &'a [Tool] {
    let is_forbidden = request.tool_choice == Some(ToolChoice::None);
    match is_forbidden && wants_json(request) && !capabilities.takes_json_with_tools {
        true => &[],
        false => &request.tools,
    }
}

fn wants_json(request: &ChatRequest) -> bool {
    matches!(
        request.response_format,
        Some(ResponseFormat::JsonObject | ResponseFormat::JsonSchema { .. })
    )
}

/// # Errors
/// When the model takes no tools, or a schema cannot be carried.
pub(super) fn encode<'a>(
    tools: &'a [Tool],
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Option<[ToolGroup<'a>; 1]>, Untranslatable> {
    if tools.is_empty() {
        return Ok(None);
    }
    if !capabilities.takes_tools {
        return Err(Untranslatable::at(
            Place::Parameter("tools"),
            ": this model does not take tools",
        ));
    }
    let mut function_declarations = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        dropped.record_if(tool.strict == Some(true), "strict");
        let mut declaration = FunctionDeclaration {
            name: &tool.name,
            description: tool.description.as_deref(),
            parameters_json_schema: None,
            parameters: None,
        };
        if capabilities.takes_full_schemas {
            declaration.parameters_json_schema = tool.parameters.as_ref();
        } else if let Some(parameters) = &tool.parameters {
            let owner = format!("the tool `{}`", tool.name);
            let parameters = schema::to_openapi(parameters, &owner, Place::ToolSchema(index))?;
            declaration.parameters =
                Some(parameters).filter(|schema| !is_without_properties(schema));
        }
        function_declarations.push(declaration);
    }
    Ok(Some([ToolGroup::FunctionDeclarations(function_declarations)]))
}

/// The search of the web. Models before Gemini 3 refuse it beside functions, and some beside a format
/// of the answer. It cannot be forced.
///
/// # Errors
/// When it is forced, and the model cannot run it.
pub(super) fn search<'a>(
    request: &ChatRequest,
    offered: &[Tool],
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Option<[ToolGroup<'a>; 1]>, Untranslatable> {
    let fits = offered.is_empty() && (capabilities.takes_json_with_tools || !wants_json(request));
    let search = web_search::as_tool(request, capabilities.web_search, fits, dropped)?;
    let Some(search) = search else { return Ok(None) };
    let lost = [CONTEXT_SIZE, LOCATION, ALLOWED_DOMAINS, BLOCKED_DOMAINS, MAX_USES];
    web_search::lose(search, &lost, dropped);
    dropped.record_if(search.is_forced, "tool_choice");
    Ok(Some([ToolGroup::GoogleSearch {}]))
}

/// The OpenAPI subset refuses an object without properties, so empty parameters are omitted.
fn is_without_properties(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.is_none_or(serde_json::Map::is_empty) && schema.get("anyOf").is_none()
}

/// # Errors
/// When the choice names a tool that does not exist.
pub(super) fn choice<'a>(
    request: &'a ChatRequest,
    offered: &[Tool],
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Option<ToolConfig<'a>>, Untranslatable> {
    let has_tools = !offered.is_empty();
    let (mode, named) = match &request.tool_choice {
        None => return Ok(None),
        Some(ToolChoice::Auto | ToolChoice::None) if !has_tools => return Ok(None),
        Some(ToolChoice::Auto) => ("AUTO", None),
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Required) if !has_tools => {
            let complaint = " is `required`, but there are no `tools`";
            return Err(Untranslatable::at(Place::Parameter("tool_choice"), complaint));
        }
        Some(ToolChoice::Required) => ("ANY", None),
        Some(ToolChoice::Named(name)) if offered.iter().all(|tool| tool.name != *name) => {
            let complaint = format!(" names `{name}`, which is not among the `tools`");
            return Err(Untranslatable::at(Place::Parameter("tool_choice"), complaint));
        }
        Some(ToolChoice::Named(name)) => ("ANY", Some([name.as_str()])),
    };
    let function_calling_config = if mode == "ANY" && !capabilities.takes_forced_tools {
        dropped.record("tool_choice");
        FunctionCallingConfig { mode: "AUTO", allowed_function_names: None }
    } else {
        FunctionCallingConfig { mode, allowed_function_names: named }
    };
    Ok(Some(ToolConfig { function_calling_config }))
}
