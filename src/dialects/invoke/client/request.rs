//! Turns an invoke body into a chat body: `prompt` becomes a message, `parameters` become top-level
//! fields, and all other fields stay.

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::body;

/// # Errors
/// When the text is not an object, has neither prompt nor messages, or a field has the wrong type.
/// Errors name fields as in the invoke body.
pub fn decode(text: &[u8]) -> Result<JsonBody, BadRequest> {
    let object = RawObject::parse(text).map_err(|error| BadRequest {
        message: format!("the request is not a JSON object: {error}"),
        param: None,
    })?;
    let mut out = Members::default();
    for (name, value) in &object.members {
        match name.as_ref() {
            "prompt" | "messages" | "parameters" => {}
            name => out.add(name, value.get()),
        }
    }
    if let Some(parameters) = present(&object, "parameters") {
        let nested = RawObject::of(parameters)
            .map_err(|_| BadRequest::new("`parameters` must be an object", "parameters"))?;
        for (name, value) in &nested.members {
            if matches!(name.as_ref(), "messages" | "prompt" | "parameters") {
                let place = format!("parameters.{name}");
                return Err(BadRequest::new(
                    format!("`{name}` belongs beside `parameters`, not into it"),
                    place,
                ));
            }
            if object.get(name).is_none() {
                out.add(name, value.get());
            }
        }
    }
    out.add("messages", &messages(&object)?);
    body::parse(out.finish())
}

/// The messages, with the prompt as the last one.
fn messages(object: &RawObject<'_>) -> Result<String, BadRequest> {
    let prompt = present(object, "prompt").map(prompt_message).transpose()?;
    let messages = present(object, "messages");
    if let Some(messages) = messages
        && Kind::of(messages) != Kind::Array
    {
        return Err(BadRequest::new("`messages` must be a list", "messages"));
    }
    match (messages.map(RawValue::get), prompt) {
        (None, None) => Err(BadRequest::new("`prompt` or `messages` is missing", "prompt")),
        (Some(messages), None) => Ok(messages.to_owned()),
        (None, Some(prompt)) => Ok(format!("[{prompt}]")),
        (Some(messages), Some(prompt)) => {
            let open = messages.trim_end().strip_suffix(']').unwrap_or(messages).trim_end();
            let comma = if open == "[" { "" } else { "," };
            Ok(format!("{open}{comma}{prompt}]"))
        }
    }
}

fn prompt_message(prompt: &RawValue) -> Result<String, BadRequest> {
    if Kind::of(prompt) != Kind::String {
        return Err(BadRequest::new("`prompt` must be a string", "prompt"));
    }
    Ok(format!(r#"{{"role":"user","content":{}}}"#, prompt.get()))
}

fn present<'a>(object: &RawObject<'a>, name: &str) -> Option<&'a RawValue> {
    object.get(name).filter(|value| Kind::of(value) != Kind::Null)
}

/// Writes a JSON object member by member.
#[derive(Default)]
struct Members {
    text: String,
}

impl Members {
    fn add(&mut self, name: &str, value: &str) {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text.push_str(&Value::from(name).to_string());
        self.text.push(':');
        self.text.push_str(value);
    }

    fn finish(mut self) -> Bytes {
        self.text.push('}');
        Bytes::from(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        match decode(text.as_bytes()) {
            Ok(body) => String::from_utf8(body.bytes().to_vec()).unwrap(),
            Err(bad) => format!("{} [{}]", bad.message, bad.param.unwrap_or_default()),
        }
    }

    #[test]
    fn a_prompt_is_a_message_and_parameters_are_fields() {
        for (text, expected) in [
            (r#"{"prompt":"hi"}"#, r#"{"messages":[{"role":"user","content":"hi"}]}"#),
            (
                r#"{"messages":[{"role":"system","content":"s"}],"prompt":"hi","parameters":{"temperature":1.0,"max_tokens":5},"max_tokens":7,"stream":true}"#,
                r#"{"max_tokens":7,"stream":true,"temperature":1.0,"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}"#,
            ),
            (
                r#"{"messages":[],"prompt":"hi"}"#,
                r#"{"messages":[{"role":"user","content":"hi"}]}"#,
            ),
            (
                r#"{"tools":[],"messages":[{"role":"user"}]}"#,
                r#"{"tools":[],"messages":[{"role":"user"}]}"#,
            ),
            (r#"{}"#, "`prompt` or `messages` is missing [prompt]"),
            (r#"{"prompt":5}"#, "`prompt` must be a string [prompt]"),
            (r#"{"messages":"hi"}"#, "`messages` must be a list [messages]"),
            (r#"{"prompt":"hi","parameters":[]}"#, "`parameters` must be an object [parameters]"),
            (
                r#"{"prompt":"hi","parameters":{"temperature":"hot"}}"#,
                "`temperature` must be a number, not a string [temperature]",
            ),
            (
                r#"{"prompt":"hi","parameters":{"messages":[]}}"#,
                "`messages` belongs beside `parameters`, not into it [parameters.messages]",
            ),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }
}
