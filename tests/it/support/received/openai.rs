//! `chat/completions`. Each provider of the family has fields of its own, so names that are not
//! known are kept, not refused; what is known must be right.
//!
//! Source: OpenAI API reference, "Create chat completion".

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::members::Members;
use super::openai_messages as messages;
use super::tools::{check_name, check_unique, function};
use llm_router::domain::chat::{ChatRequest, Effort, ResponseFormat, Tool, ToolChoice};

/// The frame alone: what is in it is the client's own, and may be nested without end.
pub fn glance(body: &[u8]) -> Result<(), String> {
    let members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_slice(body).map_err(|error| format!("no JSON object: {error}"))?;
    let begin = |name: &str| members.get(name).and_then(|value| value.get().chars().next());
    if begin("model") != Some('"') || begin("messages") != Some('[') {
        return Err("no `model` that is a string, or no `messages` that are a list".into());
    }
    let is_stream = members.get("stream").is_some_and(|value| value.get() == "true");
    if begin("stream_options") == Some('{') && !is_stream {
        return Err("`stream_options` without `stream`".into());
    }
    Ok(())
}

pub fn read(body: Value) -> Result<ChatRequest, String> {
    let mut body = Members::of(body, "")?;
    let mut request = ChatRequest {
        model: body.required_string("model")?,
        messages: messages::read(&mut body)?,
        ..ChatRequest::default()
    };
    for tool in body.objects("tools")? {
        request.tools.push(self::tool(tool)?);
    }
    check_unique(&request.tools)?;
    request.tool_choice = body.take("tool_choice").map(choice).transpose()?;
    if request.tools.is_empty() && request.tool_choice.is_some() {
        return Err("`tool_choice` without `tools`".into());
    }
    if let Some(ToolChoice::Named(name)) = &request.tool_choice
        && request.tools.iter().all(|tool| tool.name != *name)
    {
        return Err(format!("`tool_choice` names `{name}`, which is no tool"));
    }
    request.parallel_tool_calls = body.bool("parallel_tool_calls")?;
    if request.tools.is_empty() && request.parallel_tool_calls.is_some() {
        return Err("`parallel_tool_calls` without `tools`".into());
    }
    request.response_format = format(&mut body)?;
    request.temperature = body.number_up_to("temperature", 2.0)?;
    request.top_p = body.number_up_to("top_p", 1.0)?;
    request.top_k = body.count("top_k")?;
    request.presence_penalty = body.number("presence_penalty")?;
    request.frequency_penalty = body.number("frequency_penalty")?;
    request.seed = body.integer("seed")?;
    request.stop = body.strings("stop")?;
    request.max_tokens = max_tokens(&mut body)?;
    request.n = body.count("n")?;
    request.logprobs = body.bool("logprobs")?;
    request.top_logprobs = body.count("top_logprobs")?;
    request.reasoning = body.string("reasoning_effort")?.map(|word| effort(&word)).transpose()?;
    request.user = body.string("user")?;
    request.is_stream = body.bool("stream")?.unwrap_or(false);
    if let Some(mut options) = body.object("stream_options")? {
        options.bool("include_usage")?;
        if !request.is_stream {
            return Err("`stream_options` without `stream`".into());
        }
    }
    request.rest = body.into_rest();
    Ok(request)
}

fn max_tokens(body: &mut Members) -> Result<Option<u64>, String> {
    match (body.count("max_tokens")?, body.count("max_completion_tokens")?) {
        (Some(_), Some(_)) => Err("`max_tokens` and `max_completion_tokens` together".into()),
        (old, new) => Ok(new.or(old)),
    }
}

fn tool(tool: Members) -> Result<Tool, String> {
    let (tool, mut rest) = function(tool)?;
    check_name(&tool.name, 64, &rest.place_of("name"))?;
    let strict = rest.bool("strict")?;
    rest.end()?;
    Ok(Tool { strict, ..tool })
}

fn choice(value: Value) -> Result<ToolChoice, String> {
    match value {
        Value::String(word) => match word.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            other => Err(format!("`tool_choice` is `{other}`")),
        },
        value => {
            let mut choice = Members::of(value, "tool_choice")?;
            if choice.string("type")?.as_deref() != Some("function") {
                return Err("`tool_choice.type` is not `function`".into());
            }
            let mut function = choice.required_object("function")?;
            let name = function.required_string("name")?;
            function.end()?;
            choice.end()?;
            Ok(ToolChoice::Named(name))
        }
    }
}

fn format(body: &mut Members) -> Result<Option<ResponseFormat>, String> {
    let Some(mut format) = body.object("response_format")? else { return Ok(None) };
    let read = match format.required_string("type")?.as_str() {
        "text" => ResponseFormat::Text,
        "json_object" => ResponseFormat::JsonObject,
        "json_schema" => {
            let mut inner = format.required_object("json_schema")?;
            let name = inner.required_string("name")?;
            check_name(&name, 64, "response_format.json_schema.name")?;
            let read = ResponseFormat::JsonSchema {
                name,
                schema: inner.required("schema")?,
                strict: inner.bool("strict")?,
                description: inner.string("description")?,
            };
            inner.end()?;
            read
        }
        other => return Err(format!("`response_format.type` is `{other}`")),
    };
    format.end()?;
    Ok(Some(read))
}

fn effort(word: &str) -> Result<Effort, String> {
    Ok(match word {
        "none" => Effort::None,
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::Xhigh,
        "max" => Effort::Max,
        other => return Err(format!("`reasoning_effort` is `{other}`")),
    })
}
