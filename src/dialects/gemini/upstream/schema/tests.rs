use super::*;
use crate::dialects::gemini::upstream::fixtures;
use crate::dialects::openai::client::places::bad_request;

fn refusal(schema: &Value) -> String {
    bad_request(to_openapi(schema, "the tool `f`", Place::ToolSchema(0)).unwrap_err()).message
}

#[test]
fn a_corpus_of_tool_schemas_becomes_the_subset() {
    let corpus: Map<String, Value> =
        serde_json::from_str(include_str!("../../../../../tests/fixtures/gemini/schemas.json"))
            .unwrap();
    assert!(corpus.len() >= 12);
    let written: Map<String, Value> = corpus
        .iter()
        .map(|(name, schema)| {
            let written = to_openapi(schema, name, Place::Parameter("p"));
            (
                name.clone(),
                written.unwrap_or_else(|bad| json!({ "refused": bad_request(bad).message })),
            )
        })
        .collect();
    fixtures::check("schemas.openapi.json", &fixtures::pretty(&written));
}

/// Whatever the corpus contains, only keys of the subset are produced.
#[test]
fn nothing_that_gemini_refuses_is_left() {
    fn check(schema: &Value, name: &str) {
        let known = ["type", "format", "enum", "items", "properties", "required", "anyOf"];
        for (key, value) in schema.as_object().unwrap() {
            let is_known =
                known.contains(&key.as_str()) || TAKEN.iter().any(|(taken, _)| taken == key);
            assert!(is_known, "`{key}` in {name}");
            match key.as_str() {
                "items" => check(value, name),
                "properties" => {
                    value.as_object().unwrap().values().for_each(|schema| check(schema, name));
                }
                "anyOf" => {
                    value.as_array().unwrap().iter().for_each(|schema| check(schema, name));
                }
                "type" => assert!(value.is_string(), "{name}"),
                "enum" => {
                    assert!(value.as_array().unwrap().iter().all(Value::is_string), "{name}");
                }
                _ => {}
            }
        }
    }
    let corpus: Map<String, Value> =
        serde_json::from_str(include_str!("../../../../../tests/fixtures/gemini/schemas.json"))
            .unwrap();
    for (name, schema) in &corpus {
        if let Ok(written) = to_openapi(schema, name, Place::Parameter("p")) {
            check(&written, name);
        }
    }
}

#[test]
fn a_schema_that_refers_to_itself_or_to_nothing_is_refused() {
    assert_eq!(
        refusal(&json!({"properties": {"child": {"$ref": "#"}}})),
        "`tools[0].function.parameters`: the schema of the tool `f` refers to itself at `#`"
    );
    assert_eq!(
        refusal(&json!({"$ref": "https://example.com/x.json"})),
        "`tools[0].function.parameters`: the schema of the tool `f` refers to `https://example.com/x.json`, which is not in it"
    );
}

#[test]
fn references_that_double_at_each_step_do_not_fill_the_memory() {
    let mut defs = Map::new();
    for step in 0..60 {
        let next = json!({"$ref": format!("#/$defs/s{}", step + 1)});
        let pair = json!({"type": "object", "properties": {"a": next, "b": next}});
        defs.insert(format!("s{step}"), pair);
    }
    defs.insert("s60".into(), json!({"type": "string"}));
    let message = refusal(&json!({"$ref": "#/$defs/s0", "$defs": defs}));
    assert!(message.ends_with("is too large once its `$ref`s are written out"), "{message}");
}

#[test]
fn a_large_schema_that_is_referred_to_often_does_not_fill_the_memory() {
    let reference = json!({"$ref": "#/$defs/big"});
    let properties: Map<String, Value> =
        (0..1_000).map(|name| (name.to_string(), reference.clone())).collect();
    let big = json!({"type": "string", "description": "x".repeat(100_000)});
    let message = refusal(&json!({"properties": properties, "$defs": {"big": big}}));
    assert!(message.ends_with("is too large once its `$ref`s are written out"), "{message}");
}

#[test]
fn types_beside_any_of_double_at_each_step_and_do_not_fill_the_memory() {
    let mut schema = json!({"type": "string"});
    for _ in 0..60 {
        schema = json!({"type": "object", "properties": {"p": schema}, "anyOf": [
            {"required": ["p"]}, {"properties": {"q": {"type": "string"}}}]});
    }
    let message = refusal(&schema);
    assert!(message.ends_with("is too large once its `$ref`s are written out"), "{message}");
}
