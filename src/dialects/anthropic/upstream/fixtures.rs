//! Messages for the tests of this dialect.

use serde_json::{Number, json};

use crate::domain::chat::{
    AssistantMessage, Block, ChatRequest, Effort, Maker, Media, Message, Part, PartContent, Seal,
    Thinking, Tool, ToolCall,
};

/// JSON text without the whitespace between its tokens.
pub(super) fn compact(json: &str) -> String {
    let mut is_string = false;
    let mut is_escaped = false;
    let keep = |letter: &char| {
        let is_kept = is_string || !letter.is_ascii_whitespace();
        if *letter == '"' && !is_escaped {
            is_string = !is_string;
        }
        is_escaped = is_string && *letter == '\\' && !is_escaped;
        is_kept
    };
    json.chars().filter(keep).collect()
}

pub(super) fn text(text: &str) -> Part {
    Part { content: PartContent::Text(text.into()), cache_control: None }
}

pub(super) fn system(content: &str) -> Message {
    Message::System { content: vec![text(content)] }
}

pub(super) fn user(content: &str) -> Message {
    Message::User { content: vec![text(content)] }
}

pub(super) fn assistant(content: &str) -> Message {
    Message::Assistant(AssistantMessage { blocks: vec![Block::text(content)] })
}

/// Calls of a tool `f`, each with id and arguments.
pub(super) fn call(calls: &[(&str, &str)]) -> Message {
    let tool_call = |(id, arguments): &(&str, &str)| {
        Block::ToolCall(ToolCall {
            id: (*id).into(),
            name: "f".into(),
            arguments: (*arguments).into(),
            signature: None,
        })
    };
    Message::Assistant(AssistantMessage { blocks: calls.iter().map(tool_call).collect() })
}

pub(super) fn tool(call_id: &str, content: &str) -> Message {
    Message::Tool { call_id: call_id.into(), content: vec![text(content)], is_error: false }
}

/// Two parallel calls after signed thinking, their results, and all kinds of parameters.
pub(super) fn agent_turn() -> ChatRequest {
    let marker = Some(json!({"type": "ephemeral"}));
    let picture = PartContent::Image {
        source: Media::Inline { media_type: "image/png".into(), data: "iVBORw0KGgo=".into() },
        detail: None,
    };
    let mut blocks = vec![
        Block::Thinking(Thinking::Text {
            text: "Two cities.".into(),
            signature: Some(Seal::new(Maker::Anthropic, "EqQBCgIYAhIM1gbcDa9GJwZA2b3h")),
        }),
        Block::text("I look both up."),
    ];
    for (id, city) in [("toolu_01A", "Paris"), ("toolu_01B", "Rome")] {
        blocks.push(Block::ToolCall(ToolCall {
            id: id.into(),
            name: "get_weather".into(),
            arguments: json!({ "city": city }).to_string(),
            signature: None,
        }));
    }
    let mut request = ChatRequest {
        model: "claude-opus-4-8".into(),
        messages: vec![
            Message::System {
                content: vec![Part {
                    cache_control: marker.clone(),
                    ..text("You know the weather.")
                }],
            },
            Message::User {
                content: vec![
                    text("Weather here, and in Paris and Rome?"),
                    Part { content: picture, cache_control: None },
                ],
            },
            Message::Assistant(AssistantMessage { blocks }),
            tool("toolu_01A", "18 °C"),
            tool("toolu_01B", "24 °C"),
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
            cache_control: marker,
        }],
        parallel_tool_calls: Some(false),
        temperature: Number::from_f64(0.2),
        seed: Some(7),
        stop: vec!["END".into()],
        reasoning: Some(Effort::High),
        user: Some("user-1".into()),
        is_stream: true,
        ..ChatRequest::default()
    };
    request.rest.insert("logit_bias".into(), json!({"50256": -100}));
    request
}
