//! Decodes the client's body into a chat request. Decoded values are checked: the upstream dialects
//! need not verify again that a data URL is base64 or that arguments are an object.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields::{Fields, bad, wrong_type};
use super::{messages, reasoning, tools};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::web_search;
use crate::domain::chat::{ChatRequest, ResponseFormat};

/// The request for a model that the upstream calls `model`.
///
/// # Errors
/// When a member has the wrong type or a value that cannot be understood.
pub fn decode(body: &JsonBody, model: &str) -> Result<ChatRequest, BadRequest> {
    decode_members(members(body)?, model)
}

/// Parses the members of a body.
///
/// # Errors
/// When one of them cannot be parsed.
pub fn members(body: &JsonBody) -> Result<Map<String, Value>, BadRequest> {
    serde_json::from_slice(body.bytes()).map_err(|error| unreadable(body, &error))
}

/// [`decode`], from parsed members.
///
/// # Errors
/// As for [`decode`].
pub fn decode_members(members: Map<String, Value>, model: &str) -> Result<ChatRequest, BadRequest> {
    let is_stream = members.get("stream") == Some(&Value::Bool(true));
    let mut fields = Fields::at(members, String::new());
    for consumed in ["model", "stream", "stream_options"] {
        fields.take(consumed);
    }
    let mut offered = tools::tools(&mut fields)?;
    let tool_choice = tools::choice(&mut fields, &mut offered)?;
    let max_completion_tokens = fields.count("max_completion_tokens")?;
    let max_tokens = fields.count("max_tokens")?;
    let reasoning = reasoning::take(&mut fields)?;
    let (messages, passed_over) = messages::messages(&mut fields)?;
    Ok(ChatRequest {
        model: model.to_owned(),
        messages,
        tools: offered,
        tool_choice,
        parallel_tool_calls: fields.bool("parallel_tool_calls")?,
        response_format: response_format(&mut fields)?,
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        top_k: fields.count("top_k")?,
        presence_penalty: fields.number("presence_penalty")?,
        frequency_penalty: fields.number("frequency_penalty")?,
        seed: fields.integer("seed")?,
        stop: stop(&mut fields)?,
        max_tokens: max_completion_tokens.or(max_tokens),
        n: choices(&mut fields)?,
        logprobs: fields.bool("logprobs")?,
        top_logprobs: fields.count("top_logprobs")?,
        reasoning: reasoning.effort,
        thinking_budget: reasoning.budget,
        user: user(&mut fields)?,
        web_search: fields.take(web_search::OPTIONS).as_ref().map(web_search::read),
        is_stream,
        rest: fields.into_rest(),
        passed_over,
    })
}

/// Finds the member that cannot be parsed. The text is valid JSON, but is nested too deeply or
/// holds a number out of range.
fn unreadable(body: &JsonBody, error: &serde_json::Error) -> BadRequest {
    let refusal = |place: String, error: serde_json::Error| {
        BadRequest::new(format!("`{place}` cannot be read: {error}"), place)
    };
    let object = RawObject::parse(body.bytes()).unwrap_or_default();
    for (name, value) in &object.members {
        let Err(error) = serde_json::from_str::<Value>(value.get()) else { continue };
        let elements: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
        for (index, element) in elements.into_iter().enumerate() {
            if let Err(error) = serde_json::from_str::<Value>(element.get()) {
                return refusal(format!("{name}[{index}]"), error);
            }
        }
        return refusal(name.to_string(), error);
    }
    BadRequest { message: format!("the body cannot be read: {error}"), param: None }
}

fn choices(fields: &mut Fields) -> Result<Option<u64>, BadRequest> {
    match fields.count("n")? {
        Some(0) => Err(bad("n", "must be at least 1")),
        n => Ok(n),
    }
}

fn stop(fields: &mut Fields) -> Result<Vec<String>, BadRequest> {
    match fields.take("stop") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text]),
        Some(Value::Array(values)) => {
            let text = |(index, value)| match value {
                Value::String(text) => Ok(text),
                other => Err(wrong_type(&format!("stop[{index}]"), "a string", &other)),
            };
            values.into_iter().enumerate().map(text).collect()
        }
        Some(other) => Err(wrong_type("stop", "a string or a list", &other)),
    }
}

fn response_format(fields: &mut Fields) -> Result<Option<ResponseFormat>, BadRequest> {
    let Some(mut format) = fields.object("response_format")? else { return Ok(None) };
    let kind = format.required_string("type")?;
    Ok(Some(match kind.as_str() {
        "text" => ResponseFormat::Text,
        "json_object" => ResponseFormat::JsonObject,
        "json_schema" => {
            let mut inner = format.required_object("json_schema")?;
            let schema = inner.required_object("schema")?.into_members();
            ResponseFormat::JsonSchema {
                name: inner.required_string("name")?,
                schema: Value::Object(schema),
                strict: inner.bool("strict")?,
                description: inner.string("description")?,
            }
        }
        unknown => {
            let complaint = format!("is `{unknown}`; known are text, json_object and json_schema");
            return Err(bad(&format.place_of("type"), &complaint));
        }
    }))
}

/// `user`, or `metadata.user_id`; other metadata stays in the rest.
fn user(fields: &mut Fields) -> Result<Option<String>, BadRequest> {
    if let Some(user) = fields.string("user")? {
        return Ok(Some(user));
    }
    let Some(Value::Object(metadata)) = fields.peek("metadata") else { return Ok(None) };
    let Some(user) = metadata.get("user_id").and_then(Value::as_str) else { return Ok(None) };
    let (user, is_all) = (user.to_owned(), metadata.len() == 1);
    if is_all {
        fields.take("metadata");
    }
    Ok(Some(user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::body;
    use crate::domain::chat::{Effort, Message, Thinking, ToolChoice};
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::json;

    fn decoded(body: &Value) -> Result<ChatRequest, BadRequest> {
        decode(&body::parse(Bytes::from(body.to_string()))?, "m")
    }

    /// The error about a body with these members besides a message, and its path.
    fn refusal(members: Value) -> String {
        let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
        let Value::Object(members) = members else { panic!("members are an object") };
        body.as_object_mut().unwrap().extend(members);
        let bad = decoded(&body).unwrap_err();
        format!("{} [{}]", bad.message, bad.param.unwrap_or_default())
    }

    #[test]
    fn every_field_is_read() {
        let body = include_str!("../../../../tests/fixtures/hub/request.json");
        let body = body::parse(Bytes::from_static(body.as_bytes())).unwrap();
        let request = decode(&body, "claude-1").unwrap();
        let expected = include_str!("../../../../tests/fixtures/hub/request.txt");
        assert_eq!(format!("{request:#?}\n"), expected);
    }

    #[test]
    fn bad_parameters_are_refused_with_their_name() {
        let tools = json!([{"function": {"name": "f"}}]);
        for (members, expected) in [
            (json!({"seed": 1.5}), "`seed` must be a whole number of at most 63 bits [seed]"),
            (
                json!({"max_tokens": -1}),
                "`max_tokens` must be a whole number that is not negative [max_tokens]",
            ),
            (json!({"n": 0}), "`n` must be at least 1 [n]"),
            (json!({"stop": ["a", 1]}), "`stop[1]` must be a string, not a number [stop[1]]"),
            (json!({"logprobs": 5}), "`logprobs` must be a boolean, not a number [logprobs]"),
            (
                json!({"reasoning": {"effort": "huge"}}),
                "`reasoning.effort` is `huge`; known are none, minimal, low, medium, high, xhigh and max [reasoning.effort]",
            ),
            (
                json!({"response_format": {"type": "xml"}}),
                "`response_format.type` is `xml`; known are text, json_object and json_schema [response_format.type]",
            ),
            (
                json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}),
                "`response_format.json_schema.schema` is missing [response_format.json_schema.schema]",
            ),
            (
                json!({"tools": [{"type": "web_search"}]}),
                "`tools[0].type` is `web_search`; only `function` can be translated [tools[0].type]",
            ),
            (
                json!({"tools": [{"function": {"name": "f", "parameters": []}}]}),
                "`tools[0].function.parameters` must be an object, not a list [tools[0].function.parameters]",
            ),
            (
                json!({"tool_choice": "required"}),
                "`tool_choice` asks for a call, but there are no `tools` [tool_choice]",
            ),
            (
                json!({"tool_choice": "maybe"}),
                "`tool_choice` is `maybe`; known are none, auto and required [tool_choice]",
            ),
            (
                json!({"tools": tools, "tool_choice": {"type": "function", "function": {"name": "g"}}}),
                "`tool_choice.function.name` is `g`, which is not among `tools` [tool_choice.function.name]",
            ),
        ] {
            assert_eq!(refusal(members.clone()), expected, "{members}");
        }
    }

    #[test]
    fn what_cannot_be_read_as_a_whole_is_found() {
        let hi = r#"{"role":"user","content":"hi"}"#;
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (body, place) in [
            (format!(r#"{{"messages":[{hi},{{"role":"user","content":{deep}}}]}}"#), "messages[1]"),
            (format!(r#"{{"messages":[{hi}],"x":{deep}}}"#), "x[0]"),
            (format!(r#"{{"messages":[{hi}],"temperature":1e999}}"#), "temperature"),
        ] {
            let bad = decode(&body::parse(Bytes::from(body)).unwrap(), "m").unwrap_err();
            assert_eq!(bad.param.as_deref(), Some(place), "{}", bad.message);
        }
    }

    #[test]
    fn allowed_tools_are_the_only_ones_left() {
        let body = json!({
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [{"function": {"name": "f"}}, {"function": {"name": "g"}}],
            "tool_choice": {"type": "allowed_tools", "allowed_tools": {
                "mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}},
        });
        let request = decoded(&body).unwrap();
        assert_eq!(request.tool_choice, Some(ToolChoice::Required));
        assert_eq!(request.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["g"]);
    }

    #[test]
    fn what_is_not_understood_stays_in_the_rest() {
        let body = json!({
            "messages": [
                {"role": "user", "content": "hi", "name": "Ann", "weight": null},
                {"role": "assistant", "content": "hi", "annotations": [], "audio": null},
                {"role": "user", "content": "hi", "name": "Bob"},
            ],
            "user": "a", "logit_bias": null,
            "metadata": {"user_id": "b"}, "reasoning": {"effort": "low", "max_tokens": 5},
        });
        let request = decoded(&body).unwrap();
        assert_eq!((request.user.as_deref(), request.reasoning), (Some("a"), Some(Effort::Low)));
        assert_eq!(request.thinking_budget, Some(5));
        assert_eq!(request.rest.keys().collect::<Vec<_>>(), ["metadata"]);
        assert_eq!(request.passed_over, ["messages[].name"]);
    }

    proptest! {
        #[test]
        fn any_text_survives(
            text in any::<String>(),
            thought in ".+",
            argument in any::<String>(),
            id in "[a-z]{1,8}",
        ) {
            let arguments = json!({"a": argument}).to_string();
            let body = json!({"messages": [
                {"role": "user", "content": [{"type": "text", "text": text}]},
                {"role": "assistant", "reasoning_content": thought,
                 "tool_calls": [{"id": id, "function": {"name": "f", "arguments": arguments}}]},
                {"role": "tool", "tool_call_id": id, "content": [{"type": "text", "text": text}]},
            ]});
            let messages = decoded(&body).unwrap().messages;
            let [Message::User { content }, Message::Assistant(said), Message::Tool { content: result, .. }] =
                messages.as_slice() else { panic!("three messages") };
            let part = crate::domain::chat::PartContent::Text(text);
            prop_assert_eq!(&content[0].content, &part);
            prop_assert_eq!(&result[0].content, &part);
            let thinking = Thinking::Text { text: thought, signature: None };
            prop_assert_eq!(said.thinking().collect::<Vec<_>>(), [&thinking]);
            let call = said.tool_calls().next().unwrap();
            prop_assert_eq!((&call.arguments, &call.id), (&arguments, &id));
        }
    }
}
