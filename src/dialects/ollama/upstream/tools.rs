//! Tools, in OpenAI's shape. Ollama has no `tool_choice`: `none` is expressed by sending no tools,
//! and other choices cannot be expressed.

use serde::Serialize;
use serde_json::{Value, json};

use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::Place;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{ChatRequest, Tool, ToolChoice};

#[derive(Serialize)]
pub(super) struct WireTool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: WireFunction<'a>,
}

#[derive(Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: Value,
}

/// # Errors
/// When the model takes no tools.
pub(super) fn encode<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Vec<WireTool<'a>>, Untranslatable> {
    let is_marked = |tool: &Tool| tool.cache_control.is_some();
    dropped.record_if(request.tools.iter().any(is_marked), "cache_control");
    match request.tool_choice {
        Some(ToolChoice::None) => return Ok(Vec::new()),
        Some(ToolChoice::Required | ToolChoice::Named(_)) => dropped.record("tool_choice"),
        Some(ToolChoice::Auto) | None => {}
    }
    if !request.tools.is_empty() && !capabilities.takes_tools {
        return Err(Untranslatable::at(
            Place::Parameter("tools"),
            ": this model does not take tools",
        ));
    }
    // Several calls at once are Ollama's default.
    dropped.record_if(request.parallel_tool_calls == Some(false), "parallel_tool_calls");
    Ok(request.tools.iter().map(|tool| wire(tool, dropped)).collect())
}

fn wire<'a>(tool: &'a Tool, dropped: &mut Dropped) -> WireTool<'a> {
    dropped.record_if(tool.strict == Some(true), "strict");
    let none = || json!({"type": "object", "properties": {}});
    let function = WireFunction {
        name: &tool.name,
        description: tool.description.as_deref(),
        // Model templates read them.
        parameters: tool.parameters.clone().unwrap_or_else(none),
    };
    WireTool { kind: "function", function }
}
