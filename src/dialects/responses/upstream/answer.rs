//! Decodes a whole answer.

use super::finish::Response;
use super::item::{self, Content, Item, Reasoning};
use super::logprobs;
use super::reasoning::GAP;
use super::search;
use super::usage::WireUsage;
use crate::dialects::errors::NoAnswer;
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, Choice, Maker, Part, PartContent, Seal, Thinking, ToolCall,
};

/// `maker`: the maker of the model, who sealed its encrypted reasoning.
///
/// # Errors
/// When the body is no response, or a failed or unfinished one.
pub fn decode(body: &[u8], maker: Maker) -> Result<ChatAnswer, NoAnswer> {
    let response: Response<'_> =
        serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    if let Some(error) = response.failure() {
        return Err(NoAnswer::Error(error));
    }
    if let Some(status @ ("queued" | "in_progress")) = response.status.as_deref() {
        let what = format!("answered a response that is `{status}`: it runs in the background");
        return Err(NoAnswer::Malformed(what));
    }
    let Some(output) = &response.output else {
        return Err(NoAnswer::without(body, "output"));
    };
    if output.is_empty() && response.status.as_deref() == Some("completed") {
        return Err(NoAnswer::empty(body, "output"));
    }
    let (message, logprobs) = (AssistantMessage::default(), Vec::new());
    let mut said = MessageBuilder { maker, message, said: 0, logprobs };
    for raw in output {
        said.add(Item::read(raw).map_err(|error| malformed(body, &error))?);
    }
    let MessageBuilder { message, logprobs, .. } = said;
    let finish_reason = Some(response.reason(message.has_tool_calls()));
    let logprobs = logprobs::to_chat(logprobs);
    Ok(ChatAnswer {
        created: response.created(),
        id: response.id.unwrap_or_default(),
        model: response.model.unwrap_or_default(),
        choices: vec![Choice { message, finish_reason, logprobs }],
        usage: response.usage.map(WireUsage::into_usage),
    })
}

/// Collects all items into the one message of chat.
struct MessageBuilder {
    maker: Maker,
    message: AssistantMessage,
    /// Characters of text.
    said: usize,
    logprobs: Vec<serde_json::Value>,
}

impl MessageBuilder {
    fn add(&mut self, item: Item) {
        match item {
            Item::Message(contents) => {
                contents.into_iter().for_each(|content| self.add_content(content))
            }
            Item::Call(call) => {
                let calls = self.message.tool_calls().count();
                let index = u64::try_from(calls).unwrap_or(u64::MAX);
                let (id, name) = (item::call_id(call.id, index), call.name);
                let is_bare = call.arguments.trim().is_empty();
                let arguments = if is_bare { String::from("{}") } else { call.arguments };
                let call = ToolCall { id, name, arguments, signature: None };
                self.message.blocks.push(Block::ToolCall(call));
            }
            Item::Reasoning(reasoning) => self.add_reasoning(reasoning),
            Item::Image(source) => {
                let image = Part::from(PartContent::Image { source, detail: None });
                self.message.blocks.push(Block::Part(image));
            }
            Item::Search(search) => self.message.blocks.push(Block::Search(search)),
            Item::Other => {}
        }
    }

    fn add_content(&mut self, content: Content) {
        match content {
            Content::Text { text, logprobs, citations } => {
                let start = self.said;
                self.said += text.chars().count();
                self.message.blocks.extend((!text.is_empty()).then(|| Block::text(text)));
                let placed = citations.into_iter().map(|it| search::placed(it, start));
                self.message.blocks.extend(placed.map(Block::Citation));
                self.logprobs.extend(logprobs);
            }
            Content::Refusal(text) => self.message.blocks.push(Block::Refusal(text)),
            Content::Summary(_) | Content::Reasoning(_) | Content::Other => {}
        }
    }

    /// Chat shows all reasoning as one text, so the separator to the reasoning before is part of
    /// it.
    fn add_reasoning(&mut self, reasoning: Reasoning) {
        let parts = reasoning.summary.into_iter().chain(reasoning.content);
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            let is_text = |thought: &Thinking| matches!(thought, Thinking::Text { .. });
            let is_more = self.message.thinking().any(is_text);
            let gap = if is_more { GAP } else { "" };
            let text = format!("{gap}{}", parts.join(GAP));
            let thinking = Thinking::Text { text, signature: None };
            self.message.blocks.push(Block::Thinking(thinking));
        }
        if let Some(data) = reasoning.encrypted {
            let sealed = Seal::new(self.maker, data);
            let thinking = Thinking::Opaque { id: reasoning.id, sealed };
            self.message.blocks.push(Block::Thinking(thinking));
        }
    }
}

fn malformed(body: &[u8], error: &serde_json::Error) -> NoAnswer {
    NoAnswer::malformed(body, "response", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::errors::UpstreamError;

    macro_rules! golden {
        ($name:literal) => {{
            let json =
                include_str!(concat!("../../../../tests/fixtures/responses/", $name, ".json"));
            let expected =
                include_str!(concat!("../../../../tests/fixtures/responses/", $name, ".txt"));
            let answer = decode(json.as_bytes(), Maker::OpenAi).unwrap();
            assert_eq!(format!("{answer:#?}\n"), expected, $name);
            for cut in 0..json.trim_end().len() {
                let answer = decode(&json.as_bytes()[..cut], Maker::OpenAi);
                assert!(matches!(answer, Err(NoAnswer::Malformed(_))), "cut at {cut}");
            }
        }};
    }

    #[test]
    fn answers_are_read_as_the_golden_files_say() {
        golden!("answer_text");
        golden!("answer_tools");
        golden!("answer_refusal");
        golden!("answer_incomplete");
    }

    #[test]
    fn a_response_that_failed_is_an_error() {
        let json = include_str!("../../../../tests/fixtures/responses/answer_failed.json");
        let message = "The model failed to generate a response.".into();
        let error = UpstreamError { message, code: Some("server_error".into()) };
        assert_eq!(decode(json.as_bytes(), Maker::OpenAi), Err(NoAnswer::Error(error)));
    }

    #[test]
    fn the_seal_is_that_of_the_maker() {
        let body = br#"{"output":[{"type":"reasoning","summary":[],"encrypted_content":"E"}]}"#;
        let answer = decode(body, Maker::Xai).unwrap();
        let sealed = Seal::new(Maker::Xai, "E");
        let expected = [Block::Thinking(Thinking::Opaque { id: None, sealed })];
        assert_eq!(answer.choices[0].message.blocks, expected);
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        for (body, expected) in [
            ("", "answered with an empty body"),
            ("<html>", "answered HTML instead of JSON; is `base_url` right?"),
            (r#"{"output":[{"#, "answered JSON that breaks off in the middle"),
            (r#"{"object":"list"}"#, "answered JSON without `output`"),
            (r#"{"status":"completed","output":[]}"#, "answered JSON with empty `output`"),
            (
                r#"{"status":"queued","output":[]}"#,
                "answered a response that is `queued`: it runs in the background",
            ),
        ] {
            let found = decode(body.as_bytes(), Maker::OpenAi);
            assert_eq!(found, Err(NoAnswer::Malformed(expected.into())), "{body}");
        }
    }
}
