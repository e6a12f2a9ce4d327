use proptest::prelude::*;
use serde_json::json;

use super::*;

fn closed(schema: Value) -> (Value, String) {
    let Closed { schema, lost } = close(&schema).unwrap();
    (schema, lost.join(","))
}

/// What is not in the subset, anywhere in a schema.
fn offence(schema: &Value) -> Option<String> {
    let members = schema.as_object()?;
    if members.contains_key("$ref") {
        let is_alone = members.keys().all(|key| ["$ref", "$defs", "definitions"].contains(&&**key));
        return (!is_alone).then(|| format!("beside a reference: {schema}"));
    }
    let known = [
        "type",
        "title",
        "description",
        "default",
        "enum",
        "const",
        "anyOf",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "minItems",
        "format",
        "pattern",
        "$defs",
        "definitions",
    ];
    if let Some(unknown) = members.keys().find(|key| !known.contains(&&***key)) {
        return Some(format!("`{unknown}` in {schema}"));
    }
    if !["type", "enum", "const", "anyOf"].iter().any(|says| members.contains_key(*says)) {
        return Some(format!("no type: {schema}"));
    }
    let is_object = match &members.get("type") {
        Some(Value::Array(kinds)) => kinds.contains(&json!("object")),
        kind => *kind == Some(&json!("object")),
    };
    if is_object && members.get("additionalProperties") != Some(&json!(false)) {
        return Some(format!("open: {schema}"));
    }
    let maps = ["properties", "$defs", "definitions"];
    let named = maps.iter().filter_map(|key| members.get(*key)?.as_object()).flat_map(Map::values);
    let branches = members.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    named.chain(branches).chain(members.get("items")).find_map(offence)
}

#[test]
fn every_object_is_closed_and_a_closed_schema_stays_as_it_is() {
    let open = json!({"type": "object", "properties": {
        "name": {"type": "string"},
        "list": {"type": "array", "items": {"type": ["object", "null"], "properties": {}}},
        "either": {"anyOf": [{"type": "object", "properties": {"a": {"const": 1}}}, {"type": "null"}]},
        "meant": {"$ref": "#/$defs/Address"},
    }, "required": ["name"], "$defs": {
        "Address": {"type": "object", "properties": {"zip": {"type": "string"}}},
        "unused": {"$ref": "#/$defs/unused"},
    }});
    let (schema, lost) = closed(open);
    assert_eq!((offence(&schema), &*lost), (None, ""));
    assert_eq!(schema["required"], json!(["name"]));
    assert_eq!(schema["$defs"]["Address"]["additionalProperties"], json!(false));
    assert_eq!(schema["$defs"].get("unused"), None);
    assert_eq!(closed(schema.clone()), (schema, String::new()), "nothing is left to do");
}

#[test]
fn a_bound_that_is_refused_moves_into_the_description_and_is_told() {
    for (given, expected, lost) in [
        (
            json!({"type": "string", "minLength": 2, "maxLength": 5, "description": "a word"}),
            json!({"type": "string", "description": "a word\n\n{minLength: 2, maxLength: 5}"}),
            "minLength,maxLength",
        ),
        (
            json!({"type": "integer", "minimum": 1, "multipleOf": 2}),
            json!({"type": "integer", "description": "{minimum: 1, multipleOf: 2}"}),
            "minimum,multipleOf",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": true}),
            json!({"type": "array", "items": {"type": "string"},
                "description": "{minItems: 2, uniqueItems: true}"}),
            "minItems,uniqueItems",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
            "",
        ),
        (
            json!({"type": "string", "format": "email", "pattern": "^(?:a|b)+$"}),
            json!({"type": "string", "format": "email", "pattern": "^(?:a|b)+$"}),
            "",
        ),
        (
            json!({"type": "string", "format": "byte", "pattern": "^(?=a)"}),
            json!({"type": "string", "description": "{format: \"byte\", pattern: \"^(?=a)\"}"}),
            "format,pattern",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            json!({"type": "object", "additionalProperties": false,
                "description": "{additionalProperties: {\"type\":\"integer\"}}"}),
            "additionalProperties",
        ),
        (
            json!({"type": "object", "additionalProperties": true, "$schema": "x"}),
            json!({"type": "object", "additionalProperties": false}),
            "additionalProperties",
        ),
        (
            json!({"type": "string", "examples": ["a"], "minimum": 3}),
            json!({"type": "string", "description": "{examples: [\"a\"]}"}),
            "",
        ),
        (
            json!({"enum": [{"a": 1}]}),
            json!({"type": ["string", "number", "boolean", "null"],
                "description": "{enum: [{\"a\":1}]}"}),
            "enum,type",
        ),
    ] {
        assert_eq!(closed(given.clone()), (expected, lost.to_owned()), "{given}");
    }
}

#[test]
fn choices_and_conjunctions_become_what_can_be_said() {
    let text = json!({"type": "string"});
    let object = |properties: Value, required: Value| {
        json!({"type": "object", "properties": properties, "required": required,
            "additionalProperties": false})
    };
    for (given, expected, lost) in [
        (
            json!({"oneOf": [text, {"type": "null"}], "title": "t"}),
            json!({"anyOf": [text, {"type": "null"}], "title": "t"}),
            "oneOf",
        ),
        (
            json!({"type": "string", "anyOf": [{"minLength": 2}, {"enum": ["a"]}, false]}),
            json!({"anyOf": [{"type": "string", "description": "{minLength: 2}"}, {"enum": ["a"]}]}),
            "minLength",
        ),
        (
            json!({"allOf": [
                {"properties": {"a": text}, "required": ["a"], "additionalProperties": false},
                {"type": "object", "properties": {"b": text}, "required": ["b"]}]}),
            object(json!({"a": text, "b": text}), json!(["a", "b"])),
            "",
        ),
        (
            json!({"allOf": [{"$ref": "#/$defs/t"}], "description": "d", "$defs": {"t": text}}),
            json!({"type": "string", "description": "d"}),
            "",
        ),
        (
            json!({"type": "object", "properties": {"a": text}, "anyOf": [{"required": ["a"]}]}),
            json!({"type": "object", "properties": {"a": text}, "additionalProperties": false,
                "description": "{anyOf: [{\"required\":[\"a\"]}]}"}),
            "anyOf",
        ),
        (
            json!({"type": "object", "properties": {"no": false}, "required": ["a"]}),
            object(json!({"a": anything()}), json!(["a"])),
            "required",
        ),
    ] {
        assert_eq!(closed(given.clone()), (expected, lost.to_owned()), "{given}");
    }
}

#[test]
fn a_property_may_have_the_name_of_a_keyword() {
    let names = ["type", "properties", "$ref", "anyOf", "minLength", "additionalProperties"];
    let properties: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    let given = json!({"type": "object", "properties": properties, "required": names,
        "additionalProperties": false});
    assert_eq!(closed(given.clone()), (given, String::new()));
}

#[test]
fn references_stay_where_they_can_and_are_written_out_where_not() {
    let given = json!({"$ref": "#/definitions/A", "definitions": {
        "A": {"type": "object", "properties": {
            "plain": {"$ref": "#/definitions/B"},
            "worded": {"$ref": "#/definitions/B", "description": "d"},
            "deep": {"$ref": "#/definitions/A/properties/text"},
            "text": {"type": "string"},
            "gone": {"$ref": "#/definitions/none"},
            "away": {"$ref": "https://host/schema"},
        }},
        "B": {"type": "integer"},
    }});
    let (schema, lost) = closed(given);
    let expected = json!({"type": "object", "additionalProperties": false, "properties": {
        "plain": {"$ref": "#/definitions/B"},
        "worded": {"type": "integer", "description": "d"},
        "deep": {"type": "string"},
        "text": {"type": "string"},
        "gone": anything(),
        "away": anything(),
    }, "definitions": {"B": {"type": "integer"}}});
    assert_eq!((schema, &*lost), (expected, "$ref,type"));
}

#[test]
fn what_goes_in_circles_or_grows_without_end_is_not_said() {
    let node = |next: Value| json!({"type": "object", "properties": {"next": next}});
    let mut doubling = Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", level + 1), "description": "d"});
        doubling.insert(format!("d{level}"), json!({"anyOf": [next, next]}));
    }
    doubling.insert(String::from("d40"), json!({"type": "string"}));
    for given in [
        node(json!({"$ref": "#"})),
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"$ref": "#/$defs/n", "$defs": {"n": node(json!({"$ref": "#/$defs/n"}))}}),
        json!({"type": "array", "items": {"$ref": "#/$defs/a"}, "$defs": {
            "a": node(json!({"$ref": "#/$defs/b"})), "b": node(json!({"$ref": "#/$defs/a"}))}}),
        json!({"$ref": "#/$defs/d0", "$defs": doubling}),
    ] {
        assert_eq!(close(&given), Err(Inexpressible), "{given}");
    }
}

/// Schemas of every shape, sound or not.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(true)),
        Just(json!(false)),
        Just(json!({})),
        Just(json!({"type": "string", "minLength": 1, "pattern": r"\bx"})),
        Just(json!({"type": ["integer", "null"], "maximum": 9})),
        Just(json!({"enum": ["a", 1, null]})),
        Just(json!({"const": {"a": 1}})),
        Just(json!({"$ref": "#/$defs/x"})),
        Just(json!({"$ref": "#/$defs/y", "title": "t"})),
        Just(json!({"$ref": "#"})),
        Just(json!({"type": "object"})),
        Just(json!({"type": 7, "items": []})),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let named = proptest::collection::btree_map("[a-c]|type|\\$ref", inner.clone(), 0..4);
        let several = proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            (named, proptest::option::of(inner.clone())).prop_map(|(properties, more)| {
                json!({"properties": properties, "required": ["a", "z"], "additionalProperties": more})
            }),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items, "minItems": 3})),
            (several.clone(), proptest::sample::select(vec!["anyOf", "oneOf", "allOf", "prefixItems"]))
                .prop_map(|(branches, key)| json!({key: branches, "description": "d"})),
            (inner, several).prop_map(|(one, any)| json!({"type": "object", "not": one, "anyOf": any})),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_comes_is_in_the_subset_or_not_said(
        mut schema in schemas(), x in schemas(), y in schemas(),
    ) {
        if let Some(members) = schema.as_object_mut() {
            members.insert(String::from("$defs"), json!({"x": x, "y": y}));
        }
        if let Ok(Closed { schema: found, .. }) = close(&schema) {
            prop_assert_eq!(offence(&found), None, "{} of {}", found, schema);
            let again = close(&found).unwrap();
            prop_assert_eq!(&again.schema, &found, "{}", schema);
        }
    }
}
