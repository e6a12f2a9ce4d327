//! Encodes a chat as the body of `generateContent`; the streamed call takes the same body.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::request::{Request, SystemInstruction};
use super::{conversation, generation, tools};
use crate::dialects::dropped::Dropped;
use crate::dialects::encoded::Encoded;
use crate::dialects::errors::Untranslatable;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::ChatRequest;

/// Fields that need no counterpart: usage is always sent.
const NEEDLESS: &[&str] = &["stream_options"];
/// Gemini's own field, under the names that its clients use.
const SAFETY_SETTINGS: &[&str] = &["safety_settings", "safetySettings"];

/// # Errors
/// When something cannot be carried; the error names its place.
pub fn encode(
    request: &ChatRequest,
    capabilities: &Capabilities,
) -> Result<Encoded, Untranslatable> {
    let mut dropped = Dropped::default();
    let conversation = conversation::encode(&request.messages, capabilities, &mut dropped)?;
    let system = conversation.system;
    let offered = tools::offered(request, capabilities);
    let is_marked = request.tools.iter().any(|tool| tool.cache_control.is_some());
    dropped.record_if(is_marked, "cache_control");
    let body = Request {
        contents: conversation.contents,
        system_instruction: (!system.is_empty()).then_some(SystemInstruction { parts: system }),
        tools: match tools::search(request, offered, capabilities, &mut dropped)? {
            None => tools::encode(offered, capabilities, &mut dropped)?,
            search => search,
        },
        tool_config: tools::choice(request, offered, capabilities, &mut dropped)?,
        safety_settings: SAFETY_SETTINGS.iter().find_map(|name| request.rest.get(*name)),
        generation_config: generation::encode(
            request,
            !offered.is_empty(),
            capabilities,
            &mut dropped,
        )?,
    };
    let body = serde_json::to_vec(&body).map_err(|error| {
        Untranslatable::as_a_whole(format!("the request cannot be written for Gemini: {error}"))
    })?;
    dropped.record_if(request.parallel_tool_calls.is_some(), "parallel_tool_calls");
    dropped.record_if(request.user.is_some(), "user");
    record_rest(&request.rest, &mut dropped);
    Ok(Encoded { body: Bytes::from(body), dropped: dropped.into_names() })
}

fn record_rest(rest: &Map<String, Value>, dropped: &mut Dropped) {
    for (name, value) in rest {
        let is_understood =
            NEEDLESS.contains(&name.as_str()) || SAFETY_SETTINGS.contains(&name.as_str());
        dropped.record_if(!value.is_null() && !is_understood, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::gemini::upstream::fixtures::{self, text, tool_result, user};
    use crate::dialects::openai::client::places::bad_request;
    use crate::domain::capabilities::ThinkingStyle;
    use crate::domain::chat::{
        AssistantMessage, Block, Effort, Maker, Media, Message, PartContent, ResponseFormat, Seal,
        Thinking, Tool, ToolCall, ToolChoice,
    };
    use serde_json::json;

    fn tool(name: &str) -> Tool {
        Tool {
            name: name.into(),
            description: Some("What the weather is".into()),
            parameters: Some(json!({"type": "object", "additionalProperties": false,
                "properties": {"city": {"$ref": "#/$defs/City"}},
                "$defs": {"City": {"type": ["string", "null"]}}})),
            strict: Some(true),
            cache_control: None,
        }
    }

    /// Everything that the dialect can carry, and something that it cannot.
    fn full() -> ChatRequest {
        let pdf = Media::Inline { media_type: "application/pdf".into(), data: "JVBERg==".into() };
        let image = Media::Url("https://a.example/cat.png".into());
        let call = |id: &str, signature: Option<&str>| {
            Block::ToolCall(ToolCall {
                id: id.into(),
                name: "get_weather".into(),
                arguments: r#"{"city": "Paris", "big": 12345678901234567890123}"#.into(),
                signature: signature.map(str::to_owned),
            })
        };
        let signature = Some(Seal::new(Maker::Google, "c2ln"));
        let thought = Block::Thinking(Thinking::Text { text: "hm".into(), signature });
        let blocks =
            vec![thought, Block::text("Let me see."), call("a", Some("Ep==")), call("b", None)];
        let assistant = AssistantMessage { blocks };
        ChatRequest {
            model: "gemini-3.8-flash".into(),
            messages: vec![
                Message::System { content: vec![text("Be kind.")] },
                Message::User {
                    content: vec![
                        text("What is this?\n"),
                        fixtures::part(PartContent::Image { source: image, detail: Some("high".into()) }),
                        fixtures::part(PartContent::File { source: pdf, filename: Some("a.pdf".into()) }),
                    ],
                },
                Message::Assistant(assistant),
                tool_result("a", r#"{"t": 21.50}"#),
                tool_result("b", "rain"),
            ],
            tools: vec![tool("get_weather")],
            tool_choice: Some(ToolChoice::Named("get_weather".into())),
            parallel_tool_calls: Some(false),
            response_format: Some(ResponseFormat::JsonSchema {
                name: "answer".into(),
                schema: json!({"type": "object", "properties": {"a": {"const": 1}}}),
                strict: Some(true),
                description: None,
            }),
            temperature: serde_json::from_str("0.7").ok(),
            top_p: serde_json::from_str("0.9").ok(),
            top_k: Some(40),
            presence_penalty: serde_json::from_str("0.1").ok(),
            frequency_penalty: serde_json::from_str("0.2").ok(),
            seed: Some(7),
            stop: vec!["END".into()],
            max_tokens: Some(100),
            n: Some(2),
            logprobs: Some(true),
            top_logprobs: Some(3),
            reasoning: Some(Effort::High),
            thinking_budget: None,
            user: Some("u".into()),
            web_search: None,
            is_stream: true,
            rest: json!({"logit_bias": {"1": 2}, "store": null, "stream_options": {},
                "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]})
            .as_object()
            .cloned()
            .unwrap(),
            passed_over: Vec::new(),
        }
    }

    fn level() -> Capabilities {
        Capabilities { thinking: ThinkingStyle::Level, ..Capabilities::default() }
    }

    fn older() -> Capabilities {
        Capabilities { takes_full_schemas: false, ..level() }
    }

    fn body(encoded: &Encoded) -> Value {
        serde_json::from_slice(&encoded.body).unwrap()
    }

    #[test]
    fn a_full_request_is_carried() {
        let encoded = encode(&full(), &level()).unwrap();
        fixtures::check("request_full.json", &fixtures::pretty(&body(&encoded)));
        let dropped = ["detail", "filename", "strict", "parallel_tool_calls", "user", "logit_bias"];
        assert_eq!(encoded.dropped, dropped);
        let written = String::from_utf8(encoded.body.to_vec()).unwrap();
        assert!(written.contains(r#""args":{"city": "Paris", "big": 12345678901234567890123}"#));
        assert!(written.contains(r#""response":{"t": 21.50}"#));
    }

    #[test]
    fn an_older_service_gets_the_openapi_subset() {
        let encoded = body(&encode(&full(), &older()).unwrap());
        let declaration = &encoded["tools"][0]["functionDeclarations"][0];
        let city = json!({"type": "string", "nullable": true});
        assert_eq!(
            declaration["parameters"],
            json!({"type": "object", "properties": {"city": city}})
        );
        assert_eq!(declaration.get("parametersJsonSchema"), None);
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
        assert_eq!(encoded["generationConfig"]["responseSchema"], schema);
        assert_eq!(encoded["generationConfig"].get("responseJsonSchema"), None);
    }

    #[test]
    fn a_plain_request_holds_nothing_but_its_messages() {
        let request = ChatRequest { messages: vec![user("hi")], ..ChatRequest::default() };
        let encoded = encode(&request, &Capabilities::default()).unwrap();
        let expected = r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#;
        assert_eq!((&encoded.body[..], encoded.dropped), (expected.as_bytes(), vec![]));
    }

    #[test]
    fn what_a_model_does_not_take_is_dropped_and_named() {
        let model = Capabilities {
            takes_sampling: false,
            takes_forced_tools: false,
            takes_json_schema: false,
            ..Capabilities::default()
        };
        let mut request = ChatRequest { seed: Some(1 << 40), logprobs: None, ..full() };
        request.messages = vec![user("hi")];
        let encoded = encode(&request, &model).unwrap();
        let found = body(&encoded);
        assert_eq!(found["toolConfig"], json!({"functionCallingConfig": {"mode": "AUTO"}}));
        let config = json!({"candidateCount": 2, "maxOutputTokens": 100, "stopSequences": ["END"],
            "responseMimeType": "application/json"});
        assert_eq!(found["generationConfig"], config);
        let mut dropped = encoded.dropped;
        dropped.sort();
        let expected = [
            "frequency_penalty",
            "logit_bias",
            "parallel_tool_calls",
            "presence_penalty",
            "reasoning_effort",
            "response_format.json_schema",
            "seed",
            "strict",
            "temperature",
            "tool_choice",
            "top_k",
            "top_logprobs",
            "top_p",
            "user",
        ];
        assert_eq!(dropped, expected);
    }

    #[test]
    fn without_support_for_both_a_json_answer_or_tools_are_dropped() {
        let either = Capabilities { takes_json_with_tools: false, ..level() };
        for format in [ResponseFormat::JsonObject, full().response_format.unwrap()] {
            for (choice, keeps_tools) in [(ToolChoice::Required, true), (ToolChoice::None, false)] {
                let request = ChatRequest {
                    response_format: Some(format.clone()),
                    tool_choice: Some(choice),
                    ..full()
                };
                let encoded = encode(&request, &either).unwrap();
                let sent = body(&encoded);
                let config = &sent["generationConfig"];
                assert_eq!(sent.get("tools").is_some(), keeps_tools);
                assert_eq!(sent.get("toolConfig").is_some(), keeps_tools);
                assert_eq!(config.get("responseMimeType").is_some(), !keeps_tools);
                assert_eq!(encoded.dropped.contains(&"response_format".into()), keeps_tools);
                assert!(body(&encode(&request, &level()).unwrap()).get("tools").is_some());
            }
        }
        let text = ChatRequest { response_format: Some(ResponseFormat::Text), ..full() };
        let encoded = encode(&text, &either).unwrap();
        assert!(!encoded.dropped.contains(&"response_format".into()));
    }

    #[test]
    fn tool_choices_have_their_modes() {
        for (choice, expected) in [
            (ToolChoice::Auto, json!({"mode": "AUTO"})),
            (ToolChoice::None, json!({"mode": "NONE"})),
            (ToolChoice::Required, json!({"mode": "ANY"})),
            (
                ToolChoice::Named("get_weather".into()),
                json!({"mode": "ANY", "allowedFunctionNames": ["get_weather"]}),
            ),
        ] {
            let request = ChatRequest { tool_choice: Some(choice), ..full() };
            let found = body(&encode(&request, &level()).unwrap());
            assert_eq!(found["toolConfig"]["functionCallingConfig"], expected);
        }
    }

    #[test]
    fn what_cannot_be_carried_names_its_place() {
        let recursive = Tool { parameters: Some(json!({"items": {"$ref": "#"}})), ..tool("walk") };
        let no_tools = Capabilities { takes_tools: false, ..level() };
        let older = older();
        let stop = vec![String::from("x"); 6];
        for (request, capabilities, place) in [
            (ChatRequest { stop, ..full() }, &level(), "stop"),
            (full(), &no_tools, "tools"),
            (
                ChatRequest { tool_choice: Some(ToolChoice::Named("x".into())), ..full() },
                &level(),
                "tool_choice",
            ),
            (
                ChatRequest { tools: vec![tool("get_weather"), recursive.clone()], ..full() },
                &older,
                "tools[1].function.parameters",
            ),
        ] {
            let bad = bad_request(encode(&request, capabilities).unwrap_err());
            assert_eq!(bad.param.as_deref(), Some(place));
        }
        let request = ChatRequest { tools: vec![recursive], tool_choice: None, ..full() };
        assert!(encode(&request, &level()).is_ok(), "JSON Schema may refer to itself");
        let bad = bad_request(encode(&request, &older).unwrap_err());
        assert!(bad.message.contains("the tool `walk`"), "{bad}");
    }
}
