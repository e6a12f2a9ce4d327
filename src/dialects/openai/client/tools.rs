//! Decodes tools, `tool_choice` and tool calls.

use serde_json::{Map, Value};

use super::fields::{Fields, bad, wrong_type};
use super::order::After;
use crate::dialects::errors::BadRequest;
use crate::dialects::surrogates::mend;
use crate::domain::chat::{Tool, ToolCall, ToolChoice};

pub(super) fn tools(body: &mut Fields) -> Result<Vec<Tool>, BadRequest> {
    let mut tools: Vec<Tool> = Vec::new();
    for fields in body.objects("tools")? {
        let place = fields.place_of("function.name");
        let tool = tool(fields)?;
        check_name(&tool.name, &place)?;
        if tools.iter().any(|known| known.name == tool.name) {
            return Err(bad(&place, &format!("is `{}`, like that of another tool", tool.name)));
        }
        tools.push(tool);
    }
    Ok(tools)
}

/// The names that at least one provider accepts; some accept fewer.
fn check_name(name: &str, place: &str) -> Result<(), BadRequest> {
    const LONGEST: usize = 128;
    let is_sane = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    if name.len() <= LONGEST && name.bytes().all(is_sane) {
        return Ok(());
    }
    Err(bad(place, &format!("must be up to {LONGEST} letters, digits, `_` or `-`")))
}

fn tool(mut tool: Fields) -> Result<Tool, BadRequest> {
    check_is_function(&mut tool)?;
    let cache_control = tool.take("cache_control");
    let mut function = tool.required_object("function")?;
    let parameters = match function.take("parameters") {
        Some(other) if !other.is_object() => {
            return Err(wrong_type(&function.place_of("parameters"), "an object", &other));
        }
        parameters => parameters,
    };
    Ok(Tool {
        name: function.required_string("name")?,
        description: function.string("description")?,
        parameters,
        strict: function.bool("strict")?,
        cache_control: cache_control.or_else(|| function.take("cache_control")),
    })
}

/// A tool or a call without `type` is a function.
fn check_is_function(fields: &mut Fields) -> Result<(), BadRequest> {
    match fields.string("type")?.as_deref() {
        None | Some("function") => Ok(()),
        Some(other) => {
            let complaint = format!("is `{other}`; only `function` can be translated");
            Err(bad(&fields.place_of("type"), &complaint))
        }
    }
}

/// `tool_choice`. `allowed_tools` removes the other tools from `tools`, which has the same effect.
pub(super) fn choice(
    body: &mut Fields,
    tools: &mut Vec<Tool>,
) -> Result<Option<ToolChoice>, BadRequest> {
    let place = body.place_of("tool_choice");
    let choice = match body.take("tool_choice") {
        None => return Ok(None),
        Some(Value::String(word)) => word_choice(&word, &place)?,
        Some(value) => {
            let mut choice = Fields::new(value, place.clone())?;
            match choice.required_string("type")?.as_str() {
                "function" => {
                    let mut function = choice.required_object("function")?;
                    let name = function.required_string("name")?;
                    check_is_offered(&name, tools, &function.place_of("name"))?;
                    ToolChoice::Named(name)
                }
                "allowed_tools" => allowed(&mut choice, tools)?,
                word => word_choice(word, &choice.place_of("type"))?,
            }
        }
    };
    if choice == ToolChoice::Required && tools.is_empty() {
        return Err(bad(&place, "asks for a call, but there are no `tools`"));
    }
    Ok(Some(choice))
}

fn word_choice(word: &str, place: &str) -> Result<ToolChoice, BadRequest> {
    match word {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        // Mistral's value.
        "required" | "any" => Ok(ToolChoice::Required),
        _ => Err(bad(place, &format!("is `{word}`; known are none, auto and required"))),
    }
}

fn allowed(choice: &mut Fields, tools: &mut Vec<Tool>) -> Result<ToolChoice, BadRequest> {
    let mut allowed = choice.required_object("allowed_tools")?;
    let mode = match allowed.string("mode")? {
        None => ToolChoice::Auto,
        Some(word) => word_choice(&word, &allowed.place_of("mode"))?,
    };
    let mut names = Vec::new();
    for mut tool in allowed.objects("tools")? {
        check_is_function(&mut tool)?;
        let mut function = tool.required_object("function")?;
        let name = function.required_string("name")?;
        check_is_offered(&name, tools, &function.place_of("name"))?;
        names.push(name);
    }
    tools.retain(|tool| names.contains(&tool.name));
    Ok(mode)
}

fn check_is_offered(name: &str, tools: &[Tool], place: &str) -> Result<(), BadRequest> {
    if tools.iter().any(|tool| tool.name == name) {
        return Ok(());
    }
    Err(bad(place, &format!("is `{name}`, which is not among `tools`")))
}

/// The calls of an assistant's message, each with its position in the turn if the client sends one.
pub(super) fn calls(message: &mut Fields) -> Result<Vec<(ToolCall, Option<After>)>, BadRequest> {
    let mut calls: Vec<(ToolCall, Option<After>)> = Vec::new();
    for mut fields in message.objects("tool_calls")? {
        check_is_function(&mut fields)?;
        let id = fields.required_string("id")?;
        if calls.iter().any(|(call, _)| call.id == id) {
            return Err(bad(&fields.place_of("id"), "stands twice in this message"));
        }
        let mut function = fields.required_object("function")?;
        let name = function.required_string("name")?;
        let arguments = arguments(&mut function);
        let signature = signature(&fields).or_else(|| signature(&function)).map(str::to_owned);
        let after = After::read(fields.peek("after"));
        calls.push((ToolCall { id, name, arguments, signature }, after));
    }
    Ok(calls)
}

/// The text unchanged, where it holds an object. A call that was cut off while streaming stays in
/// its conversation for good, followed by the tool's own error: arguments that cannot be parsed
/// count as none, so that the conversation can go on.
fn arguments(function: &mut Fields) -> String {
    let written = match function.take("arguments") {
        Some(Value::String(text)) => text,
        Some(Value::Object(members)) => Value::Object(members).to_string(),
        _ => String::new(),
    };
    let text = String::from_utf8(mend(written.as_bytes()).into_owned()).unwrap_or_default();
    let is_object = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
    if is_object { text } else { String::from("{}") }
}

/// The signature, in Google's member or in LiteLLM's.
fn signature(fields: &Fields) -> Option<&str> {
    let google = || fields.peek("extra_content")?.get("google")?.get("thought_signature")?.as_str();
    let litellm = || fields.peek("provider_specific_fields")?.get("thought_signature")?.as_str();
    google().or_else(litellm).filter(|signature| !signature.is_empty())
}
