//! What the Responses API cannot carry.
//!
//! - Empty texts say nothing. Items of the assistant in a row are one answer, and one that says
//!   nothing is none.
//! - Results may stand anywhere after their calls. That a tool failed is said in words.
//! - Only what the model's own maker sealed goes back, with the text before it as its summary.
//! - Tools and schemas always say whether they are strict, tools also what they take.
//! - An effort is the nearest that the model takes, and sampling goes with some efforts only.

use llm_router::dialects::responses::upstream::encode::encode;
use llm_router::domain::capabilities::{Capabilities, ThinkingStyle};
use llm_router::domain::chat::{
    AssistantMessage, Block, ChatRequest, Effort, Maker, Message, Part, PartContent,
    ResponseFormat, Thinking,
};
use proptest::prelude::*;
use serde_json::{Number, json};

use super::chats::{chats, media};
use super::{Expected, capabilities, compare, content, placed_parts};
use crate::support::received::responses::read;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_chat_survives_the_responses_api(request in chats(
        &["gpt-5.6-sol", "gpt-5-mini", "gpt-4.1", "grok-4.7"],
        &[media::png, media::detailed_jpg, media::linked_image, media::png, media::pdf, media::wav],
    )) {
        let maker = if request.model.starts_with("grok") { Maker::Xai } else { Maker::OpenAi };
        let encoded = encode(&request, &capabilities(&request.model), maker);
        compare(encoded, read, expected(&request, maker))?;
    }
}

fn expected(request: &ChatRequest, maker: Maker) -> Expected {
    let capabilities = capabilities(&request.model);
    let mut dropped = Vec::new();
    let mut obstacles = unmatched(&request.messages);
    for (place, _, part) in placed_parts(&request.messages) {
        dropped.extend(part.cache_control.as_ref().map(|_| "cache_control"));
        let is_taken = match &part.content {
            PartContent::Text(_) => true,
            PartContent::Image { .. } => capabilities.takes_images,
            PartContent::File { .. } => capabilities.takes_files,
            PartContent::Audio { .. } => capabilities.takes_audio && maker == Maker::OpenAi,
            PartContent::Video { .. } => false,
        };
        obstacles.extend((!is_taken).then_some(place));
    }
    let messages = messages(&request.messages, &capabilities, maker);
    let mut carried = ChatRequest { messages, ..request.clone() };
    for tool in &mut carried.tools {
        dropped.extend(tool.cache_control.take().map(|_| "cache_control"));
        tool.parameters.get_or_insert(json!({"type": "object", "properties": {}}));
        tool.strict = Some(tool.strict == Some(true));
    }
    carried.response_format = match carried.response_format {
        Some(ResponseFormat::JsonSchema { name, schema, strict, description }) => {
            let strict = Some(strict == Some(true));
            Some(ResponseFormat::JsonSchema { name, schema, strict, description })
        }
        Some(ResponseFormat::JsonObject) => Some(ResponseFormat::JsonObject),
        Some(ResponseFormat::Text) | None => None,
    };
    carried.reasoning = effort(request.reasoning, &capabilities, &mut dropped);
    let may_choose = capabilities.efforts.contains(&Effort::None);
    let takes_sampling = match carried.reasoning {
        Some(Effort::None) => true,
        Some(_) if may_choose && maker == Maker::OpenAi => false,
        _ => capabilities.takes_sampling,
    };
    sample(&mut carried, takes_sampling, &mut dropped);
    if maker == Maker::OpenAi && carried.max_tokens.is_some_and(|most| most < 16) {
        carried.max_tokens = Some(16);
        dropped.push("max_tokens");
    }
    for name in ["logit_bias", "keep_alive", "num_ctx", "safety_settings"] {
        dropped.extend(carried.rest.shift_remove(name).map(|_| name));
    }
    Expected { request: carried, dropped, obstacles }
}

fn effort(
    wanted: Option<Effort>,
    capabilities: &Capabilities,
    dropped: &mut Vec<&'static str>,
) -> Option<Effort> {
    let wanted = wanted?;
    let efforts = &capabilities.efforts;
    if capabilities.thinking == ThinkingStyle::None {
        dropped.extend((wanted != Effort::None).then_some("reasoning_effort"));
        return None;
    }
    let taken = match wanted {
        Effort::None => efforts.contains(&Effort::None).then_some(Effort::None),
        _ => {
            let some = || efforts.iter().copied().filter(|effort| *effort != Effort::None);
            some().filter(|effort| *effort <= wanted).max().or_else(|| some().min())
        }
    };
    dropped.extend((taken != Some(wanted)).then_some("reasoning_effort"));
    taken
}

fn sample(carried: &mut ChatRequest, is_taken: bool, dropped: &mut Vec<&'static str>) {
    let is = |number: &Number, value: f64| number.as_f64() == Some(value);
    carried.temperature.take_if(|value| is(value, 1.0));
    carried.top_p.take_if(|value| is(value, 1.0));
    carried.logprobs.take_if(|is_wanted| !*is_wanted);
    carried.top_logprobs.take_if(|top| *top == 0);
    if !is_taken {
        dropped.extend(carried.temperature.take().map(|_| "temperature"));
        dropped.extend(carried.top_p.take().map(|_| "top_p"));
        dropped.extend(carried.logprobs.take().map(|_| "logprobs"));
    }
    if carried.logprobs.is_none() {
        dropped.extend(carried.top_logprobs.take().map(|_| "top_logprobs"));
    }
    dropped.extend(carried.top_k.take().map(|_| "top_k"));
    dropped.extend(carried.seed.take().map(|_| "seed"));
    dropped.extend(carried.n.take().filter(|n| *n > 1).map(|_| "n"));
    dropped.extend((!carried.stop.is_empty()).then_some("stop"));
    carried.stop.clear();
    for (penalty, name) in [
        (&mut carried.presence_penalty, "presence_penalty"),
        (&mut carried.frequency_penalty, "frequency_penalty"),
    ] {
        dropped.extend(penalty.take().filter(|penalty| !is(penalty, 0.0)).map(|_| name));
    }
}

/// Places of calls without a result behind them, and of results without a call before them.
fn unmatched(messages: &[Message]) -> Vec<String> {
    let mut places = Vec::new();
    let mut open: Vec<(&str, String)> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        match message {
            Message::Assistant(message) => {
                for (index, call) in message.tool_calls().enumerate() {
                    let place = format!("messages[{at}].tool_calls[{index}]");
                    if open.iter().any(|(id, _)| *id == call.id) {
                        places.push(place.clone());
                    }
                    open.push((call.id.as_str(), place));
                }
            }
            Message::Tool { call_id, .. } => match open.iter().position(|(id, _)| id == call_id) {
                Some(found) => drop(open.remove(found)),
                None => places.push(format!("messages[{at}].tool_call_id")),
            },
            Message::System { .. } | Message::User { .. } => {}
        }
    }
    places.extend(open.into_iter().map(|(_, place)| place));
    places
}

fn messages(messages: &[Message], capabilities: &Capabilities, maker: Maker) -> Vec<Message> {
    let takes_reasoning =
        capabilities.thinking != ThinkingStyle::None || capabilities.always_thinks;
    let mut out: Vec<Message> = Vec::new();
    for message in messages {
        let content = said(content(message));
        let sent = match message {
            Message::System { .. } => Message::System { content },
            Message::User { .. } => Message::User { content },
            Message::Tool { call_id, is_error, .. } => {
                Message::Tool { call_id: call_id.clone(), content, is_error: *is_error }
            }
            Message::Assistant(message) => {
                let blocks = answer(message, takes_reasoning, maker);
                if let Some(Message::Assistant(before)) = out.last_mut() {
                    before.blocks.extend(blocks);
                    continue;
                }
                if blocks.is_empty() {
                    continue;
                }
                Message::Assistant(AssistantMessage { blocks })
            }
        };
        out.push(sent);
    }
    out
}

fn said<'a>(content: impl IntoIterator<Item = &'a Part>) -> Vec<Part> {
    let is_said =
        |part: &&Part| !matches!(&part.content, PartContent::Text(text) if text.is_empty());
    let plain = |part: &Part| Part { content: part.content.clone(), cache_control: None };
    content.into_iter().filter(is_said).map(plain).collect()
}

/// In its order. Of the thinking what is sealed, each with the unsealed text right before it, as
/// long as something follows.
fn answer(message: &AssistantMessage, takes_reasoning: bool, maker: Maker) -> Vec<Block> {
    let (mut kept, mut summary) = (Vec::new(), Vec::new());
    for block in &message.blocks {
        let mut block = block.clone();
        match &mut block {
            Block::Part(part) if part.text() == Some("") => continue,
            Block::Part(part) => part.cache_control = None,
            Block::Search(_) | Block::Citation(_) => continue,
            Block::Refusal(_) => {}
            Block::ToolCall(call) => call.signature = None,
            Block::Thinking(_) if !takes_reasoning => continue,
            Block::Thinking(Thinking::Text { signature: None, .. }) => {
                summary.push(block);
                continue;
            }
            Block::Thinking(Thinking::Opaque { sealed, .. }) if sealed.maker == maker => {
                kept.append(&mut summary);
            }
            Block::Thinking(_) => {
                summary.clear();
                continue;
            }
        }
        summary.clear();
        kept.push(block);
    }
    while let Some(Block::Thinking(_)) = kept.last() {
        kept.pop();
    }
    kept
}
