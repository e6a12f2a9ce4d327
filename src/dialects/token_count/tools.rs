//! The tokens of tool definitions and of a JSON schema for the answer. The model reads them in
//! another spelling than JSON, with fewer tokens.

use serde_json::Value;
use serde_json::value::RawValue;

use super::Count;

// For gpt-4o (OpenAI Cookbook, "How to count tokens with tiktoken"); nested schemas in the same way.
const OF_ALL: u64 = 12;
const OF_FUNCTION: u64 = 7;
const OF_PROPERTIES: u64 = 3;
const OF_PROPERTY: u64 = 3;
const OF_CHOICE: u64 = 3;

/// Of the members `tools` and `functions`.
pub fn of_list(json: &RawValue, count: &Count<'_>) -> u64 {
    let tools: Vec<Value> = serde_json::from_str(json.get()).unwrap_or_default();
    if tools.is_empty() {
        return 0;
    }
    let of_tool = |tool: &Value| {
        let function = tool.get("function").unwrap_or(tool);
        let names = ["parameters", "input_schema", "parametersJsonSchema"];
        let schema = names.iter().find_map(|name| function.get(*name));
        let line = format!("{}:{}", text(function, "name"), text(function, "description"));
        OF_FUNCTION + count(&line) + schema.map_or(0, |schema| of_schema(schema, count))
    };
    let of_tools = |tool: &Value| match tool.get("functionDeclarations").and_then(Value::as_array) {
        Some(functions) => functions.iter().map(of_tool).sum::<u64>(),
        None => of_tool(tool),
    };
    OF_ALL + tools.iter().map(of_tools).sum::<u64>()
}

/// Of the member `response_format`.
pub fn of_format(json: &RawValue, count: &Count<'_>) -> u64 {
    let format: Value = serde_json::from_str(json.get()).unwrap_or_default();
    let schema = format.get("json_schema").and_then(|named| named.get("schema"));
    schema.map_or(0, |schema| OF_FUNCTION + of_schema(schema, count))
}

/// The depth of JSON is bounded by its reader.
fn of_schema(schema: &Value, count: &Count<'_>) -> u64 {
    let mut tokens = 0;
    if let Some(properties) = schema.get("properties").and_then(Value::as_object)
        && !properties.is_empty()
    {
        tokens += OF_PROPERTIES;
        for (name, property) in properties {
            let (kind, description) = (text(property, "type"), text(property, "description"));
            tokens += OF_PROPERTY + count(&format!("{name}:{kind}:{description}"));
            tokens += of_schema(property, count);
        }
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let of_choice = |choice: &Value| match choice {
            Value::String(text) => count(text),
            other => count(&other.to_string()),
        };
        tokens += choices.iter().map(|choice| OF_CHOICE + of_choice(choice)).sum::<u64>();
        tokens = tokens.saturating_sub(OF_CHOICE);
    }
    let nested = ["items", "additionalProperties"].into_iter().filter_map(|name| schema.get(name));
    let listed = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| schema.get(name));
    let listed = listed.filter_map(Value::as_array).flatten();
    let defined = ["$defs", "definitions"].into_iter().filter_map(|name| schema.get(name));
    let defined = defined.filter_map(Value::as_object).flat_map(|defined| defined.values());
    tokens + nested.chain(listed).chain(defined).map(|one| of_schema(one, count)).sum::<u64>()
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    let text = object.get(name).and_then(Value::as_str).unwrap_or_default();
    text.strip_suffix('.').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    fn count(text: &str) -> u64 {
        text.chars().count() as u64
    }

    fn of(tools: &Value) -> u64 {
        of_list(&to_raw_value(tools).unwrap(), &count)
    }

    #[test]
    fn tools_are_counted_as_the_model_reads_them() {
        assert_eq!(of(&json!([])), 0);
        let plain =
            json!([{"type": "function", "function": {"name": "get", "description": "It."}}]);
        assert_eq!(of(&plain), 12 + 7 + "get:It".len() as u64);
        let schema = json!({"type": "object", "properties": {
            "unit": {"type": "string", "description": "Which.", "enum": ["c", "f"]},
            "at": {"type": "object", "properties": {"x": {"type": "number"}}},
        }});
        let typed =
            json!([{"type": "function", "function": {"name": "get", "parameters": schema}}]);
        let unit = 3 + "unit:string:Which".len() + 3 + 1 + 3 + 1 - 3;
        let at = 3 + "at:object:".len() + 3 + 3 + "x:number:".len();
        assert_eq!(of(&typed), (12 + 7 + "get:".len() + 3 + unit + at) as u64);
        // As Anthropic and the older `functions` spell it.
        assert_eq!(
            of(&json!([{"name": "get", "input_schema": {}}])),
            of(&json!([{"name": "get"}]))
        );
    }

    #[test]
    fn what_is_no_tool_costs_little() {
        for odd in [json!(5), json!({}), json!([5, null, "x"])] {
            assert!(of(&odd) < 50, "{odd}");
        }
        let format = json!({"type": "json_schema", "json_schema": {"schema": {"enum": ["yes"]}}});
        assert_eq!(of_format(&to_raw_value(&format).unwrap(), &count), 7 + 3);
        assert_eq!(of_format(&to_raw_value(&json!({"type": "text"})).unwrap(), &count), 0);
    }
}
