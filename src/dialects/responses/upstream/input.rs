//! Encodes the messages of a chat as the items of `input`, in the client's order.
//!
//! System messages keep their position instead of moving to `instructions`: those are one text for
//! the front only, and a message in its position keeps the order, the parts and the cached prefix.
//! The role is `system` for both of chat's: OpenAI treats it as `developer` where a model requires
//! that, and every server of this API supports it.

use super::calls;
use super::content::{self, Context, Speaker};
use super::wire::{Content, Item, Piece, Summary};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::InMessage;
use crate::dialects::tool_calls::ToolCalls;
use crate::domain::chat::{AssistantMessage, Block, Maker, Message, Part, Thinking};

/// Sent before the result of a failed tool, as a part of its own: the API has no flag for it, and
/// the model must know.
const FAILED: &str = "The tool call failed:";

/// `takes_reasoning`: whether the model may be sent its reasoning.
///
/// # Errors
/// When a message cannot be carried, or calls and results do not match.
pub(super) fn encode<'a>(
    messages: &'a [Message],
    context: &Context<'_>,
    takes_reasoning: bool,
    dropped: &mut Dropped,
) -> Result<Vec<Item<'a>>, Untranslatable> {
    let (items, calls) = (Vec::with_capacity(messages.len()), ToolCalls::new(calls::IDS));
    let mut input = Input { context, takes_reasoning, dropped, items, calls };
    for (index, message) in messages.iter().enumerate() {
        let place = InMessage::at(index);
        match message {
            Message::System { content } => {
                input.say("system", Speaker::System, content, place)?;
            }
            Message::User { content } => input.say("user", Speaker::User, content, place)?,
            Message::Assistant(message) => input.assistant(message, place)?,
            Message::Tool { call_id, content, is_error } => {
                input.result(call_id, content, *is_error, place)?;
            }
        }
    }
    input.calls.close().map_err(calls::refused)?;
    Ok(input.items)
}

struct Input<'a, 'c> {
    context: &'c Context<'c>,
    takes_reasoning: bool,
    dropped: &'c mut Dropped,
    items: Vec<Item<'a>>,
    calls: ToolCalls<'a>,
}

impl<'a> Input<'a, '_> {
    fn say(
        &mut self,
        role: &'static str,
        speaker: Speaker,
        content: &'a [Part],
        place: InMessage,
    ) -> Result<(), Untranslatable> {
        let pieces = self.pieces(content, speaker, place)?;
        // A list must not be empty.
        let content = if pieces.is_empty() { Content::Text("") } else { Content::Pieces(pieces) };
        self.items.push(Item::Message { role, content });
        Ok(())
    }

    /// Reasoning without a following item, because the answer was cut off, is omitted: the API
    /// refuses it "without its required following item".
    fn assistant(
        &mut self,
        message: &'a AssistantMessage,
        place: InMessage,
    ) -> Result<(), Untranslatable> {
        let begin = self.items.len();
        let mut reasoning = Reasoning::default();
        let (mut parts, mut called) = (0, 0);
        for block in &message.blocks {
            match block {
                Block::Part(part) => {
                    let place = place.content(parts);
                    parts += 1;
                    let (speaker, context) = (Speaker::Assistant, self.context);
                    match content::piece(part, speaker, place, context, self.dropped)? {
                        Piece::OutputText { text: "" } => continue,
                        piece => self.answer(piece, begin),
                    }
                }
                // A client's history holds them as text.
                Block::Search(_) | Block::Citation(_) => continue,
                Block::Refusal(refusal) if refusal.is_empty() => continue,
                Block::Refusal(refusal) => self.answer(Piece::Refusal { refusal }, begin),
                Block::ToolCall(call) => {
                    let place = place.call(called);
                    called += 1;
                    let call_id = self.calls.open(call, place).map_err(calls::refused)?;
                    let (name, arguments) = (call.name.as_str(), call.arguments.as_str());
                    self.items.push(Item::FunctionCall { call_id, name, arguments });
                }
                Block::Thinking(_) if !self.takes_reasoning => continue,
                Block::Thinking(thinking) => {
                    let item = reasoning.think(thinking, self.context.maker);
                    self.items.extend(item);
                    continue;
                }
            }
            reasoning.summary.clear();
        }
        while self.items.len() > begin
            && self.items.pop_if(|item| matches!(item, Item::Reasoning { .. })).is_some()
        {}
        Ok(())
    }

    /// Consecutive text is one message. `begin`: the number of items before the turn.
    fn answer(&mut self, piece: Piece<'a>, begin: usize) {
        let is_begun = self.items.len() > begin;
        match self.items.last_mut().filter(|_| is_begun) {
            Some(Item::Message { content: Content::Pieces(pieces), .. }) => pieces.push(piece),
            _ => {
                let content = Content::Pieces(vec![piece]);
                self.items.push(Item::Message { role: "assistant", content });
            }
        }
    }

    fn result(
        &mut self,
        call_id: &str,
        content: &'a [Part],
        is_error: bool,
        place: InMessage,
    ) -> Result<(), Untranslatable> {
        let call_id = self.calls.answer(call_id, place).map_err(calls::refused)?.id.clone();
        let mut pieces = self.pieces(content, Speaker::Tool, place)?;
        if is_error {
            pieces.insert(0, Piece::InputText { text: FAILED });
        }
        let output = match pieces.as_slice() {
            [] => Content::Text(""),
            [Piece::InputText { text }] => Content::Text(text),
            _ => Content::Pieces(pieces),
        };
        self.items.push(Item::FunctionCallOutput { call_id, output });
        Ok(())
    }

    fn pieces(
        &mut self,
        content: &'a [Part],
        speaker: Speaker,
        place: InMessage,
    ) -> Result<Vec<Piece<'a>>, Untranslatable> {
        content::pieces(content, speaker, place, self.context, self.dropped)
    }
}

/// The reasoning of a turn.
#[derive(Default)]
struct Reasoning<'a> {
    /// The text right before the next sealed block.
    summary: Vec<Summary<'a>>,
    is_begun: bool,
}

impl<'a> Reasoning<'a> {
    /// The maker's sealed reasoning, with the text before it as its summary. Text alone would be
    /// read as an unknown item, and the API cannot open another maker's seal.
    fn think(&mut self, thinking: &'a Thinking, maker: Maker) -> Option<Item<'a>> {
        match thinking {
            Thinking::Text { text, signature: None } => {
                // The separator that the reader of answers puts between items.
                let gapless = text.strip_prefix(super::reasoning::GAP).unwrap_or(text);
                let is_begun = std::mem::replace(&mut self.is_begun, true);
                let text = if is_begun { gapless } else { text };
                self.summary.extend((!text.is_empty()).then_some(Summary::SummaryText { text }));
                None
            }
            Thinking::Text { .. } => {
                self.summary.clear();
                None
            }
            Thinking::Opaque { id, sealed } => {
                let summary = std::mem::take(&mut self.summary);
                let encrypted_content = sealed.of(maker)?;
                let id = id.as_deref().filter(|id| !id.is_empty());
                Some(Item::Reasoning { id, summary, encrypted_content })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;
    use crate::dialects::responses::upstream::fixtures::{call, text, tool, user};
    use crate::domain::capabilities::Capabilities;
    use crate::domain::chat::Seal;
    use serde_json::{Value, json};

    fn encoded(messages: &[Message], takes_reasoning: bool) -> Result<Value, Untranslatable> {
        let capabilities = Capabilities::default();
        let context = Context { capabilities: &capabilities, maker: Maker::OpenAi };
        let items = encode(messages, &context, takes_reasoning, &mut Dropped::default())?;
        Ok(serde_json::to_value(&items).unwrap())
    }

    fn thought(text: &str) -> Thinking {
        Thinking::Text { text: text.into(), signature: None }
    }

    fn opaque(id: Option<&str>, maker: Maker, data: &str) -> Thinking {
        Thinking::Opaque { id: id.map(str::to_owned), sealed: Seal::new(maker, data) }
    }

    fn said(thinking: Vec<Thinking>, content: &str) -> Message {
        let mut blocks: Vec<Block> = thinking.into_iter().map(Block::Thinking).collect();
        blocks.push(Block::text(content));
        Message::Assistant(AssistantMessage { blocks })
    }

    #[test]
    fn only_the_makers_own_reasoning_goes_back_with_its_summary() {
        let signed =
            Thinking::Text { text: "c".into(), signature: Some(Seal::new(Maker::Anthropic, "s")) };
        let thinking = vec![
            thought("foreign"),
            opaque(Some("x"), Maker::Xai, "no"),
            signed,
            thought("\n\na"),
            opaque(Some("rs_1"), Maker::OpenAi, "E1"),
            thought("\n\n\n\nb"),
            opaque(None, Maker::OpenAi, "E2"),
            opaque(Some("rs_3"), Maker::OpenAi, "E3"),
            thought("at the end"),
        ];
        let message = json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]});
        let messages = [said(thinking, "hi")];
        assert_eq!(
            encoded(&messages, true).unwrap(),
            json!([
                {"type": "reasoning", "id": "rs_1", "encrypted_content": "E1",
                 "summary": [{"type": "summary_text", "text": "a"}]},
                {"type": "reasoning", "encrypted_content": "E2",
                 "summary": [{"type": "summary_text", "text": "\n\nb"}]},
                {"type": "reasoning", "id": "rs_3", "encrypted_content": "E3", "summary": []},
                message,
            ])
        );
        assert_eq!(encoded(&messages, false).unwrap(), json!([message]));
    }

    #[test]
    fn reasoning_without_a_following_item_is_omitted() {
        let thinking = vec![opaque(Some("rs_1"), Maker::OpenAi, "E1")];
        let items = encoded(&[user("a"), said(thinking, ""), user("b")], true).unwrap();
        assert_eq!(items.as_array().unwrap().len(), 2, "{items}");
    }

    #[test]
    fn results_are_a_text_or_parts_and_a_failure_is_marked() {
        let fails = |content| Message::Tool { call_id: "c".into(), content, is_error: true };
        let two = vec![text("a"), text("b")];
        for (result, expected) in [
            (tool("c", "18 °C"), json!("18 °C")),
            (Message::Tool { call_id: "c".into(), content: vec![], is_error: false }, json!("")),
            (
                Message::Tool { call_id: "c".into(), content: two, is_error: false },
                json!([{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]),
            ),
            (
                fails(vec![text("timeout")]),
                json!([{"type": "input_text", "text": FAILED},
                    {"type": "input_text", "text": "timeout"}]),
            ),
            (fails(vec![]), json!(FAILED)),
        ] {
            let items = encoded(&[user("a"), call(&[("c", "{ }")]), result], true).unwrap();
            let call =
                json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{ }"});
            assert_eq!(items[1], call);
            let result =
                json!({"type": "function_call_output", "call_id": "c", "output": expected});
            assert_eq!(items[2], result);
        }
    }

    #[test]
    fn a_call_without_result_is_refused() {
        let bad = encoded(&[user("a"), call(&[("c", "{}"), ("d", "{}")]), tool("c", "1")], true);
        assert_eq!(
            bad_request(bad.unwrap_err()).param.as_deref(),
            Some("messages[1].tool_calls[1]")
        );
    }

    #[test]
    fn empty_content_is_an_empty_text() {
        let items = encoded(&[Message::User { content: vec![] }], true).unwrap();
        assert_eq!(items, json!([{"type": "message", "role": "user", "content": ""}]));
    }
}
