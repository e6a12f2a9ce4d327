//! The keywords of JSON Schema, and those that Anthropic's subset accepts.
//!
//! Source: Anthropic, "Structured outputs", "JSON Schema limitations", "Pattern support".

use serde_json::{Map, Value, json};

/// Annotations, accepted everywhere.
pub(super) const ANNOTATIONS: [&str; 3] = ["title", "description", "default"];

/// Keywords without a constraint, or handled elsewhere.
pub(super) const INERT: [&str; 11] = [
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "$vocabulary",
    "readOnly",
    "writeOnly",
    "deprecated",
    "strict",
];

pub(super) const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// Keywords that apply to one type, and do not constrain values of another.
const OWNERS: &[(&[&str], &[&str])] = &[
    (
        &["object"],
        &[
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
            "maxProperties",
            "patternProperties",
            "propertyNames",
            "dependentRequired",
            "dependentSchemas",
            "unevaluatedProperties",
        ],
    ),
    (
        &["array"],
        &[
            "items",
            "prefixItems",
            "additionalItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "contains",
            "minContains",
            "maxContains",
            "unevaluatedItems",
        ],
    ),
    (
        &["string"],
        &["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"],
    ),
    (
        &["number", "integer"],
        &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
    ),
];

/// The types that a schema names, or else the type implied by its other members.
pub(super) fn named_types(members: &Map<String, Value>) -> Vec<&str> {
    match members.get("type") {
        Some(Value::String(name)) => return vec![name],
        Some(Value::Array(names)) => return names.iter().filter_map(Value::as_str).collect(),
        _ => {}
    }
    if members.contains_key("enum") || members.contains_key("const") {
        return Vec::new();
    }
    let shown = |(_, keys): &&(&[&str], &[&str])| keys.iter().any(|key| members.contains_key(*key));
    let owner = OWNERS.iter().find(shown).and_then(|(types, _)| types.first());
    owner.into_iter().copied().collect()
}

/// Whether a keyword applies to values of these types; with no types, to any.
pub(super) fn suits(key: &str, types: &[&str]) -> bool {
    let owner = OWNERS.iter().find(|(_, keys)| keys.contains(&key));
    types.is_empty()
        || owner.is_none_or(|(owners, _)| owners.iter().any(|owner| types.contains(owner)))
}

pub(super) fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// Without lookaround, backreference or word boundary.
pub(super) fn is_taken_pattern(pattern: &str) -> bool {
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('1'..='9' | 'b' | 'B' | 'k' | 'p' | 'P' | 'A' | 'Z' | 'z') | None => {
                    return false;
                }
                Some(_) => {}
            },
            '(' if letters.next_if_eq(&'?').is_some() && letters.peek() != Some(&':') => {
                return false;
            }
            _ => {}
        }
    }
    true
}

/// Appends the bounds that the schema cannot express to the description: `{minLength: 2, maxLength:
/// 5}`.
pub(super) fn described(schema: &mut Map<String, Value>, moved: &Map<String, Value>) {
    if moved.is_empty() {
        return;
    }
    let bounds: Vec<String> = moved.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let bounds = format!("{{{}}}", bounds.join(", "));
    let described = match schema.get("description").and_then(Value::as_str) {
        Some(said) if !said.is_empty() => format!("{said}\n\n{bounds}"),
        _ => bounds,
    };
    schema.insert(String::from("description"), json!(described));
}
