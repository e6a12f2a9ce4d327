//! A whole answer as OpenAI gives it.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::wire::{WireCall, WireFunction, WireUsage, extra_content, image, thinking_block, write};
use crate::domain::chat::{
    AssistantMessage, ChatAnswer, Choice, FinishReason, Part, PartContent, Thinking, ToolCall,
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
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<&'a str>,
    /// The same text under both names that clients read.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thinking_blocks: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    /// Images that the model made, where OpenRouter and LiteLLM put them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Value>,
}

/// The body for the client; `now_unix` is its `created` where the upstream says none.
pub fn encode(answer: &ChatAnswer, now_unix: i64) -> Bytes {
    let thoughts: Vec<String> =
        answer.choices.iter().map(|choice| thought(&choice.message.thinking)).collect();
    let choices = answer.choices.iter().zip(&thoughts).enumerate();
    let wire = WireAnswer {
        id: &answer.id,
        object: "chat.completion",
        created: answer.created.unwrap_or(now_unix),
        model: &answer.model,
        choices: choices.map(|(index, (choice, thought))| wire(index, choice, thought)).collect(),
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
        refusal: message.refusal.as_deref(),
        reasoning_content: thought,
        reasoning: thought,
        thinking_blocks: thinking_blocks(&message.thinking),
        tool_calls: message.tool_calls.iter().map(call).collect(),
        images: message.content.iter().filter_map(picture).collect(),
    };
    let finish_reason = choice.finish_reason.map(FinishReason::as_str);
    WireChoice { index, message: wire, logprobs: choice.logprobs.as_ref(), finish_reason }
}

/// `None` where something else is said instead.
fn content(message: &AssistantMessage) -> Option<String> {
    let text = |part: &Part| match &part.content {
        PartContent::Text(text) => Some(text.clone()),
        PartContent::Image { .. }
        | PartContent::Audio { .. }
        | PartContent::Video { .. }
        | PartContent::File { .. } => None,
    };
    let text: String = message.content.iter().filter_map(text).collect();
    let is_said_otherwise = !message.tool_calls.is_empty() || message.refusal.is_some();
    (!text.is_empty() || !is_said_otherwise).then_some(text)
}

fn thought(thinking: &[Thinking]) -> String {
    let text = |thinking: &Thinking| match thinking {
        Thinking::Text { text, .. } => Some(text.clone()),
        Thinking::Opaque { .. } => None,
    };
    thinking.iter().filter_map(text).collect()
}

/// All of them where one must come back verbatim: what stands between is part of the order.
fn thinking_blocks(thinking: &[Thinking]) -> Vec<Value> {
    let is_plain = |thinking: &Thinking| matches!(thinking, Thinking::Text { signature: None, .. });
    if thinking.iter().all(is_plain) {
        return Vec::new();
    }
    thinking.iter().enumerate().map(|(index, thinking)| thinking_block(index, thinking)).collect()
}

fn call(call: &ToolCall) -> WireCall<'_> {
    WireCall {
        index: None,
        id: Some(&call.id),
        kind: Some("function"),
        function: WireFunction { name: Some(&call.name), arguments: &call.arguments },
        extra_content: extra_content(call.signature.as_deref()),
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
    use crate::dialects::openai::body::ChatBody;
    use crate::domain::chat::{Maker, Media, Message, Seal};
    use crate::domain::usage::Usage;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(text: &str) -> Part {
        Part { content: PartContent::Text(text.into()), cache_control: None }
    }

    fn full() -> ChatAnswer {
        let call = |id: &str, signature: Option<&str>| ToolCall {
            id: id.into(),
            name: "look".into(),
            arguments: "{ \"n\": 1.50 }".into(),
            signature: signature.map(str::to_owned),
        };
        let called = AssistantMessage {
            thinking: vec![
                Thinking::Text {
                    text: "hm".into(),
                    signature: Some(Seal::new(Maker::Anthropic, "c2ln")),
                },
                Thinking::Opaque {
                    id: Some("rs_1".into()),
                    sealed: Seal::new(Maker::OpenAi, "eA=="),
                },
                Thinking::Text { text: ", well".into(), signature: None },
            ],
            tool_calls: vec![call("a", Some("Z3M=")), call("b", None)],
            ..AssistantMessage::default()
        };
        let source = Media::Inline { media_type: "image/png".into(), data: "AAAA".into() };
        let image = PartContent::Image { source, detail: None };
        let said = AssistantMessage {
            content: vec![text("Fe"), text("les\n"), Part { content: image, cache_control: None }],
            thinking: vec![Thinking::Text { text: "plain".into(), signature: None }],
            ..AssistantMessage::default()
        };
        let refused =
            AssistantMessage { refusal: Some("No.".into()), ..AssistantMessage::default() };
        let choice =
            |message, reason| Choice { message, finish_reason: Some(reason), logprobs: None };
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
                choice(AssistantMessage::default(), FinishReason::Length),
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
        let body = encode(&full(), 1_790_000_000);
        let body: Value = serde_json::from_slice(&body).unwrap();
        let expected = include_str!("../../../tests/fixtures/hub/answer.json");
        assert_eq!(format!("{body:#}\n"), expected);
    }

    #[test]
    fn the_upstreams_time_goes_before_ours() {
        let answer = ChatAnswer { created: Some(5), ..ChatAnswer::default() };
        let body = encode(&answer, 9);
        assert_eq!(
            &body[..],
            br#"{"id":"","object":"chat.completion","created":5,"model":"","choices":[]}"#
        );
    }

    /// What a client sends back if it appends the message as it came.
    fn sent_back(message: &AssistantMessage) -> AssistantMessage {
        let choices = vec![Choice { message: message.clone(), ..Choice::default() }];
        let body = encode(&ChatAnswer { choices, ..ChatAnswer::default() }, 0);
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        let request = json!({"messages": [body["choices"][0]["message"].take()]});
        let request = ChatBody::parse(Bytes::from(request.to_string())).unwrap();
        let messages = super::super::request::decode(&request, "m").unwrap().messages;
        let [Message::Assistant(message)] = messages.as_slice() else { panic!("one message") };
        message.clone()
    }

    fn seal() -> impl Strategy<Value = Seal> {
        let makers = [Maker::Anthropic, Maker::Google, Maker::OpenAi, Maker::Xai, Maker::Unknown];
        (prop::sample::select(makers.to_vec()), ".+").prop_map(|(maker, data)| Seal { maker, data })
    }

    fn thinking() -> impl Strategy<Value = Thinking> {
        prop_oneof![
            (".+", prop::option::of(seal()))
                .prop_map(|(text, signature)| Thinking::Text { text, signature }),
            (prop::option::of(".+"), seal())
                .prop_map(|(id, sealed)| Thinking::Opaque { id, sealed }),
        ]
    }

    proptest! {
        #[test]
        fn a_message_that_is_sent_back_is_the_same(
            said in ".+",
            refusal in prop::option::of(any::<String>()),
            mut thinking in prop::collection::vec(thinking(), 0..4),
            arguments in prop::collection::vec((any::<String>(), prop::option::of(".+")), 0..4),
        ) {
            // Thinking without any signature is one text for a client.
            let is_plain = |one: &Thinking| matches!(one, Thinking::Text { signature: None, .. });
            if thinking.iter().all(is_plain) {
                thinking.truncate(1);
            }
            let call = |(index, (argument, signature))| ToolCall {
                id: format!("call_{index}"),
                name: "f".into(),
                arguments: json!({"a": argument}).to_string(),
                signature,
            };
            let tool_calls = arguments.into_iter().enumerate().map(call).collect();
            let message = AssistantMessage { content: vec![text(&said)], refusal, thinking, tool_calls };
            prop_assert_eq!(sent_back(&message), message);
        }
    }
}
