//! Schemas of answers and strict tools: the API compiles them, and refuses what it cannot.
//!
//! Source: Anthropic, "Structured outputs", "JSON Schema limitations".

use serde_json::{Map, Value, json};

/// Keywords that are a 400, each by its own name.
const REFUSED: [&str; 27] = [
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "maxItems",
    "uniqueItems",
    "contains",
    "prefixItems",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "dependentRequired",
    "dependentSchemas",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "additionalItems",
    "contentEncoding",
    "contentMediaType",
];

pub fn check(schema: &Value, place: &str) -> Result<(), String> {
    check_one(schema, schema, place, &mut Vec::new())
}

/// `open`: the references on the way to here.
fn check_one<'s>(
    schema: &'s Value,
    root: &'s Value,
    place: &str,
    open: &mut Vec<&'s str>,
) -> Result<(), String> {
    let Some(members) = schema.as_object().filter(|members| !members.is_empty()) else {
        return Err(format!("`{place}` is no schema: {schema}"));
    };
    if let Some(reference) = members.get("$ref") {
        let reference = reference.as_str().unwrap_or_default();
        if open.contains(&reference) {
            return Err(format!("`{place}` refers to itself: {reference}"));
        }
        let pointer = reference.strip_prefix('#').unwrap_or("/none");
        let meant = root.pointer(pointer);
        let meant = meant.ok_or_else(|| format!("`{place}` refers to nothing: {reference}"))?;
        open.push(reference);
        check_one(meant, root, place, open)?;
        open.pop();
        return Ok(());
    }
    if let Some(refused) = REFUSED.iter().find(|refused| members.contains_key(**refused)) {
        return Err(format!("`{place}`: `{refused}` is not supported"));
    }
    if !["type", "anyOf", "enum", "const"].iter().any(|says| members.contains_key(*says)) {
        return Err(format!("`{place}` has no type: {schema}"));
    }
    let is_object = match members.get("type") {
        Some(Value::Array(kinds)) => kinds.contains(&json!("object")),
        kind => kind == Some(&json!("object")),
    };
    if is_object && members.get("additionalProperties") != Some(&json!(false)) {
        return Err(format!("`{place}`: `additionalProperties` must be false"));
    }
    if members.get("minItems").is_some_and(|least| *least != 0 && *least != 1) {
        return Err(format!("`{place}`: `minItems` is 0 or 1"));
    }
    for list in ["properties", "$defs", "definitions"] {
        let named = members.get(list).and_then(Value::as_object);
        for (name, schema) in named.into_iter().flat_map(Map::iter) {
            check_one(schema, root, &format!("{place}.{list}.{name}"), open)?;
        }
    }
    for branch in members.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        check_one(branch, root, &format!("{place}.anyOf"), open)?;
    }
    match members.get("items") {
        Some(items) => check_one(items, root, &format!("{place}.items"), open),
        None => Ok(()),
    }
}
