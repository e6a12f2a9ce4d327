//! `generateContent` and `streamGenerateContent`: the path says model and stream, the body the rest.
//!
//! Source: Gemini API reference, `GenerateContentRequest`, `GenerationConfig`, `Schema`.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::gemini_contents as contents;
use super::members::Members;
use super::tools::check_unique;
use llm_router::domain::chat::{ChatRequest, Effort, ResponseFormat, Tool, ToolChoice};
use llm_router::domain::search::WebSearch;

/// What `parameters` and `responseSchema` may say: a subset of OpenAPI.
const SCHEMA_WORDS: [&str; 22] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "properties",
    "required",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "minimum",
    "maximum",
];

pub fn read(path: &str, body: Value) -> Result<ChatRequest, String> {
    let (model, is_stream) = target(path)?;
    let mut body = Members::of(body, "")?;
    // Levels, and signatures that must be there, came with Gemini 3.
    let is_level = !["gemini-1", "gemini-2"].iter().any(|old| model.starts_with(old));
    let mut request = ChatRequest { model, is_stream, ..ChatRequest::default() };
    request.messages = contents::read(&mut body, is_level)?;
    for mut group in body.objects("tools")? {
        if let Some(search) = group.object("googleSearch")? {
            search.end()?;
            group.end()?;
            request.web_search = Some(WebSearch::default());
            continue;
        }
        for declaration in group.required_objects("functionDeclarations")? {
            request.tools.push(tool(declaration)?);
        }
        group.end()?;
    }
    if !is_level && !request.tools.is_empty() && request.web_search.is_some() {
        return Err("a search beside functions".into());
    }
    check_unique(&request.tools)?;
    request.tool_choice = tool_choice(&mut body, &request.tools)?;
    if let Some(settings) = body.take("safetySettings") {
        request.rest.insert("safety_settings".into(), settings);
    }
    if let Some(config) = body.object("generationConfig")? {
        generation(config, is_level, &mut request)?;
    }
    body.end()?;
    if !is_level && !request.tools.is_empty() && request.response_format.is_some() {
        return Err("function calling with a response mime type: `application/json`".into());
    }
    Ok(request)
}

fn target(path: &str) -> Result<(String, bool), String> {
    let (place, query) = path.split_once('?').unwrap_or((path, ""));
    let (_, last) = place.rsplit_once("/models/").ok_or("the path names no model")?;
    let is_stream = match last.rsplit_once(':') {
        Some((_, "generateContent")) if query.is_empty() => false,
        Some((_, "streamGenerateContent")) if query == "alt=sse" => true,
        _ => return Err(format!("no method of the API, or more than its query: `{path}`")),
    };
    let (model, _) = last.rsplit_once(':').ok_or("the path names no method")?;
    if model.contains(['/', ':']) || model.is_empty() {
        return Err(format!("the model leaves its place in the path: `{path}`"));
    }
    let model = percent_decode_str(model).decode_utf8().map_err(|error| error.to_string())?;
    Ok((model.into_owned(), is_stream))
}

/// Letters, digits and `_.:-`, of which a letter or `_` comes first; at most 64.
fn check_name(name: &str, place: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if begins && name.len() <= 64 && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(format!("`{place}` is no name of a function: `{name}`"))
}

fn tool(mut declaration: Members) -> Result<Tool, String> {
    let name = declaration.required_string("name")?;
    check_name(&name, &declaration.place_of("name"))?;
    let description = declaration.string("description")?;
    let own = declaration.take("parameters");
    if let Some(schema) = &own {
        check_schema(schema, &declaration.place_of("parameters"))?;
    }
    let parameters = declaration.take("parametersJsonSchema");
    if own.is_some() && parameters.is_some() {
        return Err(format!("`{name}` has its parameters twice"));
    }
    declaration.end()?;
    let parameters = parameters.or(own);
    Ok(Tool { name, description, parameters, strict: None, cache_control: None })
}

fn check_schema(schema: &Value, place: &str) -> Result<(), String> {
    let Some(members) = schema.as_object() else { return Err(format!("`{place}` is no object")) };
    for (word, value) in members {
        let place = format!("{place}.{word}");
        if !SCHEMA_WORDS.contains(&word.as_str()) {
            return Err(format!("`{place}` is not known"));
        }
        match (word.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, schema) in properties {
                    check_schema(schema, &format!("{place}.{name}"))?;
                }
            }
            ("anyOf", Value::Array(branches)) => {
                for branch in branches {
                    check_schema(branch, &place)?;
                }
            }
            ("items", schema) => check_schema(schema, &place)?,
            ("type", kind) if !kind.is_string() => {
                return Err(format!("`{place}` is no string: {kind}"));
            }
            ("enum", Value::Array(values)) if !values.iter().all(Value::is_string) => {
                return Err(format!("`{place}` holds more than strings"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn tool_choice(body: &mut Members, tools: &[Tool]) -> Result<Option<ToolChoice>, String> {
    let Some(mut config) = body.object("toolConfig")? else { return Ok(None) };
    let mut calling = config.required_object("functionCallingConfig")?;
    config.end()?;
    if tools.is_empty() {
        return Err("`toolConfig` without `tools`".into());
    }
    let mode = calling.required_string("mode")?;
    let mut allowed = calling.strings("allowedFunctionNames")?;
    calling.end()?;
    if let Some(name) = allowed.iter().find(|name| tools.iter().all(|tool| tool.name != **name)) {
        return Err(format!("`allowedFunctionNames` holds `{name}`, which is no tool"));
    }
    match (mode.as_str(), allowed.pop()) {
        ("AUTO", None) => Ok(Some(ToolChoice::Auto)),
        ("NONE", None) => Ok(Some(ToolChoice::None)),
        ("ANY", None) => Ok(Some(ToolChoice::Required)),
        ("ANY", Some(name)) if allowed.is_empty() => Ok(Some(ToolChoice::Named(name))),
        (mode, _) => Err(format!("names are allowed beside `{mode}`, or it is unknown")),
    }
}

fn generation(
    mut config: Members,
    is_level: bool,
    request: &mut ChatRequest,
) -> Result<(), String> {
    request.temperature = config.number_up_to("temperature", 2.0)?;
    request.top_p = config.number_up_to("topP", 1.0)?;
    request.top_k = config.count("topK")?;
    request.n = config.count("candidateCount")?;
    request.max_tokens = config.count("maxOutputTokens")?;
    if request.n == Some(0) || request.max_tokens == Some(0) {
        return Err("a count in `generationConfig` is 0".into());
    }
    request.stop = config.strings("stopSequences")?;
    if request.stop.len() > 5 || request.stop.iter().any(String::is_empty) {
        return Err(format!("`stopSequences` are too many, or one is empty: {:?}", request.stop));
    }
    request.seed = config.integer("seed")?;
    if request.seed.is_some_and(|seed| i32::try_from(seed).is_err()) {
        return Err("`seed` has more than 32 bits".into());
    }
    request.presence_penalty = config.number("presencePenalty")?;
    request.frequency_penalty = config.number("frequencyPenalty")?;
    request.response_format = format(&mut config)?;
    request.logprobs = config.bool("responseLogprobs")?;
    request.top_logprobs = config.count("logprobs")?;
    if request.top_logprobs.is_some() && request.logprobs != Some(true) {
        return Err("`logprobs` without `responseLogprobs`".into());
    }
    if let Some(thinking) = config.object("thinkingConfig")? {
        let most = if request.model.starts_with("gemini-2.5-flash") { 24_576 } else { 32_768 };
        request.reasoning = effort(thinking, is_level, most)?;
    }
    config.end()
}

fn format(config: &mut Members) -> Result<Option<ResponseFormat>, String> {
    let kind = config.string("responseMimeType")?;
    let own = config.take("responseSchema");
    if let Some(schema) = &own {
        check_schema(schema, "generationConfig.responseSchema")?;
    }
    let schema = config.take("responseJsonSchema");
    if own.is_some() && schema.is_some() {
        return Err("the answer's schema stands twice".into());
    }
    match (kind.as_deref(), schema.or(own)) {
        (None, None) => Ok(None),
        (Some("application/json"), None) => Ok(Some(ResponseFormat::JsonObject)),
        (Some("application/json"), Some(schema)) => Ok(Some(ResponseFormat::JsonSchema {
            name: String::new(),
            schema,
            strict: None,
            description: None,
        })),
        (kind, _) => Err(format!("a schema beside `responseMimeType` {kind:?}")),
    }
}

/// The hardest effort that a budget may stand for. A budget is taken by level models too.
fn effort(mut thinking: Members, is_level: bool, most: i64) -> Result<Option<Effort>, String> {
    let level = thinking.string("thinkingLevel")?;
    let budget = thinking.integer("thinkingBudget")?;
    // Whether thoughts are told is all that this is about.
    thinking.bool("includeThoughts")?;
    thinking.end()?;
    // What a budget of Flash must be at least, if it is one.
    let least = if most < 32_768 { 512 } else { 128 };
    if budget.is_some_and(|budget| (1..least).contains(&budget)) {
        return Err(format!("`thinkingBudget` is {budget:?}, below {least}"));
    }
    Ok(Some(match (level.as_deref(), budget) {
        (None, Some(budget)) if budget > most => {
            return Err(format!("`thinkingBudget` is {budget}, beyond {most}"));
        }
        (Some(_), _) if !is_level => return Err("this model takes no `thinkingLevel`".into()),
        (Some("MINIMAL"), None) => Effort::Minimal,
        (Some("LOW"), None) => Effort::Low,
        (Some("MEDIUM"), None) => Effort::Medium,
        (Some("HIGH"), None) => Effort::High,
        (Some("XHIGH"), None) => Effort::Max,
        (None, Some(0)) => Effort::None,
        (None, Some(-1)) => return Ok(None),
        (None, Some(128..=1_024)) => Effort::Low,
        (None, Some(1_025..=8_192)) => Effort::Medium,
        (None, Some(8_193..=24_576)) => Effort::High,
        (None, Some(24_577..=32_768)) => Effort::Max,
        (level, budget) => return Err(format!("thinking at {level:?} with {budget:?} tokens")),
    }))
}

/// The one object of a list of parts that says what the part is.
pub(super) fn payload(part: &mut Members, names: &[&str]) -> Result<(String, Value), String> {
    let mut found: Map<String, Value> = Map::new();
    for name in names {
        if let Some(value) = part.take(name) {
            found.insert((*name).to_owned(), value);
        }
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(payload), None) => Ok(payload),
        (first, _) => Err(format!("a part must hold one thing, this holds {first:?} and others")),
    }
}
