//! What Ollama cannot carry.
//!
//! - Texts of one message are one, a line break between them; a refusal is the last of them.
//! - Images stand beside the text, without their type; media that is not an inline image is refused.
//! - Thinking is text: several are one, and seals go. So do signatures of calls.
//! - A schema's name, description and strictness go, unsaid: the answer always follows it.
//! - A tool's parameters are always said; without a choice of tools there are none for `none`.

use llm_router::dialects::ollama::upstream::encode::encode;
use llm_router::domain::capabilities::ThinkingStyle;
use llm_router::domain::chat::{
    AssistantMessage, Block, ChatRequest, Effort, Media, Message, Part, PartContent,
    ResponseFormat, Thinking, ToolCall, ToolChoice,
};
use proptest::prelude::*;
use serde_json::json;

use super::chats::{chats, media};
use super::{Expected, capabilities, compare, content, placed_parts, plain};
use crate::support::received::ollama::read;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_chat_survives_ollama(request in chats(
        &["qwen3-vl:8b", "gpt-oss:20b"],
        &[media::png, media::png, media::png, media::detailed_jpg, media::linked_image],
    )) {
        let encoded = encode(&request, &capabilities(&request.model));
        compare(encoded, read, expected(&request))?;
    }
}

fn expected(request: &ChatRequest) -> Expected {
    let capabilities = capabilities(&request.model);
    let is_none = request.tool_choice == Some(ToolChoice::None);
    let mut dropped = Vec::new();
    let mut obstacles = Vec::new();
    let mut carried = ChatRequest { tool_choice: None, user: None, n: None, ..request.clone() };
    carried.parallel_tool_calls = None;
    carried.messages = request.messages.iter().map(message).collect();
    let mut called = Vec::new();
    for (at, message) in request.messages.iter().enumerate() {
        match message {
            Message::Assistant(message) => {
                called.extend(message.tool_calls().map(|call| &call.id));
            }
            Message::Tool { call_id, is_error, .. } => {
                if !called.contains(&call_id) {
                    obstacles.push(format!("messages[{at}].tool_call_id"));
                }
                dropped.extend(is_error.then_some("is_error"));
            }
            Message::System { .. } | Message::User { .. } => {}
        }
    }
    for (place, _, part) in placed_parts(&request.messages) {
        dropped.extend(part.cache_control.is_some().then_some("cache_control"));
        match &part.content {
            PartContent::Text(_) => {}
            PartContent::Image { .. } if !capabilities.takes_images => obstacles.push(place),
            PartContent::Image { source: Media::Inline { .. }, detail } => {
                dropped.extend(detail.as_ref().map(|_| "detail"));
            }
            _ => obstacles.push(place),
        }
    }
    let is_marked = request.tools.iter().any(|tool| tool.cache_control.is_some());
    dropped.extend(is_marked.then_some("cache_control"));
    if is_none {
        carried.tools.clear();
    } else {
        let is_forced =
            matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
        dropped.extend(is_forced.then_some("tool_choice"));
        let is_serial = request.parallel_tool_calls == Some(false);
        dropped.extend(is_serial.then_some("parallel_tool_calls"));
    }
    for tool in &mut carried.tools {
        dropped.extend(tool.cache_control.take().map(|_| "cache_control"));
        dropped.extend((tool.strict.take() == Some(true)).then_some("strict"));
        tool.parameters.get_or_insert(json!({"type": "object", "properties": {}}));
    }
    carried.response_format = match request.response_format.clone() {
        Some(ResponseFormat::JsonSchema { schema, .. }) => {
            let name = String::new();
            Some(ResponseFormat::JsonSchema { name, schema, strict: None, description: None })
        }
        Some(ResponseFormat::Text) | None => None,
        Some(ResponseFormat::JsonObject) => Some(ResponseFormat::JsonObject),
    };
    dropped.extend((request.n > Some(1)).then_some("n"));
    dropped.extend(request.user.as_ref().map(|_| "user"));
    for name in ["logit_bias", "store", "service_tier", "safety_settings"] {
        dropped.extend(carried.rest.shift_remove(name).map(|_| name));
    }
    carried.reasoning = request.reasoning.map(|effort| match (capabilities.thinking, effort) {
        (ThinkingStyle::Level, Effort::None | Effort::Minimal | Effort::Low) => Effort::Low,
        (ThinkingStyle::Level, Effort::High | Effort::Xhigh | Effort::Max) => Effort::High,
        (ThinkingStyle::Switch, Effort::None) => Effort::None,
        _ => Effort::Medium,
    });
    if request.reasoning == Some(Effort::None) && capabilities.always_thinks {
        dropped.push("reasoning_effort");
    }
    if capabilities.thinking == ThinkingStyle::None {
        carried.reasoning = None;
        let is_wanted = request.reasoning.is_some_and(|effort| effort != Effort::None);
        dropped.extend(is_wanted.then_some("reasoning_effort"));
    }
    Expected { request: carried, dropped, obstacles }
}

fn message(message: &Message) -> Message {
    let mut said = said(content(message));
    match message.clone() {
        Message::System { .. } => Message::System { content: said },
        Message::User { .. } => Message::User { content: said },
        Message::Tool { call_id, .. } => Message::Tool { call_id, content: said, is_error: false },
        Message::Assistant(message) => {
            let refusal = message.refusal().map(plain);
            said = self::said(message.parts().chain(&refusal));
            let texts = message.thinking().filter_map(|thinking| match thinking {
                Thinking::Text { text, .. } => Some(text.as_str()),
                Thinking::Opaque { .. } => None,
            });
            let text: String = texts.collect();
            let thinking = (!text.is_empty()).then_some(Thinking::Text { text, signature: None });
            let mut blocks: Vec<Block> = thinking.into_iter().map(Block::Thinking).collect();
            blocks.extend(said.into_iter().map(Block::Part));
            blocks.extend(
                message
                    .tool_calls()
                    .map(|call| Block::ToolCall(ToolCall { signature: None, ..call.clone() })),
            );
            Message::Assistant(AssistantMessage { blocks })
        }
    }
}

fn said<'a>(content: impl IntoIterator<Item = &'a Part>) -> Vec<Part> {
    let mut texts = Vec::new();
    let mut images = Vec::new();
    for part in content {
        match &part.content {
            PartContent::Text(text) if text.is_empty() => {}
            PartContent::Text(text) => texts.push(text.as_str()),
            PartContent::Image { source: Media::Inline { data, .. }, .. } => {
                let source = Media::Inline { media_type: String::new(), data: data.clone() };
                let content = PartContent::Image { source, detail: None };
                images.push(Part { content, cache_control: None });
            }
            _ => {}
        }
    }
    let text = (!texts.is_empty()).then(|| plain(texts.join("\n")));
    text.into_iter().chain(images).collect()
}
