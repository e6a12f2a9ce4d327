//! Tools and `tool_choice`.

use serde_json::{Map, Value};

use super::{schema, schema_top, wire};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::Place;
use crate::dialects::web_search::{self, BLOCKED_DOMAINS, CONTEXT_SIZE};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{ChatRequest, Tool, ToolChoice};

pub(super) fn encode<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Vec<wire::Tool<'a>>, Untranslatable> {
    if !capabilities.takes_tools && !request.tools.is_empty() {
        return Err(Untranslatable::saying("the model takes no tools", Place::Parameter("tools")));
    }
    let mut tools = Vec::with_capacity(request.tools.len());
    for (index, tool) in request.tools.iter().enumerate() {
        let mut input_schema = input_schema(tool, index)?;
        // Strict tools came with structured outputs; models before them answer 400 for the field.
        let wants_strict = tool.strict == Some(true);
        let closed = (wants_strict && capabilities.takes_json_schema)
            .then(|| schema::close(&input_schema))
            .and_then(Result::ok);
        dropped.record_if(wants_strict && closed.is_none(), "tools.function.strict");
        let strict = closed.is_some();
        let mut lost = Vec::new();
        match closed {
            Some(closed) => (input_schema, lost) = (closed.schema, closed.lost),
            None => lost.extend(schema_top::without_combinators(&mut input_schema)),
        }
        for keyword in lost {
            dropped.record(&format!("tools.function.parameters.{keyword}"));
        }
        tools.push(wire::Tool {
            name: &tool.name,
            description: tool.description.as_deref(),
            input_schema,
            strict,
            cache_control: tool.cache_control.as_ref(),
        });
    }
    Ok(tools)
}

/// The oldest version of the tool, which each model has that has one. Later ones run code.
const SEARCH: &str = "web_search_20250305";
const SEARCH_NAME: &str = "web_search";

/// The search of the web. A function of its name leaves no room for it.
///
/// # Errors
/// When it is forced, and the model cannot run it.
pub(super) fn search<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Option<wire::SearchTool<'a>>, Untranslatable> {
    let fits = request.tools.iter().all(|tool| tool.name != SEARCH_NAME);
    let search = web_search::as_tool(request, capabilities.web_search, fits, dropped)?;
    let Some(search) = search else { return Ok(None) };
    web_search::lose(search, &[CONTEXT_SIZE], dropped);
    // The API takes one of both lists.
    let blocked_domains = match search.allowed_domains.is_empty() {
        true => search.blocked_domains.as_slice(),
        false => {
            web_search::lose(search, &[BLOCKED_DOMAINS], dropped);
            &[]
        }
    };
    Ok(Some(wire::SearchTool {
        kind: SEARCH,
        name: SEARCH_NAME,
        max_uses: search.max_uses,
        allowed_domains: &search.allowed_domains,
        blocked_domains,
        user_location: search.location.as_ref().map(web_search::user_location),
    }))
}

/// The API requires `"type": "object"`; OpenAI does not.
fn input_schema(tool: &Tool, index: usize) -> Result<Value, Untranslatable> {
    let mut schema = match &tool.parameters {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(schema)) => schema.clone(),
        Some(_) => return Err(no_object(index)),
    };
    if schema.is_empty() {
        schema.insert(String::from("type"), Value::from("object"));
        schema.insert(String::from("properties"), Value::Object(Map::new()));
        return Ok(Value::Object(schema));
    }
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "object" => {}
        Some(_) => return Err(no_object(index)),
        None => {
            schema.insert(String::from("type"), Value::from("object"));
        }
    }
    Ok(Value::Object(schema))
}

fn no_object(index: usize) -> Untranslatable {
    Untranslatable::at(Place::ToolSchema(index), " must be a JSON Schema of type `object`")
}

/// A choice without tools is ignored, unless it demands a tool.
pub(super) fn choice<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Option<wire::ToolChoice<'a>>, Untranslatable> {
    let wanted = request.tool_choice.as_ref();
    if request.web_search.as_ref().is_some_and(|search| search.is_forced) {
        let is_taken = capabilities.takes_forced_tools;
        dropped.record_if(!is_taken, "tool_choice");
        return Ok(is_taken.then_some(wire::ToolChoice {
            kind: "tool",
            name: Some(SEARCH_NAME),
            disable_parallel_tool_use: false,
        }));
    }
    if request.tools.is_empty() {
        return match wanted {
            Some(ToolChoice::Required | ToolChoice::Named(_)) => Err(Untranslatable::at(
                Place::Parameter("tool_choice"),
                " demands a tool, but `tools` is empty",
            )),
            Some(ToolChoice::Auto | ToolChoice::None) | None => Ok(None),
        };
    }
    let is_serial = request.parallel_tool_calls == Some(false);
    let (kind, name) = match wanted {
        None if !is_serial => return Ok(None),
        None | Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Named(name)) if !request.tools.iter().any(|tool| tool.name == *name) => {
            let complaint = format!(" names `{name}`, which is not in `tools`");
            return Err(Untranslatable::at(Place::Parameter("tool_choice"), complaint));
        }
        Some(ToolChoice::Required | ToolChoice::Named(_)) if !capabilities.takes_forced_tools => {
            dropped.record("tool_choice");
            ("auto", None)
        }
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Named(name)) => ("tool", Some(name.as_str())),
    };
    let disable_parallel_tool_use = is_serial && kind != "none";
    Ok(Some(wire::ToolChoice { kind, name, disable_parallel_tool_use }))
}

pub(super) fn is_forced(choice: &wire::ToolChoice<'_>) -> bool {
    matches!(choice.kind, "any" | "tool")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;
    use serde_json::json;

    fn tool(parameters: Option<Value>) -> Tool {
        Tool {
            name: "f".into(),
            description: Some("does f".into()),
            parameters,
            strict: Some(true),
            cache_control: Some(json!({"type": "ephemeral"})),
        }
    }

    fn with_choice(tool_choice: Option<ToolChoice>, parallel: Option<bool>) -> ChatRequest {
        ChatRequest {
            tools: vec![tool(None)],
            tool_choice,
            parallel_tool_calls: parallel,
            ..ChatRequest::default()
        }
    }

    #[test]
    fn a_schema_gets_the_type_that_it_lacks_and_keeps_the_rest() {
        for (parameters, expected) in [
            (None, json!({"type": "object", "properties": {}})),
            (Some(json!({})), json!({"type": "object", "properties": {}})),
            (
                Some(json!({"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": true}})),
                json!({"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": true}, "type": "object"}),
            ),
        ] {
            assert_eq!(input_schema(&tool(parameters), 0), Ok(expected));
        }
        for parameters in [json!([]), json!({"type": "string"}), json!({"type": ["object"]})] {
            let bad = bad_request(input_schema(&tool(Some(parameters)), 3).unwrap_err());
            assert_eq!(bad.param.as_deref(), Some("tools[3].function.parameters"));
        }
    }

    #[test]
    fn a_tool_keeps_its_marker_and_its_strictness() {
        let request = with_choice(None, None);
        let mut dropped = Dropped::default();
        let tools = encode(&request, &Capabilities::default(), &mut dropped).unwrap();
        assert_eq!(
            serde_json::to_value(&tools).unwrap(),
            json!([{"name": "f", "description": "does f", "strict": true,
                "input_schema": {"type": "object", "properties": {}, "additionalProperties": false},
                "cache_control": {"type": "ephemeral"}}])
        );
        let older = Capabilities { takes_json_schema: false, ..Capabilities::default() };
        let tools = encode(&request, &older, &mut dropped).unwrap();
        assert!(!tools[0].strict);
        assert_eq!(dropped.into_names(), ["tools.function.strict"]);
    }

    #[test]
    fn a_strict_schema_that_cannot_be_expressed_is_no_longer_strict() {
        let request = |parameters| ChatRequest {
            tools: vec![tool(Some(parameters))],
            ..ChatRequest::default()
        };
        let circle = json!({"type": "object", "properties": {"a": {"$ref": "#"}}});
        let bounded =
            json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}});
        for (parameters, is_strict, told) in [
            (circle, false, "tools.function.strict"),
            (bounded, true, "tools.function.parameters.minLength"),
        ] {
            let (request, mut dropped) = (request(parameters.clone()), Dropped::default());
            let tools = encode(&request, &Capabilities::default(), &mut dropped).unwrap();
            assert_eq!((tools[0].strict, dropped.into_names()), (is_strict, vec![told.to_owned()]));
            assert_eq!(tools[0].input_schema == parameters, !is_strict);
        }
    }

    #[test]
    fn every_choice_has_its_counterpart() {
        for (wanted, parallel, expected) in [
            (None, None, None),
            (None, Some(true), None),
            (None, Some(false), Some(json!({"type": "auto", "disable_parallel_tool_use": true}))),
            (Some(ToolChoice::Auto), None, Some(json!({"type": "auto"}))),
            (Some(ToolChoice::None), Some(false), Some(json!({"type": "none"}))),
            (Some(ToolChoice::Required), None, Some(json!({"type": "any"}))),
            (
                Some(ToolChoice::Named("f".into())),
                Some(false),
                Some(json!({"type": "tool", "name": "f", "disable_parallel_tool_use": true})),
            ),
        ] {
            let request = with_choice(wanted, parallel);
            let mut dropped = Dropped::default();
            let found = choice(&request, &Capabilities::default(), &mut dropped).unwrap();
            assert_eq!(found.map(|found| serde_json::to_value(found).unwrap()), expected);
            assert!(dropped.into_names().is_empty());
        }
    }

    #[test]
    fn a_model_that_cannot_be_forced_chooses_and_the_loss_is_reported() {
        let capabilities = Capabilities { takes_forced_tools: false, ..Capabilities::default() };
        let request = with_choice(Some(ToolChoice::Required), None);
        let mut dropped = Dropped::default();
        let found = choice(&request, &capabilities, &mut dropped).unwrap().unwrap();
        assert_eq!((found.kind, dropped.into_names()), ("auto", vec!["tool_choice".into()]));
    }

    #[test]
    fn a_choice_that_cannot_be_met_is_refused() {
        let unknown = with_choice(Some(ToolChoice::Named("g".into())), None);
        let mut toolless = with_choice(Some(ToolChoice::Required), None);
        toolless.tools.clear();
        for request in [unknown, toolless] {
            let mut dropped = Dropped::default();
            let bad = choice(&request, &Capabilities::default(), &mut dropped).unwrap_err();
            let bad = bad_request(bad);
            assert_eq!(bad.param.as_deref(), Some("tool_choice"), "{bad}");
        }
    }
}
