//! `/v1/messages`: the parameters, and what they forbid each other.
//!
//! Source: Anthropic API reference, "Messages"; "Extended thinking", "Tool use".

use serde_json::{Map, Value, json};

use super::anthropic_schema;
use super::anthropic_turns as turns;
use super::members::Members;
use super::tools::{check_name, check_unique, location};
use llm_router::domain::chat::{ChatRequest, Effort, ResponseFormat, Tool, ToolChoice};
use llm_router::domain::search::WebSearch;

/// The most markers for the prompt cache in one request.
const MAX_MARKERS: usize = 4;

pub fn read(body: Value) -> Result<ChatRequest, String> {
    check_markers(&body)?;
    let mut body = Members::of(body, "")?;
    let model = body.required_string("model")?;
    let max_tokens = body.count("max_tokens")?.filter(|count| *count > 0);
    let max_tokens = max_tokens.ok_or("`max_tokens` is missing or 0")?;
    let generation = Generation::of(&model);
    let mut request = ChatRequest { max_tokens: Some(max_tokens), ..ChatRequest::default() };
    request.messages = turns::read(&mut body, generation)?;
    for tool in body.objects("tools")? {
        if tool.peek("type").is_some() {
            request.web_search = Some(search(tool)?);
        } else {
            request.tools.push(self::tool(tool)?);
        }
    }
    check_unique(&request.tools)?;
    let forced = json!({"type": "tool", "name": "web_search"});
    if body.peek("tool_choice") == Some(&forced)
        && let Some(search) = &mut request.web_search
    {
        search.is_forced = true;
        body.take("tool_choice");
    }
    (request.tool_choice, request.parallel_tool_calls) = tool_choice(&mut body, &request.tools)?;
    let is_forced =
        matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)))
            || request.web_search.as_ref().is_some_and(|search| search.is_forced);
    let thinking = Thinking::read(&mut body, max_tokens, generation)?;
    let (effort, format) = output_config(&mut body)?;
    request.response_format = format;
    request.reasoning = thinking.effort(effort)?;
    // Without a word the newest models think too.
    if thinking.is_on() && is_forced {
        return Err("`tool_choice` forces a tool, but thinking is on".into());
    }
    if let Thinking::Budget(_) = thinking {
        turns::check_running_loop(&request.messages)?;
    }
    request.temperature = body.number_up_to("temperature", 1.0)?;
    request.top_p = body.number_up_to("top_p", 1.0)?;
    request.top_k = body.count("top_k")?;
    let is_sampled =
        request.temperature.is_some() || request.top_p.is_some() || request.top_k.is_some();
    if is_sampled && (thinking.is_on() || generation >= Generation(4, 7)) {
        return Err("sampling parameters are not taken here".into());
    }
    if generation >= Generation(4, 1) && request.temperature.is_some() && request.top_p.is_some() {
        return Err("`temperature` and `top_p` exclude each other".into());
    }
    request.stop = body.strings("stop_sequences")?;
    if request.stop.iter().any(|stop| stop.trim().is_empty()) {
        return Err("`stop_sequences` must hold something other than whitespace".into());
    }
    if let Some(mut metadata) = body.object("metadata")? {
        request.user = metadata.string("user_id")?;
        metadata.end()?;
    }
    request.rest = rest(&mut body)?;
    request.is_stream = body.bool("stream")?.unwrap_or(false);
    request.model = model;
    body.end()?;
    Ok(request)
}

fn search(mut tool: Members) -> Result<WebSearch, String> {
    if tool.string("type")?.as_deref() != Some("web_search_20250305")
        || tool.string("name")?.as_deref() != Some("web_search")
    {
        return Err(String::from("a tool of the vendor that is not known"));
    }
    let search = WebSearch {
        max_uses: tool.count("max_uses")?,
        allowed_domains: tool.strings("allowed_domains")?,
        blocked_domains: tool.strings("blocked_domains")?,
        location: tool.object("user_location")?.map(location).transpose()?,
        ..WebSearch::default()
    };
    if !search.allowed_domains.is_empty() && !search.blocked_domains.is_empty() {
        return Err(String::from("allowed and blocked domains exclude each other"));
    }
    tool.end()?;
    Ok(search)
}

/// Major and minor version of the model, as far as its name tells: `claude-opus-4-7`.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
pub(super) struct Generation(pub u32, pub u32);

impl Generation {
    fn of(model: &str) -> Self {
        let mut numbers = model.split(['-', '.']).filter_map(|word| word.parse::<u32>().ok());
        let major = numbers.next().unwrap_or(0);
        // A longer number is a date.
        Self(major, numbers.next().filter(|minor| *minor < 100).unwrap_or(0))
    }
}

#[derive(Clone, Copy)]
enum Thinking {
    Unsaid,
    Off,
    Adaptive,
    Budget(u64),
}

impl Thinking {
    fn read(body: &mut Members, max_tokens: u64, generation: Generation) -> Result<Self, String> {
        let Some(mut thinking) = body.object("thinking")? else { return Ok(Self::Unsaid) };
        let kind = thinking.required_string("type")?;
        let read = match kind.as_str() {
            "disabled" => Self::Off,
            "adaptive" if generation >= Generation(4, 6) => {
                let display = thinking.string("display")?;
                if display.is_some_and(|word| word != "summarized" && word != "omitted") {
                    return Err("`thinking.display` is summarized or omitted".into());
                }
                Self::Adaptive
            }
            "enabled" if generation < Generation(4, 7) => {
                let budget = thinking.count("budget_tokens")?.unwrap_or(0);
                if budget < 1024 || budget >= max_tokens {
                    return Err(format!(
                        "`thinking.budget_tokens` is {budget}, not from 1024 to below {max_tokens}"
                    ));
                }
                Self::Budget(budget)
            }
            other => return Err(format!("`thinking.type` `{other}` is not taken by this model")),
        };
        thinking.end()?;
        Ok(read)
    }

    fn is_on(self) -> bool {
        matches!(self, Self::Adaptive | Self::Budget(_))
    }

    /// The least effort that a budget is enough for. Without an effort the API's is high.
    fn effort(self, said: Option<Effort>) -> Result<Option<Effort>, String> {
        Ok(match (self, said) {
            (Self::Unsaid, None) => None,
            (Self::Off, None) => Some(Effort::None),
            (Self::Adaptive, said) => Some(said.unwrap_or(Effort::High)),
            (Self::Budget(budget), None) => Some(match budget {
                ..2048 => Effort::Low,
                2048..4096 => Effort::Medium,
                4096..8192 => Effort::High,
                8192..16_384 => Effort::Xhigh,
                _ => Effort::Max,
            }),
            (_, Some(_)) => return Err("`output_config.effort` without adaptive thinking".into()),
        })
    }
}

fn output_config(body: &mut Members) -> Result<(Option<Effort>, Option<ResponseFormat>), String> {
    let Some(mut config) = body.object("output_config")? else { return Ok((None, None)) };
    let effort = match config.string("effort")?.as_deref() {
        None => None,
        Some("low") => Some(Effort::Low),
        Some("medium") => Some(Effort::Medium),
        Some("high") => Some(Effort::High),
        Some("xhigh") => Some(Effort::Xhigh),
        Some("max") => Some(Effort::Max),
        Some(other) => return Err(format!("`output_config.effort` is `{other}`")),
    };
    let mut format = None;
    if let Some(mut found) = config.object("format")? {
        if found.string("type")?.as_deref() != Some("json_schema") {
            return Err("`output_config.format.type` is not `json_schema`".into());
        }
        let schema = found.required("schema")?;
        anthropic_schema::check(&schema, "output_config.format.schema")?;
        found.end()?;
        let name = String::new();
        format = Some(ResponseFormat::JsonSchema { name, schema, strict: None, description: None });
    }
    config.end()?;
    Ok((effort, format))
}

fn tool(mut tool: Members) -> Result<Tool, String> {
    let name = tool.required_string("name")?;
    check_name(&name, 128, &tool.place_of("name"))?;
    let schema = tool.required("input_schema")?;
    if schema.get("type") != Some(&json!("object")) {
        return Err(format!("`{}` has no type `object`", tool.place_of("input_schema")));
    }
    if let Some(refused) =
        ["anyOf", "oneOf", "allOf"].iter().find(|key| schema.get(**key).is_some())
    {
        return Err(format!("`{}` has `{refused}` at its top", tool.place_of("input_schema")));
    }
    let strict = tool.bool("strict")?;
    if strict == Some(true) {
        anthropic_schema::check(&schema, &tool.place_of("input_schema"))?;
    }
    let read = Tool {
        name,
        description: tool.string("description")?,
        parameters: Some(schema),
        strict,
        cache_control: tool.take("cache_control"),
    };
    tool.end()?;
    Ok(read)
}

fn tool_choice(
    body: &mut Members,
    tools: &[Tool],
) -> Result<(Option<ToolChoice>, Option<bool>), String> {
    let Some(mut choice) = body.object("tool_choice")? else { return Ok((None, None)) };
    if tools.is_empty() {
        return Err("`tool_choice` without `tools`".into());
    }
    let kind = choice.required_string("type")?;
    let read = match kind.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(choice.required_string("name")?),
        other => return Err(format!("`tool_choice.type` is `{other}`")),
    };
    if let ToolChoice::Named(name) = &read
        && tools.iter().all(|tool| tool.name != *name)
    {
        return Err(format!("`tool_choice` names `{name}`, which is no tool"));
    }
    let is_serial = match read {
        ToolChoice::None => None,
        _ => choice.bool("disable_parallel_tool_use")?,
    };
    choice.end()?;
    Ok((Some(read), is_serial.map(|is_serial| !is_serial)))
}

fn rest(body: &mut Members) -> Result<Map<String, Value>, String> {
    let mut rest = Map::new();
    if let Some(tier) = body.string("service_tier")? {
        if tier != "auto" && tier != "standard_only" {
            return Err(format!("`service_tier` is `{tier}`"));
        }
        rest.insert("service_tier".into(), Value::from(tier));
    }
    if let Some(marker) = body.take("cache_control") {
        rest.insert("cache_control".into(), marker);
    }
    Ok(rest)
}

fn check_markers(body: &Value) -> Result<(), String> {
    fn count(value: &Value) -> usize {
        match value {
            Value::Object(members) => {
                let own = usize::from(members.contains_key("cache_control"));
                own + members.values().map(count).sum::<usize>()
            }
            Value::Array(values) => values.iter().map(count).sum(),
            _ => 0,
        }
    }
    match count(body) {
        ..=MAX_MARKERS => Ok(()),
        found => Err(format!("{found} blocks with `cache_control`; at most {MAX_MARKERS} may be")),
    }
}
