//! Normalises the forms of "one of these" and "all of these" in JSON Schema to one each: `anyOf`, a
//! list of types, one merged schema.

use serde_json::{Map, Value, json};

/// The types of a schema; `null` among them is kept separately.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::dialects) struct Types {
    pub(in crate::dialects) names: Vec<String>,
    pub(in crate::dialects) is_nullable: bool,
}

/// The declared types, or else the type implied by the other members.
pub(in crate::dialects) fn types_of(members: &Map<String, Value>) -> Types {
    let said: Vec<&str> = match members.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => shown(members).into_iter().collect(),
    };
    let values = members.get("enum").and_then(Value::as_array);
    let has_null =
        said.contains(&"null") || values.is_some_and(|values| values.contains(&Value::Null));
    let names: Vec<String> =
        said.into_iter().filter(|name| *name != "null").map(str::to_owned).collect();
    Types { names, is_nullable: has_null }
}

fn shown(members: &Map<String, Value>) -> Option<&'static str> {
    if members.contains_key("anyOf") {
        return None;
    }
    if members.contains_key("properties") {
        return Some("object");
    }
    if members.contains_key("items") || members.contains_key("prefixItems") {
        return Some("array");
    }
    let values = members.get("enum")?.as_array()?;
    let mut kinds = values.iter().filter(|value| !value.is_null()).map(kind);
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The values of a string's `enum`. The subset has enums of non-empty strings only; an enum that
/// allows the empty string is omitted entirely.
pub(in crate::dialects) fn strings_of(members: &Map<String, Value>) -> Option<Value> {
    let values = members.get("enum")?.as_array()?;
    let strings: Vec<Value> = values.iter().filter(|value| value.is_string()).cloned().collect();
    let is_sayable = !strings.is_empty() && !strings.contains(&json!(""));
    is_sayable.then_some(Value::Array(strings))
}

pub(in crate::dialects) fn is_null(schema: &Value) -> bool {
    schema.get("type") == Some(&json!("null")) || schema.get("const") == Some(&Value::Null)
}

/// `const` as an enum of one, `oneOf` as `anyOf`; `allOf` is merged in once it is written.
pub(in crate::dialects) fn flat(members: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in members {
        match (key.as_str(), value) {
            ("const", value) => {
                out.insert("enum".into(), json!([value]));
            }
            ("oneOf" | "anyOf", Value::Array(branches)) => extend(&mut out, "anyOf", branches),
            ("allOf", _) => {}
            (key, value) => {
                out.insert(key.to_owned(), value.clone());
            }
        }
    }
    out
}

/// Adds properties and `required`; of every other keyword the first value counts.
pub(in crate::dialects) fn merge(schema: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (key.as_str(), schema.get_mut(&key), value) {
            ("properties", Some(Value::Object(known)), Value::Object(new)) => {
                for (name, schema) in new {
                    known.entry(name).or_insert(schema);
                }
            }
            ("required", Some(_), Value::Array(new)) => extend(schema, "required", &new),
            (_, None, value) => {
                schema.insert(key, value);
            }
            _ => {}
        }
    }
}

/// Appends to a list, which is created if absent.
fn extend(members: &mut Map<String, Value>, key: &str, more: &[Value]) {
    match members.get_mut(key) {
        Some(Value::Array(known)) => {
            let new: Vec<Value> =
                more.iter().filter(|value| !known.contains(value)).cloned().collect();
            known.extend(new);
        }
        _ => {
            members.insert(key.to_owned(), Value::Array(more.to_vec()));
        }
    }
}
