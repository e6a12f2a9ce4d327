//! What Anthropic cannot carry.
//!
//! - Text of nothing but whitespace goes. Messages of one role in a row are one turn; a refusal is
//!   text.
//! - System messages are one at the beginning; where the model takes late ones they stand right
//!   after the user's turn. Of a result's cache markers the last is kept.
//! - Thinking that another maker sealed, or nobody, goes unsaid: it would be refused.
//! - A schema's name, description and strictness have no place and need none. An answer's objects are
//!   closed, and those of a strict tool.
//! - `max_tokens` is always said. An effort is a budget, for which `max_tokens` may grow, or a word.

use llm_router::dialects::anthropic::upstream::encode::encode;
use llm_router::domain::capabilities::{Capabilities, ThinkingStyle};
use llm_router::domain::chat::{
    AssistantMessage, Block, ChatRequest, Effort, Maker, Media, Message, Part, PartContent,
    ResponseFormat, Seal, Thinking, ToolChoice,
};
use proptest::prelude::*;
use serde_json::json;

use super::chats::{chats, media};
use super::{Expected, capabilities, compare, content, placed_parts, plain, unanswered};
use crate::support::received::anthropic::read;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_chat_survives_anthropic(request in chats(
        &["claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-8", "claude-opus-5-5"],
        &[media::png, media::detailed_jpg, media::linked_image, media::pdf, media::pdf, media::wav],
    )) {
        // What becomes of a fifth is told by the test of `markers`.
        prop_assume!(markers(&request) <= 4);
        let encoded = encode(&request, &capabilities(&request.model));
        compare(encoded, read, expected(&request))?;
    }
}

fn markers(request: &ChatRequest) -> usize {
    let parts = request.messages.iter().flat_map(content);
    let in_parts = parts.filter(|part| part.cache_control.is_some()).count();
    in_parts + request.tools.iter().filter(|tool| tool.cache_control.is_some()).count()
}

fn expected(request: &ChatRequest) -> Expected {
    let capabilities = capabilities(&request.model);
    let mut dropped = Vec::new();
    let mut obstacles = unanswered(&request.messages);
    let turns = turns(&request.messages, &capabilities, &mut obstacles);
    for (place, message, part) in placed_parts(&request.messages) {
        match &part.content {
            PartContent::Text(_) | PartContent::File { .. } => {}
            PartContent::Image { detail, .. } => {
                dropped.extend(detail.as_ref().map(|_| "image_url.detail"));
            }
            PartContent::Audio { .. } | PartContent::Video { .. } => obstacles.push(place.clone()),
        }
        let is_blank = part.text().is_some_and(|text| text.trim().is_empty());
        let is_result = matches!(message, Message::Tool { .. });
        let is_lost = is_blank && !is_result && part.cache_control.is_some();
        dropped.extend(is_lost.then_some("cache_control"));
        if matches!(message, Message::User { .. }) && said(content(message)).is_empty() {
            obstacles.push(place.split(".content").next().unwrap().to_owned());
        }
    }
    for message in &request.messages {
        let markers = content(message).into_iter().filter(|part| part.cache_control.is_some());
        let is_result = matches!(message, Message::Tool { .. });
        dropped.extend((is_result && markers.count() > 1).then_some("cache_control"));
    }
    let mut carried = ChatRequest { messages: turns.messages, ..request.clone() };
    for tool in &mut carried.tools {
        tool.strict = tool.strict.filter(|is_strict| *is_strict);
        let mut schema = tool.parameters.take().unwrap_or_else(|| json!({}));
        if schema == json!({}) {
            schema = json!({"type": "object", "properties": {}});
        }
        if tool.strict.is_some() {
            schema["additionalProperties"] = json!(false);
        }
        tool.parameters = Some(schema);
    }
    choice(&mut carried, &capabilities, &mut dropped);
    let is_on = think(&mut carried, &capabilities, turns.begins_with_thinking, &mut dropped);
    sample(&mut carried, !capabilities.takes_sampling || is_on, &mut dropped);
    carried.response_format = match carried.response_format {
        Some(ResponseFormat::JsonSchema { mut schema, .. }) => {
            schema["additionalProperties"] = json!(false);
            let name = String::new();
            Some(ResponseFormat::JsonSchema { name, schema, strict: None, description: None })
        }
        Some(ResponseFormat::JsonObject) => {
            dropped.push("response_format");
            None
        }
        Some(ResponseFormat::Text) | None => None,
    };
    for name in ["logit_bias", "store", "keep_alive", "num_ctx", "safety_settings"] {
        dropped.extend(carried.rest.shift_remove(name).map(|_| name));
    }
    if carried.rest.get("service_tier").is_some_and(|tier| tier != "auto") {
        carried.rest.shift_remove("service_tier");
        dropped.push("service_tier");
    }
    Expected { request: carried, dropped, obstacles }
}

struct SelectionSeeds {
    messages: Vec<Message>,
    /// The first answer after the user's last words.
    begins_with_thinking: bool,
}

fn turns(
    messages: &[Message],
    capabilities: &Capabilities,
    obstacles: &mut Vec<String>,
) -> SelectionSeeds {
    let (mut system, mut late, mut out) = (Vec::new(), Vec::new(), Vec::<Message>::new());
    let mut begins_with_thinking = None;
    for (at, message) in messages.iter().enumerate() {
        let mut content = said(content(message));
        match message {
            Message::System { .. } if out.is_empty() || !capabilities.takes_late_system => {
                system.extend(content);
            }
            Message::System { .. } => late.extend(content),
            Message::User { .. } => match out.last_mut() {
                Some(Message::User { content: before }) => before.extend(content),
                last => {
                    if !matches!(last, Some(Message::Tool { .. })) {
                        begins_with_thinking = None;
                    }
                    out.push(Message::User { content });
                }
            },
            Message::Tool { call_id, content: all, is_error } => {
                let marker = all.iter().rev().find_map(|part| part.cache_control.clone());
                content.iter_mut().for_each(|part| part.cache_control = None);
                if let Some(last) = content.last_mut() {
                    last.cache_control = marker;
                }
                out.push(Message::Tool { call_id: call_id.clone(), content, is_error: *is_error });
            }
            Message::Assistant(message) => {
                let blocks = answer(message);
                if blocks.is_empty() {
                    continue;
                }
                if out.is_empty() {
                    obstacles.push(format!("messages[{at}]"));
                }
                let begins = matches!(blocks.first(), Some(Block::Thinking(_)));
                begins_with_thinking.get_or_insert(begins);
                if !late.is_empty()
                    && matches!(out.last(), Some(Message::User { .. } | Message::Tool { .. }))
                {
                    out.push(Message::System { content: std::mem::take(&mut late) });
                }
                match out.last_mut() {
                    Some(Message::Assistant(before)) => before.blocks.extend(blocks),
                    _ => out.push(Message::Assistant(AssistantMessage { blocks })),
                }
            }
        }
    }
    if out.is_empty() {
        obstacles.push(String::from("messages"));
    }
    if let Some(Message::Assistant(last)) = out.last() {
        let ends_in_gap = matches!(last.blocks.last(), Some(Block::Part(part))
            if part.text().is_some_and(|text| text.ends_with(char::is_whitespace)));
        if !capabilities.takes_prefill || ends_in_gap {
            let is_answer = |message: &Message| matches!(message, Message::Assistant(_));
            let at = messages.iter().rposition(is_answer).unwrap();
            obstacles.push(format!("messages[{at}]"));
        }
        system.append(&mut late);
    } else if !late.is_empty() {
        out.push(Message::System { content: late });
    }
    if !system.is_empty() {
        out.insert(0, Message::System { content: system });
    }
    SelectionSeeds { messages: out, begins_with_thinking: begins_with_thinking.unwrap_or(true) }
}

fn said<'a>(content: impl IntoIterator<Item = &'a Part>) -> Vec<Part> {
    let is_said =
        |part: &&Part| !matches!(&part.content, PartContent::Text(text) if text.trim().is_empty());
    let mut said: Vec<Part> = content.into_iter().filter(is_said).cloned().collect();
    for part in &mut said {
        if let PartContent::Image { source, detail } = &mut part.content {
            *detail = None;
            if let Media::Inline { media_type, .. } = source {
                *media_type = media_type.replace("image/jpg", "image/jpeg");
            }
        }
    }
    said
}

/// In its order; thinking at the end would be refused.
fn answer(message: &AssistantMessage) -> Vec<Block> {
    let mut blocks: Vec<Block> = message.blocks.iter().filter_map(block).collect();
    while let Some(Block::Thinking(_)) = blocks.last() {
        blocks.pop();
    }
    blocks
}

fn block(block: &Block) -> Option<Block> {
    let is_own = |seal: &Seal| seal.maker == Maker::Anthropic;
    match block.clone() {
        Block::Part(part) => said([&part]).pop().map(Block::Part),
        Block::Refusal(text) => said([&plain(text)]).pop().map(Block::Part),
        Block::Thinking(Thinking::Text { text, signature }) => {
            let signature = Some(signature.filter(is_own)?);
            Some(Block::Thinking(Thinking::Text { text, signature }))
        }
        Block::Thinking(Thinking::Opaque { sealed, .. }) => {
            is_own(&sealed).then_some(Block::Thinking(Thinking::Opaque { id: None, sealed }))
        }
        Block::Search(_) | Block::Citation(_) => None,
        Block::ToolCall(mut call) => {
            call.signature = None;
            Some(Block::ToolCall(call))
        }
    }
}

fn choice(carried: &mut ChatRequest, capabilities: &Capabilities, dropped: &mut Vec<&'static str>) {
    let is_serial = carried.parallel_tool_calls == Some(false) && !carried.tools.is_empty();
    if is_serial {
        carried.tool_choice.get_or_insert(ToolChoice::Auto);
    }
    let is_forced =
        matches!(carried.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
    if is_forced && !capabilities.takes_forced_tools {
        dropped.push("tool_choice");
        carried.tool_choice = Some(ToolChoice::Auto);
    }
    let is_said = is_serial && carried.tool_choice != Some(ToolChoice::None);
    carried.parallel_tool_calls = is_said.then_some(false);
}

/// Says whether the model thinks.
fn think(
    carried: &mut ChatRequest,
    capabilities: &Capabilities,
    may_go_on: bool,
    dropped: &mut Vec<&'static str>,
) -> bool {
    let is_always = capabilities.always_thinks;
    let is_forced =
        matches!(carried.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
    let room = carried.max_tokens.or(capabilities.max_output_tokens).unwrap();
    carried.max_tokens = Some(room);
    let Some(wanted) = carried.reasoning else { return is_always };
    let is_budget = capabilities.thinking == ThinkingStyle::Budget;
    if wanted == Effort::None && !is_always {
        return false;
    }
    let is_hindered = (is_forced && !is_always) || (is_budget && !may_go_on);
    if wanted == Effort::None || is_hindered {
        dropped.push("reasoning_effort");
        carried.reasoning = (!is_always).then_some(Effort::None);
        return is_always;
    }
    let wanted = wanted.max(Effort::Low);
    if !is_budget {
        let is_taken = capabilities.efforts.contains(&wanted);
        dropped.extend((!is_taken).then_some("reasoning_effort"));
        carried.reasoning = Some(if is_taken { wanted } else { Effort::High });
        return true;
    }
    let budget = [1024, 2048, 4096, 8192, 16_384][wanted as usize - Effort::Low as usize];
    if room <= budget {
        carried.max_tokens = Some(room + budget);
    }
    carried.reasoning = Some(wanted);
    true
}

fn sample(carried: &mut ChatRequest, is_refused: bool, dropped: &mut Vec<&'static str>) {
    let is = |number: &Option<serde_json::Number>, value: f64| {
        number.as_ref().and_then(serde_json::Number::as_f64) == Some(value)
    };
    if is(&carried.top_p, 1.0) {
        carried.top_p = None;
    }
    let is_hot = carried.temperature.as_ref().is_some_and(|heat| heat.as_f64() > Some(1.0));
    if is_refused && is(&carried.temperature, 1.0) {
        carried.temperature = None;
    }
    if is_refused || is_hot {
        dropped.extend(carried.temperature.take().map(|_| "temperature"));
    }
    if is_refused || carried.temperature.is_some() {
        dropped.extend(carried.top_p.take().map(|_| "top_p"));
    }
    if is_refused {
        dropped.extend(carried.top_k.take().map(|_| "top_k"));
    }
    let count = carried.stop.len();
    carried.stop.retain(|stop| !stop.trim().is_empty());
    dropped.extend((carried.stop.len() < count).then_some("stop"));
    for (penalty, name) in [
        (&mut carried.presence_penalty, "presence_penalty"),
        (&mut carried.frequency_penalty, "frequency_penalty"),
    ] {
        let is_some = !is(penalty, 0.0);
        dropped.extend(penalty.take().filter(|_| is_some).map(|_| name));
    }
    dropped.extend(carried.seed.take().map(|_| "seed"));
    dropped.extend(carried.n.take().filter(|n| *n > 1).map(|_| "n"));
    dropped.extend(carried.logprobs.take().filter(|is_wanted| *is_wanted).map(|_| "logprobs"));
    dropped.extend(carried.top_logprobs.take().filter(|top| *top > 0).map(|_| "top_logprobs"));
}
