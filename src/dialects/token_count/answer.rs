//! The tokens of an answer, whole or streamed, in OpenAI's format, Anthropic's, Gemini's,
//! Ollama's or the router's own.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::candidate::Candidate;
use super::{Count, Message, beginning, in_proportion, list};
use crate::dialects::json::cut::closed;

/// The tokens of an answer; reasoning is a part of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerTokens {
    pub completion: u64,
    pub reasoning: u64,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    /// The same in OpenAI's format, in a stream in the router's own.
    #[serde(borrow)]
    raw: Option<&'a RawValue>,
    /// Of Anthropic's Messages: the blocks of a whole answer.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    /// The beginning of a block of a stream, or a piece of it.
    #[serde(borrow)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(default)]
    index: u64,
    /// Of Gemini's API.
    #[serde(borrow, default)]
    candidates: Vec<Candidate<'a>>,
    /// Of OpenAI's Responses: the items of a whole answer, or the type of an event and its item.
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(default)]
    output_index: u64,
    /// Of Ollama's API: a whole answer, or a line of one.
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
}

/// An item of OpenAI's Responses.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    summary: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

/// A block of Anthropic's Messages, or a piece of one.
#[derive(Deserialize)]
struct MessageBlock<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    partial_json: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: u64,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(default)]
    index: u64,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

/// What of a choice is one text, though it comes in pieces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stretch {
    Reasoning,
    Text,
    /// With its index.
    ToolCall(u64),
}

#[derive(Default)]
struct Texts {
    by_choice: BTreeMap<(u64, Stretch), String>,
    /// In tokens.
    images: u64,
    /// Whether any object was read.
    has_read: bool,
}

/// The tokens of the answer of which `body` is the beginning, or all, and which has so many bytes.
/// `None` where it cannot be read.
pub fn answer(body: &[u8], whole_bytes: usize, count: &Count<'_>) -> Option<AnswerTokens> {
    let read = beginning(body);
    let mut texts = Texts::default();
    texts.read_all(&String::from_utf8_lossy(read));
    if !texts.has_read {
        return None;
    }
    let bytes = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let scaled = |tokens| in_proportion(tokens, bytes(whole_bytes), bytes(read.len()));
    let mut tokens = AnswerTokens { completion: texts.images, reasoning: 0 };
    for ((_, stretch), text) in &texts.by_choice {
        let counted = count(text);
        tokens.completion += counted;
        if *stretch == Stretch::Reasoning {
            tokens.reasoning += counted;
        }
    }
    let AnswerTokens { completion, reasoning } = tokens;
    Some(AnswerTokens { completion: scaled(completion), reasoning: scaled(reasoning) })
}

impl Texts {
    fn read_all(&mut self, body: &str) {
        if self.read(body) {
            return;
        }
        // Pieces of a stream, one in a line.
        let mut last = "";
        for line in body.lines() {
            let json = line.strip_prefix("data:").unwrap_or(line).trim();
            // Gemini's list has an element in each line.
            let json =
                if body.starts_with('[') { json.trim_start_matches(['[', ',']) } else { json };
            if json.starts_with('{') {
                last = if self.read(json) { "" } else { json };
            }
        }
        let cut = if self.has_read { last } else { body.trim_start() };
        if cut.starts_with('{') {
            self.read(&closed(cut));
        }
    }

    /// Whether it is an answer or a piece of one.
    fn read(&mut self, json: &str) -> bool {
        let Ok(answer) = serde_json::from_str::<Answer<'_>>(json) else { return false };
        self.has_read = true;
        if let Some(kind) = answer.kind.filter(|kind| kind.get().starts_with("\"response.")) {
            let kind = kind.get();
            let stretch = match () {
                () if !kind.ends_with(".delta\"") => return true,
                () if kind.contains("reasoning") => Stretch::Reasoning,
                () if kind.contains("_call_") => Stretch::ToolCall(answer.output_index),
                () => Stretch::Text,
            };
            self.push(0, stretch, answer.delta);
            return true;
        }
        if let Some(output) = answer.output {
            for (index, item) in (0..).zip(list(output)) {
                self.add_item(index, item);
            }
            return true;
        }
        match answer.raw.filter(|_| answer.choices.is_empty()) {
            Some(raw) => {
                if let Ok(raw) = serde_json::from_str::<Answer<'_>>(raw.get()) {
                    self.add_all(raw.choices);
                }
            }
            None => {
                let blocks = answer.content.map(list).unwrap_or_default();
                for (index, block) in (0..).zip(blocks) {
                    self.add_block(index, block);
                }
                for block in [answer.content_block, answer.delta].into_iter().flatten() {
                    self.add_block(answer.index, block);
                }
                let message = answer.message.map(|json| serde_json::from_str(json.get()));
                if let Some(Ok(message)) = message {
                    self.add(0, message);
                }
                self.push(0, Stretch::Text, answer.response);
                self.push(0, Stretch::Reasoning, answer.thinking);
                self.add_all(answer.choices);
                answer.candidates.into_iter().for_each(|candidate| self.add_candidate(candidate));
            }
        }
        true
    }

    fn add_item(&mut self, index: u64, json: &RawValue) {
        let Ok(item) = serde_json::from_str::<Item<'_>>(json.get()) else { return };
        self.push(0, Stretch::Text, item.content);
        self.push(0, Stretch::Reasoning, item.summary);
        for json in [item.name, item.arguments, item.input] {
            self.push(0, Stretch::ToolCall(index), json);
        }
    }

    fn add_block(&mut self, index: u64, json: &RawValue) {
        let Ok(block) = serde_json::from_str::<MessageBlock<'_>>(json.get()) else { return };
        self.push(0, Stretch::Text, block.text);
        self.push(0, Stretch::Reasoning, block.thinking);
        for json in [block.name, block.partial_json] {
            self.push(0, Stretch::ToolCall(index), json);
        }
        // Of a stream it is empty, and comes in pieces.
        if let Some(input) = block.input.filter(|input| input.get() != "{}") {
            let call = (0, Stretch::ToolCall(index));
            self.by_choice.entry(call).or_default().push_str(input.get());
        }
    }

    fn add_candidate(&mut self, Candidate { index, content }: Candidate<'_>) {
        for part in content.into_iter().flat_map(|content| content.parts) {
            let stretch = if part.thought { Stretch::Reasoning } else { Stretch::Text };
            self.push(index, stretch, part.text);
            // Its name and its arguments.
            if let Some(call) = part.function_call {
                let calls = self.by_choice.entry((index, Stretch::ToolCall(0))).or_default();
                calls.push_str(call.get());
            }
        }
    }

    fn add_all(&mut self, choices: Vec<Choice<'_>>) {
        for choice in choices {
            let message = choice.message.or(choice.delta);
            if let Some(message) = message.and_then(|json| serde_json::from_str(json.get()).ok()) {
                self.add(choice.index, message);
            }
        }
    }

    fn add(&mut self, choice: u64, message: Message<'_>) {
        for (stretch, json) in [
            (Stretch::Reasoning, message.thinking()),
            (Stretch::Text, message.content),
            (Stretch::Text, message.refusal),
        ] {
            self.push(choice, stretch, json);
        }
        let calls = message.tool_calls.map(|json| serde_json::from_str(json.get()));
        let calls: Vec<ToolCall<'_>> = calls.and_then(Result::ok).unwrap_or_default();
        // In a whole answer they have no index.
        for (place, call) in (0u64..).zip(calls) {
            if let Some(function) = call.function {
                self.push_call(choice, call.index.max(place), &function);
            }
        }
        let function = message.function_call.map(|json| serde_json::from_str(json.get()));
        if let Some(Ok(function)) = function {
            self.push_call(choice, 0, &function);
        }
        self.images += message.tokens_of_images();
    }

    fn push_call(&mut self, choice: u64, index: u64, function: &Function<'_>) {
        for json in [function.name, function.arguments] {
            self.push(choice, Stretch::ToolCall(index), json);
        }
    }

    /// A string, the texts of parts, or an object as it is.
    fn push(&mut self, choice: u64, stretch: Stretch, json: Option<&RawValue>) {
        #[derive(Deserialize)]
        struct Part {
            text: Option<String>,
        }
        let Some(json) = json else { return };
        let text = if json.get().starts_with('[') {
            let parts: Vec<Part> = serde_json::from_str(json.get()).unwrap_or_default();
            parts.into_iter().filter_map(|part| part.text).collect()
        } else if stretch != Stretch::Text && json.get().starts_with('{') {
            json.get().to_owned()
        } else {
            serde_json::from_str::<String>(json.get()).unwrap_or_default()
        };
        if !text.is_empty() {
            self.by_choice.entry((choice, stretch)).or_default().push_str(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A token a text and one a character, so that it shows whether pieces are counted as one.
    fn count(text: &str) -> u64 {
        1 + text.chars().count() as u64
    }

    fn of(body: &str) -> Option<(u64, u64)> {
        let tokens = answer(body.as_bytes(), body.len(), &count);
        tokens.map(|tokens| (tokens.completion, tokens.reasoning))
    }

    fn event(delta: &serde_json::Value) -> String {
        format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta}]}))
    }

    #[test]
    fn the_texts_of_a_whole_answer_are_counted() {
        for (message, expected) in [
            (json!({"content": "12345"}), (6, 0)),
            (json!({"content": [{"type": "text", "text": "12345"}]}), (6, 0)),
            (json!({"content": null, "refusal": "no"}), (3, 0)),
            (json!({"content": "12", "reasoning_content": "123", "reasoning": "123"}), (7, 4)),
            (
                json!({"content": null, "tool_calls": [
                    {"id": "a", "function": {"name": "get", "arguments": "{}"}},
                    {"id": "b", "function": {"name": "get", "arguments": "{}"}},
                ]}),
                (12, 0),
            ),
            (json!({"content": null, "function_call": {"name": "f", "arguments": "1"}}), (3, 0)),
            (json!({"content": "", "images": [{"image_url": {"url": "data:AAAA"}}]}), (1_000, 0)),
            (json!({}), (0, 0)),
        ] {
            let choices = json!({"choices": [{"index": 0, "message": message}]});
            assert_eq!(of(&choices.to_string()), Some(expected), "{message}");
            let pretty = serde_json::to_string_pretty(&choices).unwrap();
            assert_eq!(of(&pretty), Some(expected), "{message}");
        }
        let two = json!({"choices": [
            {"index": 0, "message": {"content": "12"}}, {"index": 1, "message": {"content": "34"}},
        ]});
        assert_eq!(of(&two.to_string()), Some((6, 0)));
    }

    #[test]
    fn the_pieces_of_a_stream_are_one_text() {
        let pieces = [
            json!({"role": "assistant", "content": ""}),
            json!({"reasoning": "th"}),
            json!({"reasoning": "ink"}),
            json!({"content": "12"}),
            json!({"content": "345"}),
            json!({"tool_calls": [{"index": 0, "function": {"name": "get", "arguments": ""}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\":"}}]}),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
            json!({"tool_calls": [{"index": 1, "function": {"name": "get", "arguments": "{}"}}]}),
        ];
        let stream: String = pieces.iter().map(event).collect();
        let expected = (6 + 6 + 11 + 6, 6);
        assert_eq!(of(&format!(": keepalive\n\n{stream}data: [DONE]\n\n")), Some(expected));
        // Cut within an event: its text counts as far as it came.
        let cut = stream.trim_end().trim_end_matches("\"}}]}}]}");
        assert_eq!(of(cut), Some(expected));
        let ours: String = pieces
            .iter()
            .map(|delta| {
                let raw = json!({"choices": [{"index": 0, "delta": delta}]});
                format!("{}\n", json!({"text": "?", "is_final": false, "delta": delta, "raw": raw}))
            })
            .collect();
        assert_eq!(of(&format!("{ours}{{\"text\":\"\",\"is_final\":true}}\n")), Some(expected));
    }

    #[test]
    fn messages_of_anthropics_api_are_counted_whole_and_streamed() {
        let whole = json!({"type": "message", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "long"},
            {"type": "text", "text": "1234"},
            {"type": "tool_use", "id": "a", "name": "get", "input": {"a": 1}},
        ]});
        let expected = Some((3 + 5 + 11, 3));
        assert_eq!(of(&whole.to_string()), expected);
        let event = |data: serde_json::Value| format!("event: x\ndata: {data}\n\n");
        let delta = |index: u64, delta: serde_json::Value| {
            event(json!({"type": "content_block_delta", "index": index, "delta": delta}))
        };
        let stream = [
            event(json!({"type": "message_start", "message": {"content": []}})),
            delta(0, json!({"type": "thinking_delta", "thinking": "hm"})),
            delta(1, json!({"type": "text_delta", "text": "12"})),
            delta(1, json!({"type": "text_delta", "text": "34"})),
            event(json!({"type": "content_block_start", "index": 2, "content_block":
                {"type": "tool_use", "id": "a", "name": "get", "input": {}}})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "{\"a\":1}"})),
            event(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}})),
        ];
        assert_eq!(of(&stream.concat()), expected);
    }

    #[test]
    fn a_whole_is_like_its_beginning() {
        let stream = event(&json!({"content": "1234"})).repeat(1_000);
        let half = &stream.as_bytes()[..stream.len() / 2];
        let tokens = answer(half, stream.len(), &count).unwrap();
        assert!(tokens.completion.abs_diff(4_001) < 20, "{tokens:?}");
        let whole = json!({"choices": [{"message": {"content": "a".repeat(10_000)}}]}).to_string();
        let tokens = answer(&whole.as_bytes()[..5_000], whole.len(), &count).unwrap();
        assert!(tokens.completion.abs_diff(10_000) < 100, "{tokens:?}");
    }

    #[test]
    fn what_is_no_answer_is_not_counted() {
        for body in ["", "no json", "data: [DONE]\n\n", "[]", ": keepalive\n\n"] {
            assert_eq!(of(body), None, "{body}");
        }
        for body in [r#"{"choices": [{"index": 0, "delta": 5}]}"#, r#"{"error": {}}"#, "{"] {
            assert_eq!(of(body), Some((0, 0)), "{body}");
        }
    }
}
