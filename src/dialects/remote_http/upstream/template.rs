//! The operator's template of a request, filled with the client's values.

use serde_json::{Map, Value};

use super::chat_parts::ChatParts;
use super::prompt;
use crate::config::payload_mapping::placeholder::{Placeholder, Text, read, unknown};
use crate::dialects::errors::Untranslatable;

/// Writes the template with its values. Absent values are omitted, together with their names.
///
/// # Errors
/// When the client's messages hold something that the template cannot carry.
pub(super) fn fill(
    template: &Map<String, Value>,
    asked: &ChatParts<'_>,
    out: &mut String,
) -> Result<(), Untranslatable> {
    out.push('{');
    let open = out.len();
    for (name, value) in template {
        let before = out.len();
        if before > open {
            out.push(',');
        }
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        if !fill_value(value, asked, out)? {
            out.truncate(before);
        }
    }
    out.push('}');
    Ok(())
}

/// Whether there was anything to write.
fn fill_value(
    value: &Value,
    asked: &ChatParts<'_>,
    out: &mut String,
) -> Result<bool, Untranslatable> {
    match value {
        Value::String(text) => match read(text) {
            Some(Text::Placeholder(placeholder)) => {
                return fill_placeholder(placeholder, asked, out);
            }
            Some(Text::Literal(text)) => out.push_str(&Value::from(text).to_string()),
            None => {
                return Err(Untranslatable::as_a_whole(unknown(text, "settings.request")));
            }
        },
        Value::Array(elements) => {
            out.push('[');
            let open = out.len();
            for element in elements {
                let before = out.len();
                if before > open {
                    out.push(',');
                }
                if !fill_value(element, asked, out)? {
                    out.truncate(before);
                }
            }
            out.push(']');
        }
        Value::Object(members) => fill(members, asked, out)?,
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
    Ok(true)
}

fn fill_placeholder(
    placeholder: Placeholder<'_>,
    asked: &ChatParts<'_>,
    out: &mut String,
) -> Result<bool, Untranslatable> {
    let raw = match placeholder {
        Placeholder::Model => asked.model(),
        Placeholder::Messages => Some(asked.messages()?),
        Placeholder::Parameter(name) => asked.parameter(name),
        Placeholder::Prompt => {
            out.push_str(&prompt::prompt(asked.messages()?)?);
            return Ok(true);
        }
        Placeholder::System => {
            let Some(system) = prompt::system(asked.messages()?)? else { return Ok(false) };
            out.push_str(&system);
            return Ok(true);
        }
        Placeholder::Parameters => {
            asked.write_parameters(out);
            return Ok(true);
        }
        Placeholder::Stream => {
            out.push_str(if asked.is_stream { "true" } else { "false" });
            return Ok(true);
        }
    };
    out.push_str(raw.map_or("", |raw| raw.get()));
    Ok(raw.is_some())
}
