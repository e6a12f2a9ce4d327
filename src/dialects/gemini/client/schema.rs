//! Converts a schema of Google's, a subset of OpenAPI's with types in upper case, into JSON Schema.

use serde_json::{Map, Value, json};

/// Members of Google's schemas that no other API knows.
const GOOGLES: [&str; 4] = ["propertyOrdering", "nullable", "example", "$schema"];

/// Formats of numbers and enums that only Google has.
const FORMATS: [&str; 6] = ["int32", "int64", "float", "double", "enum", "byte"];

/// Counts, which protobuf's JSON writes as strings.
const COUNTS: [&str; 8] = [
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
];

/// Members whose values are schemas by their names.
const BY_NAME: [&str; 4] = ["properties", "$defs", "definitions", "patternProperties"];

/// Members that are a list of schemas.
const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];

/// Members that are a schema.
const INNER: [&str; 3] = ["items", "additionalProperties", "not"];

/// Deeper schemas are left as they are.
const DEEPEST: usize = 64;

pub(super) fn to_json_schema(schema: &mut Value) {
    convert(schema, DEEPEST);
}

fn convert(schema: &mut Value, depth: usize) {
    let (Value::Object(members), Some(depth)) = (schema, depth.checked_sub(1)) else { return };
    let snake: Vec<String> = members.keys().filter(|name| name.contains('_')).cloned().collect();
    for name in snake {
        let camel = super::members::camel(&name);
        let is_known = [&GOOGLES as &[&str], &COUNTS, &LISTS, &INNER, &BY_NAME]
            .iter()
            .any(|names| names.contains(&camel.as_str()));
        if is_known && let Some(value) = members.shift_remove(&name) {
            members.insert(camel, value);
        }
    }
    let is_nullable = members.get("nullable") == Some(&Value::Bool(true));
    for name in GOOGLES {
        members.shift_remove(name);
    }
    if members.get("format").and_then(Value::as_str).is_some_and(|it| FORMATS.contains(&it)) {
        members.shift_remove("format");
    }
    for name in COUNTS {
        if let Some(Value::String(digits)) = members.get(name)
            && let Ok(number) = serde_json::from_str::<serde_json::Number>(digits)
        {
            members.insert(name.to_owned(), Value::Number(number));
        }
    }
    types(members, is_nullable);
    for name in BY_NAME {
        if let Some(Value::Object(inner)) = members.get_mut(name) {
            inner.values_mut().for_each(|schema| convert(schema, depth));
        }
    }
    for name in LISTS {
        if let Some(Value::Array(inner)) = members.get_mut(name) {
            inner.iter_mut().for_each(|schema| convert(schema, depth));
        }
    }
    for name in INNER {
        if let Some(inner) = members.get_mut(name) {
            convert(inner, depth);
        }
    }
}

fn types(members: &mut Map<String, Value>, is_nullable: bool) {
    match members.get_mut("type") {
        Some(Value::String(word)) if word == "TYPE_UNSPECIFIED" => {
            members.shift_remove("type");
        }
        Some(Value::String(word)) => {
            lower(word);
            if is_nullable && word != "null" {
                let both = json!([word, "null"]);
                members.insert(String::from("type"), both);
                if let Some(Value::Array(values)) = members.get_mut("enum") {
                    values.push(Value::Null);
                }
            }
        }
        Some(Value::Array(words)) => {
            for word in words {
                if let Value::String(word) = word {
                    lower(word);
                }
            }
        }
        _ => {}
    }
}

fn lower(word: &mut str) {
    const TYPES: [&str; 7] = ["OBJECT", "ARRAY", "STRING", "INTEGER", "NUMBER", "BOOLEAN", "NULL"];
    if TYPES.contains(&&*word) {
        word.make_ascii_lowercase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_spelling_becomes_that_of_json_schema() {
        let mut schema = json!({
            "type": "OBJECT", "$schema": "http://json-schema.org/draft-07/schema#",
            "propertyOrdering": ["type", "n"],
            "properties": {
                "type": {"type": "STRING", "nullable": true, "enum": ["A"], "format": "enum"},
                "n": {"type": "INTEGER", "format": "int32", "minimum": 1, "example": 5},
                "list": {"type": "ARRAY", "items": {"type": "NUMBER"}, "min_items": "1", "maxItems": "3"},
                "any": {"any_of": [{"type": "BOOLEAN"}, {"type": ["STRING", "NULL"]}]},
                "when": {"type": "string", "format": "date-time"},
                "free": {"type": "TYPE_UNSPECIFIED", "additionalProperties": {"type": "OBJECT"}},
            },
            "required": ["type"],
        });
        to_json_schema(&mut schema);
        let expected = json!({
            "type": "object",
            "properties": {
                "type": {"type": ["string", "null"], "enum": ["A", null]},
                "n": {"type": "integer", "minimum": 1},
                "list": {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 3},
                "any": {"anyOf": [{"type": "boolean"}, {"type": ["string", "null"]}]},
                "when": {"type": "string", "format": "date-time"},
                "free": {"additionalProperties": {"type": "object"}},
            },
            "required": ["type"],
        });
        assert_eq!(schema, expected);
    }

    #[test]
    fn an_endless_schema_is_left_as_it_is_below_a_depth() {
        let mut schema = json!({"type": "STRING"});
        for _ in 0..100 {
            schema = json!({"type": "ARRAY", "items": schema});
        }
        to_json_schema(&mut schema);
        let text = schema.to_string();
        assert!(text.starts_with(r#"{"type":"array""#) && text.contains(r#""STRING""#));
    }
}
