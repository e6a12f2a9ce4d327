//! `/responses`: the parameters, and what a model that reasons does not take.
//!
//! Source: OpenAI API reference, "Create a model response"; xAI's of the same name.

use serde_json::{Value, json};

use super::members::Members;
use super::responses_input as input;
use super::tools::{check_name, check_unique, location};
use llm_router::domain::chat::{ChatRequest, Effort, ResponseFormat, Tool, ToolChoice};
use llm_router::domain::search::WebSearch;

/// OpenAI refuses less.
const LEAST_OUTPUT_TOKENS: u64 = 16;

const INCLUDABLE: [&str; 3] = [
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
    "web_search_call.action.sources",
];

pub fn read(body: Value) -> Result<ChatRequest, String> {
    let mut body = Members::of(body, "")?;
    let model = body.required_string("model")?;
    let is_xai = model.starts_with("grok");
    let mut request =
        ChatRequest { messages: input::read(&mut body, is_xai)?, ..ChatRequest::default() };
    let max_uses = body.count("max_tool_calls")?;
    for mut tool in body.objects("tools")? {
        if tool.peek("type").is_some_and(|kind| kind == "web_search") {
            tool.take("type");
            request.web_search = Some(WebSearch { max_uses, ..search(tool)? });
        } else {
            request.tools.push(self::tool(tool)?);
        }
    }
    if max_uses.is_some() && request.web_search.is_none() {
        return Err("`max_tool_calls` without a tool that it counts".into());
    }
    check_unique(&request.tools)?;
    let mut choice = body.take("tool_choice");
    if let Some(search) = request
        .web_search
        .as_mut()
        .filter(|_| choice.as_ref().is_some_and(|choice| *choice == json!({"type": "web_search"})))
    {
        (search.is_forced, choice) = (true, None);
    }
    request.tool_choice = choice.map(self::choice).transpose()?;
    request.parallel_tool_calls = body.bool("parallel_tool_calls")?;
    if request.tools.is_empty()
        && (request.tool_choice.is_some() || request.parallel_tool_calls.is_some())
    {
        return Err("a choice of tools without `tools`".into());
    }
    if let Some(ToolChoice::Named(name)) = &request.tool_choice
        && request.tools.iter().all(|tool| tool.name != *name)
    {
        return Err(format!("`tool_choice` names `{name}`, which is no tool"));
    }
    request.reasoning = reasoning(&mut body)?;
    request.response_format = format(&mut body)?;
    request.max_tokens = body.count("max_output_tokens")?;
    if !is_xai && request.max_tokens.is_some_and(|most| most < LEAST_OUTPUT_TOKENS) {
        return Err(format!("`max_output_tokens` is below {LEAST_OUTPUT_TOKENS}"));
    }
    request.temperature = body.number_up_to("temperature", 2.0)?;
    request.top_p = body.number_up_to("top_p", 1.0)?;
    let include = body.strings("include")?;
    if let Some(unknown) = include.iter().find(|name| !INCLUDABLE.contains(&name.as_str())) {
        return Err(format!("`include` names `{unknown}`"));
    }
    let has_logprobs = match is_xai {
        true => body.bool("logprobs")?.unwrap_or(false),
        false => include.iter().any(|name| name == INCLUDABLE[1]),
    };
    request.logprobs = has_logprobs.then_some(true);
    request.top_logprobs = body.count("top_logprobs")?;
    if request.top_logprobs.is_some() && !has_logprobs {
        return Err("`top_logprobs` without log probabilities".into());
    }
    let is_sampled =
        request.temperature.is_some() || request.top_p.is_some() || request.logprobs.is_some();
    let may_reason = model.starts_with("gpt-5") && request.reasoning != Some(Effort::None);
    if may_reason && is_sampled {
        return Err("sampling parameters while it reasons".into());
    }
    request.user = body.string("user")?;
    request.is_stream = body.bool("stream")?.unwrap_or(false);
    // The default is to keep it: what is not wanted must be said.
    if body.bool("store")?.ok_or("`store` is missing")? {
        request.rest.insert("store".into(), json!(true));
    }
    if let Some(tier) = body.take("service_tier") {
        request.rest.insert("service_tier".into(), tier);
    }
    request.model = model;
    body.end()?;
    Ok(request)
}

fn search(mut tool: Members) -> Result<WebSearch, String> {
    let mut search = WebSearch {
        context_size: tool.string("search_context_size")?,
        location: tool.object("user_location")?.map(location).transpose()?,
        ..WebSearch::default()
    };
    if let Some(mut filters) = tool.object("filters")? {
        search.allowed_domains = filters.strings("allowed_domains")?;
        search.blocked_domains = filters.strings("excluded_domains")?;
        filters.end()?;
    }
    tool.end()?;
    Ok(search)
}

fn tool(mut tool: Members) -> Result<Tool, String> {
    if tool.string("type")?.as_deref() != Some("function") {
        return Err(format!("`{}` is not `function`", tool.place_of("type")));
    }
    let name = tool.required_string("name")?;
    check_name(&name, 64, &tool.place_of("name"))?;
    let parameters = tool.required("parameters")?;
    if !parameters.is_object() {
        return Err(format!("`{}` is no object", tool.place_of("parameters")));
    }
    let strict = tool.bool("strict")?.ok_or("`strict` is missing, and would be true")?;
    let read = Tool {
        name,
        description: tool.string("description")?,
        parameters: Some(parameters),
        strict: Some(strict),
        cache_control: None,
    };
    tool.end()?;
    Ok(read)
}

fn choice(value: Value) -> Result<ToolChoice, String> {
    match value.as_str() {
        Some("auto") => return Ok(ToolChoice::Auto),
        Some("none") => return Ok(ToolChoice::None),
        Some("required") => return Ok(ToolChoice::Required),
        Some(other) => return Err(format!("`tool_choice` is `{other}`")),
        None => {}
    }
    let mut choice = Members::of(value, "tool_choice")?;
    if choice.string("type")?.as_deref() != Some("function") {
        return Err("`tool_choice.type` is not `function`".into());
    }
    let name = choice.required_string("name")?;
    choice.end()?;
    Ok(ToolChoice::Named(name))
}

fn reasoning(body: &mut Members) -> Result<Option<Effort>, String> {
    let Some(mut reasoning) = body.object("reasoning")? else { return Ok(None) };
    let effort = match reasoning.string("effort")?.as_deref() {
        None => None,
        Some("none") => Some(Effort::None),
        Some("minimal") => Some(Effort::Minimal),
        Some("low") => Some(Effort::Low),
        Some("medium") => Some(Effort::Medium),
        Some("high") => Some(Effort::High),
        Some("xhigh") => Some(Effort::Xhigh),
        Some("max") => Some(Effort::Max),
        Some(other) => return Err(format!("`reasoning.effort` is `{other}`")),
    };
    let summary = reasoning.string("summary")?;
    if summary.is_some_and(|word| !["auto", "concise", "detailed"].contains(&word.as_str())) {
        return Err("`reasoning.summary` is auto, concise or detailed".into());
    }
    reasoning.end()?;
    Ok(effort)
}

fn format(body: &mut Members) -> Result<Option<ResponseFormat>, String> {
    let Some(mut text) = body.object("text")? else { return Ok(None) };
    let mut format = text.required_object("format")?;
    text.end()?;
    let read = match format.required_string("type")?.as_str() {
        "json_object" => ResponseFormat::JsonObject,
        "json_schema" => {
            let name = format.required_string("name")?;
            check_name(&name, 64, "text.format.name")?;
            ResponseFormat::JsonSchema {
                name,
                schema: format.required("schema")?,
                strict: format.bool("strict")?,
                description: format.string("description")?,
            }
        }
        other => return Err(format!("`text.format.type` is `{other}`")),
    };
    format.end()?;
    Ok(Some(read))
}
