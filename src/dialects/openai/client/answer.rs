//! Encodes a whole answer as a chat completion.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::order::{After, places};
use super::speech;
use super::wire::{
    WireCall, WireEnd, WireFunction, WireUsage, annotation, extra_content, image, thinking_block,
    write,
};
use crate::dialects::functions;
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, Choice, FinishReason, Part, PartContent, Thinking,
    ToolCall,
};

#[derive(Serialize)]
struct WireAnswer<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: Vec<WireChoice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<WireUsage>,
}

#[derive(Serialize)]
struct WireChoice<'a> {
    index: usize,
    message: WireMessage<'a>,
    logprobs: Option<&'a Value>,
    finish_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    native_finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<WireEnd<'a>>,
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<String>,
    /// The same text under both names that clients read.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thinking_blocks: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    /// The first call, for a client that sent `functions`: the field holds only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<WireFunction<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<Value>,
    /// Generated images, in the field that OpenRouter and LiteLLM use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Value>,
    /// The pages on which the text rests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Value>,
}

/// The body for the client; `now_unix` becomes `created` where the upstream gives none.
pub fn encode(answer: &ChatAnswer, now_unix: i64, wants_function_call: bool) -> Bytes {
    let thoughts: Vec<String> =
        answer.choices.iter().map(|choice| thought(&choice.message)).collect();
    let choices = answer.choices.iter().zip(&thoughts).enumerate();
    let wire = WireAnswer {
        id: &answer.id,
        object: "chat.completion",
        created: answer.created.unwrap_or(now_unix),
        model: &answer.model,
        choices: choices
            .map(|(index, (choice, thought))| {
                let mut wire = wire(index, choice, thought);
                wire.message.audio = speech::whole(&choice.message, &answer.id, now_unix);
                let is_only_heard = wire.message.content.as_deref() == Some("");
                if wire.message.audio.is_some() && is_only_heard {
                    wire.message.content = None;
                }
                if wants_function_call { with_function_call(wire) } else { wire }
            })
            .collect(),
        usage: answer.usage.map(WireUsage::from),
    };
    let mut out = Vec::new();
    write(&wire, &mut out);
    Bytes::from(out)
}

fn wire<'a>(index: usize, choice: &'a Choice, thought: &'a str) -> WireChoice<'a> {
    let message = &choice.message;
    let thought = Some(thought).filter(|thought| !thought.is_empty());
    let wire = WireMessage {
        role: "assistant",
        content: content(message),
        refusal: message.refusal(),
        reasoning_content: thought,
        reasoning: thought,
        thinking_blocks: thinking_blocks(message),
        tool_calls: calls(message),
        function_call: None,
        audio: None,
        images: message.parts().filter_map(picture).collect(),
        annotations: message.citations().map(annotation).collect(),
    };
    let error = WireEnd::of(choice.finish_reason.as_ref());
    WireChoice {
        index,
        message: wire,
        logprobs: choice.logprobs.as_ref(),
        finish_reason: choice.finish_reason.as_ref().map(FinishReason::as_str),
        native_finish_reason: error.as_ref().map(|error| error.code),
        error,
    }
}

fn with_function_call(mut choice: WireChoice<'_>) -> WireChoice<'_> {
    let calls = std::mem::take(&mut choice.message.tool_calls);
    choice.message.function_call = calls.into_iter().next().map(|call| call.function);
    choice.finish_reason = choice.finish_reason.map(functions::finish_reason);
    choice
}

/// `None` where the message has other content instead.
fn content(message: &AssistantMessage) -> Option<String> {
    let text = message.text();
    let is_said_otherwise = message.has_tool_calls() || message.refusal().is_some();
    (!text.is_empty() || !is_said_otherwise).then_some(text)
}

fn thought(message: &AssistantMessage) -> String {
    let text = |thinking: &Thinking| match thinking {
        Thinking::Text { text, .. } => Some(text.clone()),
        Thinking::Opaque { .. } => None,
    };
    message.thinking().filter_map(text).collect()
}

/// All blocks where one must come back verbatim: those in between are part of the order.
fn thinking_blocks(message: &AssistantMessage) -> Vec<Value> {
    let is_plain = |thinking: &Thinking| matches!(thinking, Thinking::Text { signature: None, .. });
    if message.thinking().all(is_plain) {
        return Vec::new();
    }
    let thinking = places(message).filter_map(|(after, block)| match block {
        Block::Thinking(thinking) => Some((after, thinking)),
        _ => None,
    });
    let blocks = thinking.enumerate();
    blocks.map(|(index, (after, thinking))| thinking_block(index, thinking, after)).collect()
}

/// The last call before further text carries the length of the text before it.
fn calls(message: &AssistantMessage) -> Vec<WireCall<'_>> {
    let mut calls: Vec<WireCall<'_>> = Vec::new();
    for (place, block) in places(message) {
        let said = match block {
            Block::ToolCall(one) => {
                calls.push(call(one));
                continue;
            }
            Block::Part(part) => part.text().unwrap_or_default(),
            Block::Refusal(text) => text,
            _ => "",
        };
        if let Some(last) = calls.last_mut().filter(|_| !said.is_empty()) {
            last.after.get_or_insert(After { calls: 0, ..place });
        }
    }
    calls
}

fn call(call: &ToolCall) -> WireCall<'_> {
    WireCall {
        index: None,
        id: Some(&call.id),
        kind: Some("function"),
        function: WireFunction { name: Some(&call.name), arguments: &call.arguments },
        extra_content: extra_content(call.signature.as_deref()),
        after: None,
    }
}

fn picture(part: &Part) -> Option<Value> {
    match &part.content {
        PartContent::Image { source, .. } => image(source),
        PartContent::Text(_)
        | PartContent::Audio { .. }
        | PartContent::Video { .. }
        | PartContent::File { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::{Maker, Media, Seal};
    use crate::domain::usage::Usage;
    use serde_json::json;

    fn full() -> ChatAnswer {
        let call = |id: &str, signature: Option<&str>| {
            Block::ToolCall(ToolCall {
                id: id.into(),
                name: "look".into(),
                arguments: "{ \"n\": 1.50 }".into(),
                signature: signature.map(str::to_owned),
            })
        };
        let thought = |text: &str, signature| Thinking::Text { text: text.to_owned(), signature };
        let sealed = Seal::new(Maker::OpenAi, "eA==");
        let called = vec![
            Block::Thinking(thought("hm", Some(Seal::new(Maker::Anthropic, "c2ln")))),
            Block::Thinking(Thinking::Opaque { id: Some("rs_1".into()), sealed }),
            Block::Thinking(thought(", well", None)),
            call("a", Some("Z3M=")),
            call("b", None),
        ];
        let source = Media::Inline { media_type: "image/png".into(), data: "AAAA".into() };
        let image = Part::from(PartContent::Image { source, detail: None });
        let said = vec![
            Block::Thinking(thought("plain", None)),
            Block::text("Fe"),
            Block::text("les\n"),
            Block::Part(image),
        ];
        let refused = vec![Block::Refusal("No.".into())];
        let choice = |blocks, reason| Choice {
            message: AssistantMessage { blocks },
            finish_reason: Some(reason),
            logprobs: None,
        };
        ChatAnswer {
            id: "msg_1".into(),
            created: None,
            model: "claude".into(),
            choices: vec![
                choice(called, FinishReason::ToolCalls),
                Choice {
                    logprobs: Some(json!({"content": []})),
                    ..choice(said, FinishReason::Stop)
                },
                choice(refused, FinishReason::ContentFilter),
                choice(Vec::new(), FinishReason::Length),
            ],
            usage: Some(Usage {
                prompt: 90,
                completion: 12,
                cached: 64,
                cache_write: 8,
                reasoning: 5,
                total: 102,
            }),
        }
    }

    #[test]
    fn every_field_is_written() {
        let body = encode(&full(), 1_790_000_000, false);
        let body: Value = serde_json::from_slice(&body).unwrap();
        let expected = include_str!("../../../../tests/fixtures/hub/answer.json");
        assert_eq!(format!("{body:#}\n"), expected);
    }

    #[test]
    fn the_upstreams_time_goes_before_ours() {
        let answer = ChatAnswer { created: Some(5), ..ChatAnswer::default() };
        let body = encode(&answer, 9, false);
        assert_eq!(
            &body[..],
            br#"{"id":"","object":"chat.completion","created":5,"model":"","choices":[]}"#
        );
    }
}
