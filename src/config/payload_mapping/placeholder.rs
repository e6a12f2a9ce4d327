//! The placeholders of a request's template. A string that is exactly a placeholder is replaced by
//! a value; `$$` at the start of a string is a `$`.

use serde_json::{Map, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder<'t> {
    Model,
    Messages,
    /// The text of the last user message.
    Prompt,
    /// The texts of the system and developer messages.
    System,
    /// All other members of the request except those about streaming.
    Parameters,
    /// One of these members.
    Parameter(&'t str),
    Stream,
}

/// A string of a template.
pub enum Text<'t> {
    Placeholder(Placeholder<'t>),
    Literal(&'t str),
}

const KNOWN: &str =
    "$model, $messages, $prompt, $system, $parameters, $parameters.NAME and $stream";

/// `None` for an unknown placeholder.
pub fn read(text: &str) -> Option<Text<'_>> {
    let Some(name) = text.strip_prefix('$') else { return Some(Text::Literal(text)) };
    if name.starts_with('$') {
        return Some(Text::Literal(name));
    }
    Some(Text::Placeholder(match name {
        "model" => Placeholder::Model,
        "messages" => Placeholder::Messages,
        "prompt" => Placeholder::Prompt,
        "system" => Placeholder::System,
        "parameters" => Placeholder::Parameters,
        "stream" => Placeholder::Stream,
        name => {
            let name = name.strip_prefix("parameters.")?;
            if name.is_empty() {
                return None;
            }
            Placeholder::Parameter(name)
        }
    }))
}

/// The message about an unknown placeholder.
pub fn unknown(text: &str, place: &str) -> String {
    format!(
        "`{place}` is `{text}`, which is no placeholder; known: {KNOWN}; write `${text}` for the literal text"
    )
}

/// # Errors
/// An unknown placeholder, or a template without the client's messages.
pub fn check(template: &Map<String, Value>) -> Result<(), String> {
    for (name, value) in template {
        check_value(value, &format!("settings.request.{name}"))?;
    }
    let is_said =
        |known: &Placeholder<'_>| matches!(known, Placeholder::Messages | Placeholder::Prompt);
    if !placeholders(template).iter().any(is_said) {
        return Err(String::from(
            "`settings.request` sends none of the client's messages: make `$messages` or `$prompt` the whole of a string",
        ));
    }
    Ok(())
}

fn check_value(value: &Value, place: &str) -> Result<(), String> {
    match value {
        Value::String(text) => read(text).map(drop).ok_or_else(|| unknown(text, place)),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .try_for_each(|(index, element)| check_value(element, &format!("{place}[{index}]"))),
        Value::Object(members) => members
            .iter()
            .try_for_each(|(name, value)| check_value(value, &format!("{place}.{name}"))),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// All placeholders of the template.
pub fn placeholders(template: &Map<String, Value>) -> Vec<Placeholder<'_>> {
    fn collect<'t>(value: &'t Value, found: &mut Vec<Placeholder<'t>>) {
        match value {
            Value::String(text) => {
                if let Some(Text::Placeholder(placeholder)) = read(text) {
                    found.push(placeholder);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|value| collect(value, found)),
            Value::Object(members) => members.values().for_each(|value| collect(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut found = Vec::new();
    template.values().for_each(|value| collect(value, &mut found));
    found
}
