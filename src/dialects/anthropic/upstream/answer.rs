//! Decodes a whole answer into a chat answer.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::block::{self, Block};
use super::error;
use super::finish::Ending;
use super::search::Asked;
use super::usage::WireUsage;
use crate::dialects::errors::NoAnswer;
use crate::dialects::openai::upstream::error::shorten;
use crate::domain::chat::{
    self, AssistantMessage, ChatAnswer, Choice, Maker, Seal, Thinking, ToolCall,
};
use crate::domain::search::Citation;

#[derive(Deserialize)]
struct WireAnswer<'a> {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(borrow, default)]
    content: Option<Vec<&'a RawValue>>,
    #[serde(flatten)]
    ending: Ending,
    #[serde(default)]
    usage: Option<WireUsage>,
}

/// Read before the answer: an error has another shape.
#[derive(Deserialize)]
struct Fault<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// # Errors
/// When the body is no message.
pub fn decode(body: &[u8]) -> Result<ChatAnswer, NoAnswer> {
    let fault: Fault<'_> = serde_json::from_slice(body).map_err(|fault| malformed(body, &fault))?;
    if fault.error.is_some() {
        return Err(NoAnswer::Error(error::in_body(body)));
    }
    let answer: WireAnswer<'_> =
        serde_json::from_slice(body).map_err(|fault| malformed(body, &fault))?;
    let Some(content) = answer.content else {
        return Err(NoAnswer::without(body, "content"));
    };
    let mut blocks = Vec::with_capacity(content.len());
    let mut reader = Reader::default();
    for raw in content {
        let block = Block::read(raw).map_err(|fault| malformed(body, &fault))?;
        reader.read(block, &mut blocks)?;
    }
    blocks.extend(reader.asked.rest().map(chat::Block::Search));
    let refusal = answer.ending.refusal().map(str::to_owned);
    blocks.extend(refusal.map(chat::Block::Refusal));
    let message = AssistantMessage { blocks };
    let finish_reason = answer.ending.reason(message.has_tool_calls());
    Ok(ChatAnswer {
        id: answer.id.unwrap_or_default(),
        created: None,
        model: answer.model.unwrap_or_default(),
        choices: vec![Choice { message, finish_reason, logprobs: None }],
        usage: answer.usage.map(WireUsage::into_usage),
    })
}

/// What came before a block.
#[derive(Default)]
struct Reader {
    calls: u64,
    /// Characters of text.
    said: usize,
    asked: Asked,
}

impl Reader {
    fn read(&mut self, block: Block<'_>, out: &mut Vec<chat::Block>) -> Result<(), NoAnswer> {
        match block {
            Block::Text { text, .. } if text.is_empty() => {}
            Block::Text { text, citations } => {
                let start = self.said;
                self.said += text.chars().count();
                let end = self.said;
                out.push(chat::Block::text(text));
                let placed = citations.into_iter().map(|it| Citation { start, end, ..it });
                out.extend(placed.map(chat::Block::Citation));
            }
            Block::Thinking { text, signature } => {
                let signature =
                    (!signature.is_empty()).then(|| Seal::new(Maker::Anthropic, signature));
                out.push(chat::Block::Thinking(Thinking::Text { text, signature }));
            }
            Block::Opaque { data } => {
                let sealed = Seal::new(Maker::Anthropic, data);
                out.push(chat::Block::Thinking(Thinking::Opaque { id: None, sealed }));
            }
            Block::ToolUse { id, name, input } => {
                let id = block::call_id(id, self.calls);
                self.calls += 1;
                let Some(arguments) = block::arguments(input) else {
                    let what = format!("answered a call of `{name}` whose `input` is no object");
                    return Err(NoAnswer::Malformed(shorten(&what)));
                };
                let call = ToolCall { id, name, arguments, signature: None };
                out.push(chat::Block::ToolCall(call));
            }
            Block::SearchUse { id, input } => self.asked.add(id, input.map_or("", RawValue::get)),
            Block::SearchResult { id, content } => {
                out.push(chat::Block::Search(self.asked.answered(&id, content)));
            }
            Block::Other => {}
        }
        Ok(())
    }
}

fn malformed(body: &[u8], error: &serde_json::Error) -> NoAnswer {
    NoAnswer::malformed(body, "message", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::anthropic::upstream::fixtures;
    use crate::dialects::errors::UpstreamError;
    use crate::domain::chat::{Block, FinishReason};
    use crate::domain::search::{Found, Search};
    use crate::domain::usage::Usage;

    fn only_choice(body: &str) -> Choice {
        let mut answer = decode(body.as_bytes()).unwrap();
        assert_eq!(answer.choices.len(), 1);
        answer.choices.remove(0)
    }

    #[test]
    fn text_with_cached_usage_is_read() {
        let body = include_str!("../../../../tests/fixtures/anthropic/answer_text.json");
        let answer = decode(body.as_bytes()).unwrap();
        let message = AssistantMessage { blocks: vec![Block::text("Hello, world.")] };
        let expected = ChatAnswer {
            id: "msg_013Zva2CMHLNnXjNJJKqJ2EF".into(),
            created: None,
            model: "claude-sonnet-4-6".into(),
            choices: vec![Choice {
                message,
                finish_reason: Some(FinishReason::Stop),
                logprobs: None,
            }],
            usage: Some(Usage {
                prompt: 2107,
                completion: 503,
                cached: 1800,
                cache_write: 212,
                reasoning: 0,
                total: 2610,
            }),
        };
        assert_eq!(answer, expected);
    }

    #[test]
    fn thinking_parallel_calls_and_unknown_blocks_are_read_in_order() {
        let choice =
            only_choice(include_str!("../../../../tests/fixtures/anthropic/answer_tools.json"));
        let call = |id: &str, name: &str, arguments: &str| {
            Block::ToolCall(ToolCall {
                id: id.into(),
                name: name.into(),
                arguments: arguments.into(),
                signature: None,
            })
        };
        let expected = [
            Block::text("First."),
            Block::Thinking(Thinking::Text {
                text: "Two cities.".into(),
                signature: Some(Seal::new(Maker::Anthropic, "EqQBCgIYAhIM")),
            }),
            Block::Thinking(Thinking::Opaque {
                id: None,
                sealed: Seal::new(Maker::Anthropic, "EmwKAhgBEgy3va3pzix"),
            }),
            Block::Thinking(Thinking::Text {
                text: String::new(),
                signature: Some(Seal::new(Maker::Anthropic, "ErUBCkYIARgC")),
            }),
            Block::Search(Search {
                id: "srvtoolu_01".into(),
                queries: vec!["x".into()],
                found: vec![Found {
                    url: "https://example.com".into(),
                    title: Some("t".into()),
                    age: None,
                }],
            }),
            Block::text("I look it up."),
            call("toolu_01A", "get_weather", r#"{"city": "Paris", "days": 1.50}"#),
            call("toolu_01B", "get_time", "{}"),
        ];
        assert_eq!(choice.message.blocks, expected);
        assert_eq!(choice.finish_reason, Some(FinishReason::ToolCalls));
    }

    #[test]
    fn a_refusal_is_an_answer_with_its_explanation() {
        let choice =
            only_choice(include_str!("../../../../tests/fixtures/anthropic/answer_refusal.json"));
        assert_eq!(choice.finish_reason, Some(FinishReason::ContentFilter));
        let refusal = Block::Refusal("This looks like a bioweapon.".into());
        assert_eq!(choice.message.blocks, [refusal]);
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        for (body, expected) in [
            ("", "answered with an empty body"),
            ("<html>", "answered HTML instead of JSON; is `base_url` right?"),
            (r#"{"content":[{"#, "answered JSON that breaks off in the middle"),
            (r#"{"type":"message"}"#, "answered JSON without `content`"),
            (
                r#"{"content":[{"type":"tool_use","name":"f","input":"{}"}]}"#,
                "answered a call of `f` whose `input` is no object",
            ),
        ] {
            let expected = Err(NoAnswer::Malformed(expected.into()));
            assert_eq!(decode(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn an_error_under_a_good_status_is_an_error() {
        let body =
            br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        let error =
            UpstreamError { message: "Overloaded".into(), code: Some("overloaded_error".into()) };
        assert_eq!(decode(body), Err(NoAnswer::Error(error)));
        assert!(decode(br#"{"error":null,"content":[]}"#).is_ok());
    }

    #[test]
    fn what_was_answered_can_be_sent_back() {
        let body = include_str!("../../../../tests/fixtures/anthropic/answer_tools.json");
        let said = only_choice(body).message;
        let messages = [
            fixtures::user("a"),
            crate::domain::chat::Message::Assistant(said),
            fixtures::tool("toolu_01A", "1"),
            fixtures::tool("toolu_01B", "2"),
        ];
        let request =
            crate::domain::chat::ChatRequest { messages: messages.into(), ..Default::default() };
        let encoded = super::super::encode::encode(&request, &Default::default()).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
        let received: serde_json::Value = serde_json::from_str(body).unwrap();
        let known = |blocks: &serde_json::Value| {
            let known = ["text", "thinking", "redacted_thinking", "tool_use"];
            let blocks = blocks.as_array().unwrap().iter();
            blocks
                .filter(|block| known.contains(&block["type"].as_str().unwrap()))
                .filter(|block| block["text"] != "")
                .map(|block| block.to_string())
                .collect::<Vec<String>>()
        };
        assert_eq!(known(&written["messages"][1]["content"]), known(&received["content"]));
    }
}
