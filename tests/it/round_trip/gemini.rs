//! What Gemini cannot carry.
//!
//! - Empty text goes, but for a user who says nothing else. Messages of one role in a row are one content; a refusal is text; all system
//!   messages are one at the beginning.
//! - Results stand in the order of their calls, each of one text: its parts without a gap. A text
//!   that is an object is sent as that object, so `{"error": …}` reads as an error.
//! - Of thinking only Google's signatures go back, without the text that they sign.
//! - Media is bytes of a type or an address; what kind of part it was is not said.
//! - A schema's name and strictness have no place and need none. An effort is a level or a budget.

use llm_router::dialects::gemini;
use llm_router::domain::capabilities::{Capabilities, ThinkingStyle};
use llm_router::domain::chat::{
    AssistantMessage, Block, ChatRequest, Effort, Maker, Media, Message, Part, PartContent,
    ResponseFormat, Seal, Thinking, ToolChoice,
};
use proptest::prelude::*;
use serde_json::Value;

use super::chats::{chats, media};
use super::{Expected, capabilities, compare, content, placed_parts, plain, unanswered};
use crate::support::received::gemini::read;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_chat_survives_gemini(request in chats(
        &["gemini-2.5-flash", "gemini-2.5-pro", "gemini-3.1-pro-preview"],
        &[media::png, media::detailed_jpg, media::linked_image, media::pdf, media::wav, media::video],
    )) {
        let expected = expected(&request);
        let encoded = gemini::upstream::encode::encode(&request, &capabilities(&request.model));
        let path = format!("/v1beta/models{}", gemini::upstream::path(&request.model, request.is_stream));
        compare(encoded, |body| read(&path, body), expected)?;
    }
}

fn expected(request: &ChatRequest) -> Expected {
    let capabilities = capabilities(&request.model);
    let mut dropped = Vec::new();
    let mut obstacles = unanswered(&request.messages);
    for (_, _, part) in placed_parts(&request.messages) {
        dropped.extend(part.cache_control.as_ref().map(|_| "cache_control"));
        match &part.content {
            PartContent::Image { detail: Some(_), .. } => dropped.push("detail"),
            PartContent::File { filename: Some(_), .. } => dropped.push("filename"),
            _ => {}
        }
    }
    let mut carried = ChatRequest { messages: contents(&request.messages), ..request.clone() };
    if !matches!(carried.messages.last(), Some(Message::User { .. } | Message::Tool { .. })) {
        obstacles.push(String::from("messages"));
    }
    obstacles.extend(call_before_any_user(&carried.messages, &request.messages));
    let is_marked = request.tools.iter().any(|tool| tool.cache_control.is_some());
    dropped.extend(is_marked.then_some("cache_control"));
    json_or_tools(&mut carried, &capabilities, &mut dropped);
    for tool in &mut carried.tools {
        dropped.extend(tool.cache_control.take().map(|_| "cache_control"));
        dropped.extend((tool.strict.take() == Some(true)).then_some("strict"));
    }
    carried.response_format = match carried.response_format {
        Some(ResponseFormat::JsonSchema { schema, description, .. }) => {
            dropped.extend(description.map(|_| "response_format.json_schema.description"));
            let name = String::new();
            Some(ResponseFormat::JsonSchema { name, schema, strict: None, description: None })
        }
        Some(ResponseFormat::JsonObject) => Some(ResponseFormat::JsonObject),
        Some(ResponseFormat::Text) | None => None,
    };
    carried.logprobs = carried.logprobs.filter(|is_wanted| *is_wanted);
    if carried.logprobs.is_none() {
        dropped.extend(carried.top_logprobs.take().map(|_| "top_logprobs"));
    }
    carried.top_logprobs = carried.top_logprobs.filter(|count| *count > 0);
    let is_small = |seed: &i64| i32::try_from(*seed).is_ok();
    dropped.extend(request.seed.filter(|seed| !is_small(seed)).map(|_| "seed"));
    carried.seed = carried.seed.filter(is_small);
    dropped.extend(carried.parallel_tool_calls.take().map(|_| "parallel_tool_calls"));
    dropped.extend(carried.user.take().map(|_| "user"));
    for name in ["logit_bias", "store", "service_tier", "keep_alive", "num_ctx"] {
        dropped.extend(carried.rest.shift_remove(name).map(|_| name));
    }
    let may_stop = capabilities.thinking == ThinkingStyle::Budget && !capabilities.always_thinks;
    let is_deaf = request.reasoning == Some(Effort::None) && !may_stop;
    dropped.extend(is_deaf.then_some("reasoning_effort"));
    carried.reasoning = request.reasoning.map(|wanted| effort(wanted, may_stop, &capabilities));
    Expected { request: carried, dropped, obstacles }
}

/// Before Gemini 3 one of them yields: the tools, if they must not be called.
fn json_or_tools(
    carried: &mut ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Vec<&'static str>,
) {
    let is_text = matches!(carried.response_format, None | Some(ResponseFormat::Text));
    if capabilities.takes_json_with_tools || carried.tools.is_empty() || is_text {
        return;
    }
    if carried.tool_choice == Some(ToolChoice::None) {
        carried.tool_choice = None;
        carried.tools.clear();
    } else {
        carried.response_format = None;
        dropped.push("response_format");
    }
}

/// Gemini takes calls only after words of the user.
fn call_before_any_user(carried: &[Message], sent: &[Message]) -> Option<String> {
    let calls = |message: &Message| matches!(message, Message::Assistant(message) if message.has_tool_calls());
    let first = carried.iter().find(|message| !matches!(message, Message::System { .. }))?;
    let at = sent.iter().position(calls)?;
    calls(first).then(|| format!("messages[{at}]"))
}

fn effort(wanted: Effort, may_stop: bool, capabilities: &Capabilities) -> Effort {
    match wanted {
        Effort::None if may_stop => Effort::None,
        Effort::None | Effort::Minimal | Effort::Low => Effort::Low,
        Effort::Medium => Effort::Medium,
        Effort::Xhigh | Effort::Max
            if capabilities.thinking == ThinkingStyle::Budget
                && capabilities.efforts.is_empty() =>
        {
            Effort::Max
        }
        Effort::High | Effort::Xhigh | Effort::Max => Effort::High,
    }
}

fn contents(messages: &[Message]) -> Vec<Message> {
    let mut system = Vec::new();
    let mut out: Vec<Message> = Vec::new();
    for message in messages {
        let content = said(content(message));
        match (message, out.last_mut()) {
            (Message::System { .. }, _) => system.extend(content),
            (Message::User { .. }, Some(Message::User { .. } | Message::Tool { .. }))
                if content.is_empty() => {}
            (Message::User { .. }, _) if content.is_empty() => {
                out.push(Message::User { content: vec![plain("")] });
            }
            (Message::User { .. }, Some(Message::User { content: before })) => {
                before.retain(|part| part.text() != Some(""));
                before.extend(content);
            }
            (Message::User { .. }, _) => out.push(Message::User { content }),
            (Message::Tool { call_id, content, is_error }, _) => {
                out.push(result(call_id, content, *is_error));
            }
            (Message::Assistant(message), last) => match (answer(message), last) {
                (said, _) if said == AssistantMessage::default() => {}
                (said, Some(Message::Assistant(before))) => before.blocks.extend(said.blocks),
                (said, _) => out.push(Message::Assistant(said)),
            },
        }
    }
    in_order_of_calls(&mut out);
    if !system.is_empty() {
        out.insert(0, Message::System { content: system });
    }
    out
}

fn in_order_of_calls(messages: &mut [Message]) {
    for at in 0..messages.len() {
        let Message::Assistant(message) = &messages[at] else { continue };
        let ids: Vec<String> = message.tool_calls().map(|call| call.id.clone()).collect();
        let end = (at + 1 + ids.len()).min(messages.len());
        messages[at + 1..end].sort_by_key(|result| match result {
            Message::Tool { call_id, .. } => ids.iter().position(|id| id == call_id),
            _ => None,
        });
    }
}

fn result(call_id: &str, content: &[Part], is_error: bool) -> Message {
    let texts = content.iter().filter_map(text_of).filter(|text| !text.is_empty());
    let text = texts.collect::<Vec<_>>().join("\n");
    let object: Option<Value> = serde_json::from_str(&text).ok().filter(Value::is_object);
    let text = object.map_or(text, |object| object.to_string());
    let content = Some(text).filter(|text| !text.is_empty()).map(plain).into_iter().collect();
    Message::Tool { call_id: call_id.to_owned(), content, is_error }
}

fn text_of(part: &Part) -> Option<&str> {
    match &part.content {
        PartContent::Text(text) => Some(text),
        _ => None,
    }
}

fn answer(message: &AssistantMessage) -> AssistantMessage {
    let block = |block: &Block| match block.clone() {
        Block::Part(part) => piece(&part).map(Block::Part),
        Block::Refusal(text) => Some(Block::text(text)),
        Block::Thinking(Thinking::Text {
            signature: Some(seal @ Seal { maker: Maker::Google, .. }),
            ..
        }) => {
            let thinking = Thinking::Text { text: String::new(), signature: Some(seal) };
            Some(Block::Thinking(thinking))
        }
        Block::Thinking(_) | Block::Search(_) | Block::Citation(_) => None,
        call @ Block::ToolCall(_) => Some(call),
    };
    AssistantMessage { blocks: message.blocks.iter().filter_map(block).collect() }
}

fn said<'a>(content: impl IntoIterator<Item = &'a Part>) -> Vec<Part> {
    content.into_iter().filter_map(piece).collect()
}

fn piece(part: &Part) -> Option<Part> {
    let source = match &part.content {
        PartContent::Text(text) => return (!text.is_empty()).then(|| plain(text.as_str())),
        PartContent::Image { source, .. }
        | PartContent::Audio { source }
        | PartContent::Video { source }
        | PartContent::File { source, .. } => source.clone(),
    };
    let source = match source {
        Media::Inline { media_type, data } => {
            Media::Inline { media_type: media_type.replace("image/jpg", "image/jpeg"), data }
        }
        other => other,
    };
    Some(Part { content: PartContent::File { source, filename: None }, cache_control: None })
}
