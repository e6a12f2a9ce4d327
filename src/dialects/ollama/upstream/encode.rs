//! Encodes a chat as the body of `/api/chat`.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::messages::{self, WireMessage};
use super::options::{self, Taken};
use super::think::{self, Think};
use super::tools::{self, WireTool};
use crate::dialects::dropped::Dropped;
use crate::dialects::encoded::Encoded;
use crate::dialects::errors::Untranslatable;
use crate::dialects::web_search;
use crate::domain::capabilities::{Capabilities, SearchStyle};
use crate::domain::chat::{ChatRequest, ResponseFormat};

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    /// Always written, because the default is a stream.
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<&'a Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    options: Map<String, Value>,
}

/// # Errors
/// When something cannot be carried; the error names its place.
pub fn encode(
    request: &ChatRequest,
    capabilities: &Capabilities,
) -> Result<Encoded, Untranslatable> {
    let mut dropped = Dropped::default();
    let Taken { options, keep_alive } = options::encode(request, capabilities, &mut dropped)?;
    let body = Request {
        model: &request.model,
        messages: messages::encode(&request.messages, capabilities, &mut dropped)?,
        stream: request.is_stream,
        tools: tools::encode(request, capabilities, &mut dropped)?,
        format: format(request.response_format.as_ref(), capabilities, &mut dropped),
        think: think::wanted(request, capabilities, &mut dropped),
        logprobs: request.logprobs,
        top_logprobs: request.top_logprobs,
        keep_alive,
        options,
    };
    web_search::as_tool(request, SearchStyle::None, false, &mut dropped)?;
    dropped.record_if(request.n.is_some_and(|n| n > 1), "n");
    dropped.record_if(request.user.is_some(), "user");
    let body = serde_json::to_vec(&body).map_err(|error| {
        Untranslatable::as_a_whole(format!("the request cannot be written for Ollama: {error}"))
    })?;
    Ok(Encoded { body: Bytes::from(body), dropped: dropped.into_names() })
}

/// A schema is sent unchanged; its name has no counterpart, and the answer always follows it
/// strictly.
fn format(
    format: Option<&ResponseFormat>,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<Value> {
    match format? {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(Value::from("json")),
        ResponseFormat::JsonSchema { schema, .. } if capabilities.takes_json_schema => {
            Some(schema.clone())
        }
        ResponseFormat::JsonSchema { .. } => {
            dropped.record("response_format");
            Some(Value::from("json"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::body;
    use crate::dialects::openai::client;
    use crate::dialects::openai::client::places::bad_request;
    use crate::domain::capabilities::ThinkingStyle;
    use crate::domain::chat::Message;
    use proptest::prelude::*;
    use serde_json::json;

    fn request(body: &Value) -> ChatRequest {
        let body = body::parse(Bytes::from(body.to_string())).unwrap();
        client::request::decode(&body, "qwen3").unwrap()
    }

    fn thinks() -> Capabilities {
        Capabilities { thinking: ThinkingStyle::Switch, ..Capabilities::default() }
    }

    /// The request for a body with these members, and the dropped fields.
    fn sent(members: Value, capabilities: &Capabilities) -> (Value, Vec<String>) {
        let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
        let Value::Object(members) = members else { panic!("members are an object") };
        body.as_object_mut().unwrap().extend(members);
        let Encoded { body, dropped } = encode(&request(&body), capabilities).unwrap();
        (serde_json::from_slice(&body).unwrap(), dropped)
    }

    fn refusal(message: &Value, capabilities: &Capabilities) -> String {
        let bad = encode(&request(&json!({"messages": [message]})), capabilities).unwrap_err();
        let bad = bad_request(bad);
        format!("{} [{}]", bad.message, bad.param.unwrap_or_default())
    }

    #[test]
    fn everything_that_can_be_carried_is() {
        let body = include_str!("../../../../tests/fixtures/ollama/request.json");
        let body = body::parse(Bytes::from_static(body.as_bytes())).unwrap();
        let request = client::request::decode(&body, "qwen3").unwrap();
        let Encoded { body, dropped } = encode(&request, &thinks()).unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let expected = include_str!("../../../../tests/fixtures/ollama/body.json");
        assert_eq!(body, expected);
        let told = "logit_bias, cache_control, is_error, detail, tool_choice, parallel_tool_calls, strict, n, user";
        let mut told: Vec<&str> = told.split(", ").collect();
        let mut dropped: Vec<&str> = dropped.iter().map(String::as_str).collect();
        told.sort_unstable();
        dropped.sort_unstable();
        assert_eq!(dropped, told);
    }

    #[test]
    fn a_plain_request_holds_no_more_than_required() {
        let (body, dropped) = sent(json!({"n": 1, "parallel_tool_calls": true}), &thinks());
        let expected = json!({
            "model": "qwen3", "messages": [{"role": "user", "content": "hi"}], "stream": false,
        });
        assert_eq!((body, dropped), (expected, Vec::new()));
        assert_eq!(sent(json!({"stream": true}), &thinks()).0["stream"], true);
    }

    #[test]
    fn a_model_gets_only_supported_parameters() {
        let capabilities = Capabilities {
            takes_sampling: false,
            takes_json_schema: false,
            takes_tools: false,
            ..Capabilities::default()
        };
        let schema = json!({"type": "json_schema", "json_schema": {"name": "r", "schema": {}}});
        let members = json!({
            "temperature": 1, "top_p": 1, "top_k": 1, "seed": 3, "reasoning_effort": "low",
            "response_format": schema, "tools": [{"function": {"name": "f"}}], "tool_choice": "none",
        });
        let (body, dropped) = sent(members, &capabilities);
        assert_eq!(body["options"], json!({"seed": 3}));
        assert_eq!(
            (&body["format"], body.get("tools"), body.get("think")),
            (&json!("json"), None, None)
        );
        assert_eq!(
            dropped,
            ["temperature", "top_p", "top_k", "response_format", "reasoning_effort"]
        );

        let tools = json!({"messages": [{"role": "user", "content": "hi"}], "tools": [{"function": {"name": "f"}}]});
        let bad = bad_request(encode(&request(&tools), &capabilities).unwrap_err());
        assert_eq!(bad.param.as_deref(), Some("tools"));
    }

    #[test]
    fn what_cannot_be_carried_is_refused_with_its_place() {
        let part =
            |part: Value| json!({"role": "user", "content": [{"type": "text", "text": "a"}, part]});
        let image = |url: &str| part(json!({"type": "image_url", "image_url": {"url": url}}));
        let blind = Capabilities { takes_images: false, ..Capabilities::default() };
        for (message, capabilities, expected) in [
            (
                image("https://a/b.png"),
                thinks(),
                "`messages[0].content[1].image_url` must be a data URL: Ollama fetches no images [messages[0].content[1].image_url]",
            ),
            (
                image("data:image/png;base64,AAAA"),
                blind,
                "`messages[0].content[1].image_url` cannot be carried: this model takes no images [messages[0].content[1].image_url]",
            ),
            (
                part(
                    json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
                ),
                thinks(),
                "`messages[0].content[1].input_audio` cannot be carried: Ollama takes no audio [messages[0].content[1].input_audio]",
            ),
            (
                part(json!({"type": "video_url", "video_url": {"url": "https://a"}})),
                thinks(),
                "`messages[0].content[1].video_url` cannot be carried: Ollama takes no video [messages[0].content[1].video_url]",
            ),
            (
                part(json!({"type": "file", "file": {"file_id": "a"}})),
                thinks(),
                "`messages[0].content[1].file` cannot be carried: Ollama takes no files but text [messages[0].content[1].file]",
            ),
        ] {
            assert_eq!(refusal(&message, &capabilities), expected, "{message}");
        }
        let message = Message::Tool { call_id: "x".into(), content: Vec::new(), is_error: false };
        let orphan = ChatRequest { messages: vec![message], ..ChatRequest::default() };
        let bad = bad_request(encode(&orphan, &thinks()).unwrap_err());
        assert_eq!(bad.param.as_deref(), Some("messages[0].tool_call_id"));
    }

    #[test]
    fn options_that_are_no_object_are_refused() {
        let body = json!({"messages": [{"role": "user", "content": "hi"}], "options": [1]});
        let bad = bad_request(encode(&request(&body), &thinks()).unwrap_err());
        assert_eq!(bad.param.as_deref(), Some("options"));
    }

    proptest! {
        #[test]
        fn any_text_and_any_argument_survive(text in any::<String>(), argument in any::<String>()) {
            let arguments = json!({"a": argument});
            let members = json!({"messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": null, "tool_calls":
                    [{"id": "x", "function": {"name": "f", "arguments": arguments.to_string()}}]},
                {"role": "tool", "tool_call_id": "x", "content": text},
            ]});
            let (body, _) = sent(members, &thinks());
            let messages = &body["messages"];
            prop_assert_eq!(&messages[0]["content"], &text);
            prop_assert_eq!(&messages[1]["tool_calls"][0]["function"]["arguments"], &arguments);
            prop_assert_eq!((&messages[2]["content"], &messages[2]["tool_name"]), (&json!(text), &json!("f")));
        }
    }
}
