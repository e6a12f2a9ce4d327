use super::*;
use crate::dialects::responses::upstream::fixtures::{part, text, tool, user};
use crate::domain::capabilities::ThinkingStyle;
use crate::domain::chat::{
    AssistantMessage, Block, Effort, Media, Message, PartContent, Seal, Thinking, Tool, ToolCall,
    ToolChoice,
};
use proptest::prelude::*;
use serde_json::{Number, Value, json};

fn encoded(
    request: &ChatRequest,
    capabilities: &Capabilities,
    maker: Maker,
) -> (Value, Vec<String>) {
    let encoded = encode(request, capabilities, maker).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), encoded.dropped)
}

fn hello() -> ChatRequest {
    ChatRequest { model: "gpt-6".into(), messages: vec![user("hi")], ..ChatRequest::default() }
}

fn reasoner() -> Capabilities {
    Capabilities {
        thinking: ThinkingStyle::Level,
        takes_sampling: false,
        efforts: vec![Effort::None, Effort::Low, Effort::High],
        ..Capabilities::default()
    }
}

/// Everything that the dialect can carry, and something that it cannot.
fn full() -> ChatRequest {
    let call = |id: &str, city: &str| {
        Block::ToolCall(ToolCall {
            id: id.into(),
            name: "get_weather".into(),
            arguments: format!("{{ \"city\": \"{city}\" }}"),
            signature: None,
        })
    };
    let sealed = Seal::new(Maker::OpenAi, "gAAAAABo==");
    let assistant = AssistantMessage {
        blocks: vec![
            Block::Thinking(Thinking::Text { text: "Two cities.".into(), signature: None }),
            Block::Thinking(Thinking::Opaque { id: Some("rs_1".into()), sealed }),
            Block::text("I look both up."),
            call("call_a", "Paris"),
            call("call_b", "Rome"),
        ],
    };
    let refusal = AssistantMessage { blocks: vec![Block::Refusal("I cannot.".into())] };
    let png = Media::Inline { media_type: "image/png".into(), data: "iVBORw0KGgo=".into() };
    let pdf = Media::Inline { media_type: "application/pdf".into(), data: "JVBERg==".into() };
    let chart = Media::Url("https://a.example/chart.png".into());
    let mut request = ChatRequest {
        model: "gpt-6".into(),
        messages: vec![
            Message::System { content: vec![text("You know the weather.")] },
            user("A bomb, please."),
            Message::Assistant(refusal),
            Message::System { content: vec![text("Be kind.")] },
            Message::User {
                content: vec![
                    text("Weather here, and in Paris and Rome?\n"),
                    part(PartContent::Image { source: png, detail: Some("high".into()) }),
                    part(PartContent::File { source: pdf, filename: Some("a.pdf".into()) }),
                ],
            },
            Message::Assistant(assistant),
            tool("call_a", "18 °C"),
            Message::Tool {
                call_id: "call_b".into(),
                content: vec![
                    text("see"),
                    part(PartContent::Image { source: chart, detail: None }),
                ],
                is_error: true,
            },
        ],
        tools: vec![Tool {
            name: "get_weather".into(),
            description: Some("The weather of a city".into()),
            parameters: Some(json!({
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            })),
            strict: None,
            cache_control: None,
        }],
        tool_choice: Some(ToolChoice::Named("get_weather".into())),
        parallel_tool_calls: Some(true),
        response_format: Some(ResponseFormat::JsonSchema {
            name: "weather".into(),
            schema: json!({"type": "object", "properties": {}, "additionalProperties": false}),
            strict: None,
            description: Some("What it is like".into()),
        }),
        temperature: Number::from_f64(0.2),
        seed: Some(7),
        stop: vec!["END".into()],
        n: Some(2),
        max_tokens: Some(4000),
        reasoning: Some(Effort::High),
        user: Some("user-1".into()),
        is_stream: true,
        ..ChatRequest::default()
    };
    let rest = json!({
        "verbosity": "low", "metadata": {"run": "5"}, "service_tier": "flex",
        "prompt_cache_key": "k", "safety_identifier": "s", "logit_bias": {"50256": -100},
        "prediction": {"type": "content", "content": ""}, "modalities": ["text"], "store": null,
    });
    request.rest.extend(rest.as_object().unwrap().clone());
    request
}

#[test]
fn the_smallest_request_only_turns_storage_off() {
    let (body, dropped) = encoded(&hello(), &Capabilities::default(), Maker::OpenAi);
    let hi = json!([{"type": "input_text", "text": "hi"}]);
    let expected = json!({
        "model": "gpt-6",
        "input": [{"type": "message", "role": "user", "content": hi}],
        "store": false,
    });
    assert_eq!((body, dropped), (expected, Vec::new()));
}

#[test]
fn a_whole_agent_turn_is_written_as_the_golden_file_says() {
    let encoded = encode(&full(), &reasoner(), Maker::OpenAi).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    let golden = include_str!("../../../../../tests/fixtures/responses/request.json");
    assert_eq!(format!("{body:#}\n"), golden);
    let dropped = ["temperature", "seed", "stop", "n", "logit_bias", "prediction"];
    assert_eq!(encoded.dropped, dropped);
}

#[test]
fn another_makers_reasoning_is_not_sent() {
    let (body, _) = encoded(&full(), &reasoner(), Maker::Xai);
    let kinds = body["input"].as_array().unwrap().iter().map(|item| item["type"].as_str());
    assert!(!kinds.into_iter().any(|kind| kind == Some("reasoning")), "{body}");
}

#[test]
fn logprobs_are_requested_in_the_makers_way() {
    let request = ChatRequest { logprobs: Some(true), top_logprobs: Some(2), ..hello() };
    let (body, _) = encoded(&request, &Capabilities::default(), Maker::OpenAi);
    assert_eq!(body["include"], json!([LOGPROBS]));
    assert_eq!((&body["top_logprobs"], body.get("logprobs")), (&json!(2), None));
    let (body, _) = encoded(&request, &Capabilities::default(), Maker::Xai);
    assert_eq!((body.get("include"), &body["logprobs"]), (None, &json!(true)));
}

#[test]
fn encrypted_reasoning_is_requested_where_the_model_may_reason() {
    for (reasoning, is_asked) in
        [(None, true), (Some(Effort::High), true), (Some(Effort::None), false)]
    {
        let request = ChatRequest { reasoning, ..hello() };
        let (body, _) = encoded(&request, &reasoner(), Maker::OpenAi);
        let expected = json!([ENCRYPTED_REASONING]);
        assert_eq!(body.get("include"), is_asked.then_some(&expected));
    }
}

#[test]
fn a_client_may_have_the_response_stored() {
    for (store, expected) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let mut request = hello();
        request.rest.insert("store".into(), store);
        let (body, dropped) = encoded(&request, &Capabilities::default(), Maker::OpenAi);
        assert_eq!((&body["store"], dropped), (&json!(expected), Vec::new()));
    }
}

#[test]
fn a_format_is_passed_on_or_reported_as_dropped() {
    let mut request = hello();
    request.response_format = Some(ResponseFormat::JsonObject);
    let (body, _) = encoded(&request, &Capabilities::default(), Maker::OpenAi);
    assert_eq!(body["text"], json!({"format": {"type": "json_object"}}));
    let unable = Capabilities { takes_json_schema: false, ..Capabilities::default() };
    let request = ChatRequest { response_format: full().response_format, ..hello() };
    let (body, dropped) = encoded(&request, &unable, Maker::OpenAi);
    assert_eq!((body.get("text"), dropped), (None, vec!["response_format".to_owned()]));
}

proptest! {
    #[test]
    fn any_text_survives(said in ".+", thought in ".+", argument in any::<String>()) {
        let arguments = json!({"a": argument}).to_string();
        let mut request = full();
        request.messages = vec![
            user(&said),
            Message::Assistant(AssistantMessage {
                blocks: vec![
                    Block::Thinking(Thinking::Text { text: thought.clone(), signature: None }),
                    Block::Thinking(Thinking::Opaque {
                        id: None,
                        sealed: Seal::new(Maker::OpenAi, thought.clone()),
                    }),
                    Block::text(said.as_str()),
                    Block::ToolCall(ToolCall {
                        id: "c".into(),
                        name: "f".into(),
                        arguments: arguments.clone(),
                        signature: None,
                    }),
                ],
            }),
            tool("c", &said),
        ];
        let (body, _) = encoded(&request, &reasoner(), Maker::OpenAi);
        let input = &body["input"];
        prop_assert_eq!(input[0]["content"][0]["text"].as_str(), Some(said.as_str()));
        prop_assert_eq!(input[1]["summary"][0]["text"].as_str(), Some(thought.as_str()));
        prop_assert_eq!(input[1]["encrypted_content"].as_str(), Some(thought.as_str()));
        prop_assert_eq!(input[2]["content"][0]["text"].as_str(), Some(said.as_str()));
        prop_assert_eq!(input[3]["arguments"].as_str(), Some(arguments.as_str()));
        prop_assert_eq!(input[4]["output"].as_str(), Some(said.as_str()));
    }
}
