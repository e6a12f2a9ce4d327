//! What the dialects' tools and calls have in common.

use serde_json::Value;

use super::members::Members;
use llm_router::domain::chat::Tool;
use llm_router::domain::search::Location;

/// Letters, digits, `_` and `-`; as many as `most`.
pub fn check_name(name: &str, most: usize, place: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || name.len() > most || !name.bytes().all(is_plain) {
        return Err(format!("`{place}` is no name: `{name}`"));
    }
    Ok(())
}

pub fn check_unique(tools: &[Tool]) -> Result<(), String> {
    for (index, tool) in tools.iter().enumerate() {
        if tools[..index].iter().any(|other| other.name == tool.name) {
            return Err(format!("`tools` holds `{}` twice", tool.name));
        }
    }
    Ok(())
}

/// Of a user, as the tools for searches have it.
pub fn location(mut place: Members) -> Result<Location, String> {
    if place.string("type")?.as_deref() != Some("approximate") {
        return Err(format!("`{}` is not `approximate`", place.place_of("type")));
    }
    let location = Location {
        city: place.string("city")?,
        region: place.string("region")?,
        country: place.string("country")?,
        timezone: place.string("timezone")?,
    };
    place.end()?;
    Ok(location)
}

/// OpenAI's and Ollama's shape.
pub fn function(mut tool: Members) -> Result<(Tool, Members), String> {
    if tool.string("type")?.as_deref() != Some("function") {
        return Err(format!("`{}` is not `function`", tool.place_of("type")));
    }
    let cache_control = tool.take("cache_control");
    let mut function = tool.required_object("function")?;
    tool.end()?;
    let name = function.required_string("name")?;
    let description = function.string("description")?;
    let parameters = function.take("parameters");
    if parameters.as_ref().is_some_and(|parameters| !parameters.is_object()) {
        return Err(format!("`{}` is no object", function.place_of("parameters")));
    }
    Ok((Tool { name, description, parameters, strict: None, cache_control }, function))
}

/// The text of an object that stands as such in the request.
pub fn object_text(value: &Value, place: &str) -> Result<String, String> {
    if !value.is_object() {
        return Err(format!("`{place}` is no object: {value}"));
    }
    Ok(value.to_string())
}

pub fn check_base64(data: &str, place: &str) -> Result<(), String> {
    let decoded = data_encoding::BASE64.decode(data.as_bytes());
    match decoded {
        Ok(bytes) if !bytes.is_empty() => Ok(()),
        _ => Err(format!("`{place}` is no bare base64: `{data}`")),
    }
}

/// An address that a provider can fetch.
pub fn check_url(url: &str, place: &str) -> Result<(), String> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(());
    }
    Err(format!("`{place}` is no http(s) URL: `{url}`"))
}
