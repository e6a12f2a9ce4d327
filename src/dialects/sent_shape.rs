//! The shape of sent tools, schemas and parameters, as keys and kinds of values, for the log of a
//! refusal. It holds no text of a user or a model, and no secret.

use std::fmt::Write;

use serde_json::Value;

use super::json::{Kind, RawObject};

/// The longest shape that is written.
const MAX_LEN: usize = 2_000;
const MAX_KEY: usize = 40;

/// Members that hold text of users or models.
const TEXTS: [&str; 7] =
    ["messages", "contents", "input", "system", "systemInstruction", "instructions", "metadata"];
/// Keywords of a schema whose values are data.
const DATA: [&str; 6] = ["default", "const", "enum", "examples", "example", "required"];
/// Values that belong to an API, not to a user.
const WORDS: [&str; 18] = [
    "object",
    "array",
    "string",
    "number",
    "integer",
    "boolean",
    "null",
    "function",
    "json_schema",
    "json_object",
    "text",
    "auto",
    "any",
    "tool",
    "none",
    "enabled",
    "disabled",
    "adaptive",
];

/// `body`: as it was sent.
pub fn sent_shape(body: &[u8]) -> String {
    let object = RawObject::parse(body).unwrap_or_default();
    let mut out = String::from("{");
    for (name, value) in &object.members {
        if out.len() > MAX_LEN {
            break;
        }
        separate(&mut out, '{');
        write_key(name, &mut out);
        if TEXTS.contains(&name.as_ref()) {
            out.push_str(Kind::of(value).as_str());
        } else {
            match serde_json::from_str::<Value>(value.get()) {
                Ok(value) => write_shape(name, &value, &mut out),
                Err(_) => out.push_str(Kind::of(value).as_str()),
            }
        }
    }
    out.push('}');
    out
}

fn write_shape(key: &str, value: &Value, out: &mut String) {
    if out.len() > MAX_LEN {
        return out.push('…');
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(_) => out.push_str("number"),
        Value::String(word) if key == "type" && WORDS.contains(&word.as_str()) => {
            out.push_str(word);
        }
        Value::String(_) => out.push_str("text"),
        Value::Array(_) if DATA.contains(&key) => out.push_str("[…]"),
        Value::Object(_) if DATA.contains(&key) => out.push_str("{…}"),
        Value::Array(values) => {
            out.push('[');
            for value in values {
                if out.len() > MAX_LEN {
                    out.push('…');
                    break;
                }
                separate(out, '[');
                write_shape(key, value, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (key, value) in members {
                if out.len() > MAX_LEN {
                    out.push('…');
                    break;
                }
                separate(out, '{');
                write_key(key, out);
                write_shape(key, value, out);
            }
            out.push('}');
        }
    }
}

fn separate(out: &mut String, open: char) {
    if !out.ends_with(open) {
        out.push_str(", ");
    }
}

/// Escaped: a key may hold a line break.
fn write_key(key: &str, out: &mut String) {
    let short: String = key.chars().take(MAX_KEY).collect();
    let is_plain =
        short.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.-".contains(&byte));
    let written = if is_plain { write!(out, "{short}: ") } else { write!(out, "{short:?}: ") };
    debug_assert!(written.is_ok(), "a string takes what is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_types_are_shown_and_nothing_that_was_said() {
        let body = r#"{"model":"TEXTS","max_tokens":9,"stream":true,"system":"TEXTS",
            "messages":[{"role":"user","content":"TEXTS"}],
            "tools":[{"name":"TEXTS","description":"TEXTS","strict":true,"input_schema":{"type":"object",
                "properties":{"type":{"type":["string","null"],"default":{"TEXTS":1}},"a\nb":{"enum":["TEXTS"]}},
                "required":["TEXTS"]}}],
            "tool_choice":{"type":"tool","name":"TEXTS"},"type":"TEXTS"}"#;
        insta::assert_snapshot!(
            sent_shape(body.as_bytes()),
            @r#"{model: text, max_tokens: number, stream: true, system: a string, messages: a list, tools: [{name: text, description: text, strict: true, input_schema: {type: object, properties: {type: {type: [string, null], default: {…}}, "a\nb": {enum: […]}}, required: […]}}], tool_choice: {type: tool, name: text}, type: text}"#
        );
    }

    #[test]
    fn a_large_one_is_cut_and_what_is_none_is_nothing() {
        let many: Vec<String> = (0..5_000).map(|at| format!("\"key{at}\":{{\"a\":[1]}}")).collect();
        let shape = sent_shape(format!("{{\"tools\":{{{}}}}}", many.join(",")).as_bytes());
        assert!(shape.len() < MAX_LEN + 200 && shape.contains('…'), "{}", shape.len());
        assert_eq!(sent_shape(b"no JSON"), "{}");
    }
}
