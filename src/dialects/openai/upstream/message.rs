//! Reads the content of an answer of the OpenAI family, for a client of another family: the message
//! of a whole answer, or the delta of a chunk, in the spellings of its servers.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::usage::{self, WireUsage};
use crate::domain::chat::{
    AssistantMessage, Block, ChatAnswer, Choice, FinishReason, GaveUp, Media, Part, PartContent,
    Thinking, ToolCall,
};
use crate::domain::search::{Citation, Found, Search};

#[derive(Deserialize)]
pub(super) struct WireAnswer {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub model: Option<String>,
    #[serde(default)]
    pub created: Option<i64>,
    #[serde(default)]
    pub choices: Option<Vec<WireChoice>>,
    #[serde(default, deserialize_with = "usage::any")]
    pub usage: Option<WireUsage>,
}

#[derive(Deserialize)]
pub(super) struct WireChoice {
    #[serde(default)]
    pub index: Option<u64>,
    #[serde(default)]
    pub message: Option<WireMessage>,
    #[serde(default)]
    pub delta: Option<WireMessage>,
    #[serde(default)]
    pub finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<Value>,
    #[serde(default, deserialize_with = "usage::any")]
    pub usage: Option<WireUsage>,
}

#[derive(Default, Deserialize)]
pub(super) struct WireMessage {
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    refusal: Option<Content>,
    #[serde(default)]
    reasoning_content: Option<Content>,
    #[serde(default)]
    reasoning: Option<Content>,
    #[serde(default)]
    pub tool_calls: Option<Vec<WireCall>>,
    #[serde(default)]
    images: Option<Vec<Value>>,
    #[serde(default)]
    annotations: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct WireCall {
    #[serde(default)]
    pub index: Option<u64>,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub function: Option<WireFunction>,
    #[serde(default)]
    extra_content: Option<Value>,
}

#[derive(Default, Deserialize)]
pub(super) struct WireFunction {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    arguments: Option<Value>,
}

/// A text, or the list of parts that some servers send.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Value>),
    Other(IgnoredAny),
}

/// A piece of a message, apart from its calls.
pub(super) enum Said {
    Thinking(String),
    Text(String),
    Refusal(String),
    Image(Media),
}

impl WireMessage {
    /// The pages on which the text rests.
    pub(super) fn citations(&mut self) -> Vec<Citation> {
        let annotations = self.annotations.take().unwrap_or_default();
        annotations.as_array().into_iter().flatten().filter_map(citation).collect()
    }

    /// Thinking, then text; only what is not empty.
    pub(super) fn said(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        let thinking = self.reasoning_content.take().and_then(Content::into_text);
        let thinking = thinking.or_else(|| self.reasoning.take().and_then(Content::into_text));
        said.extend(thinking.map(Said::Thinking));
        match self.content.take() {
            Some(Content::Text(text)) => said.push(Said::Text(text)),
            Some(Content::Parts(parts)) => said.extend(parts.iter().filter_map(part)),
            Some(Content::Other(_)) | None => {}
        }
        said.extend(self.refusal.take().and_then(Content::into_text).map(Said::Refusal));
        said.extend(self.images.take().into_iter().flatten().filter_map(|it| image(&it)));
        said.retain(|piece| match piece {
            Said::Thinking(text) | Said::Text(text) | Said::Refusal(text) => !text.is_empty(),
            Said::Image(_) => true,
        });
        said
    }
}

impl Content {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Self::Parts(parts) => Some(parts.iter().filter_map(text_in).collect()),
            Self::Other(_) => None,
        }
    }
}

/// Mistral's models think in a part of their own, whose text is a list again.
fn part(part: &Value) -> Option<Said> {
    match part.get("type").and_then(Value::as_str) {
        Some("thinking") => {
            let inner = part.get("thinking")?;
            let text = inner.as_array().map(|parts| parts.iter().filter_map(text_in).collect());
            text.or_else(|| inner.as_str().map(str::to_owned)).map(Said::Thinking)
        }
        Some("image_url") => image(part),
        _ => text_in(part).map(|text| Said::Text(text.to_owned())),
    }
}

fn text_in(part: &Value) -> Option<&str> {
    part.get("text").and_then(Value::as_str)
}

fn citation(annotation: &Value) -> Option<Citation> {
    let cited = annotation.get("url_citation")?;
    let text = |name: &str| cited.get(name).and_then(Value::as_str).map(str::to_owned);
    let count = |name: &str| {
        let count = cited.get(name).and_then(Value::as_u64).unwrap_or(0);
        usize::try_from(count).unwrap_or(usize::MAX)
    };
    let (start, end) = (count("start_index"), count("end_index"));
    // OpenRouter tells what the page says.
    let words = text("content");
    Some(Citation { url: text("url")?, title: text("title"), cited: words, start, end })
}

/// Of a search nothing is told but what the text cites.
pub(super) fn search_of<'c>(citations: impl Iterator<Item = &'c Citation>) -> Search {
    let mut search = Search::default();
    for Citation { url, title, .. } in citations {
        search.add(Found { url: url.clone(), title: title.clone(), age: None });
    }
    search
}

fn image(image: &Value) -> Option<Said> {
    let url = image.get("image_url")?.get("url")?.as_str()?;
    let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    Some(Said::Image(match inline {
        Some((media_type, data)) => {
            Media::Inline { media_type: media_type.to_owned(), data: data.to_owned() }
        }
        None => Media::Url(url.to_owned()),
    }))
}

impl WireCall {
    pub(super) fn signature(&self) -> Option<String> {
        let google = self.extra_content.as_ref()?.get("google")?;
        google.get("thought_signature")?.as_str().map(str::to_owned)
    }
}

impl WireFunction {
    /// A text, or the object that some servers send.
    pub(super) fn arguments(&self) -> String {
        match &self.arguments {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        }
    }
}

/// What a finish reason means, in the words of the family's servers.
pub(super) fn finish_reason(word: &str) -> FinishReason {
    match word {
        "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" | "sensitive" | "refusal" => FinishReason::ContentFilter,
        "stop" | "end_turn" | "eos" | "eos_token" | "stop_sequence" | "complete" => {
            FinishReason::Stop
        }
        other => FinishReason::GaveUp(GaveUp { reason: other.to_owned(), message: None }),
    }
}

/// An id for a call that came without one, by its place.
pub(super) fn call_id(id: Option<String>, index: u64) -> String {
    id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{index}"))
}

/// A whole answer that was found to be sound; `None` where a member has an unusual type.
pub fn decode(body: &[u8]) -> Option<ChatAnswer> {
    let answer: WireAnswer = serde_json::from_slice(body).ok()?;
    let choices = answer.choices.unwrap_or_default().into_iter().map(choice).collect();
    Some(ChatAnswer {
        id: answer.id.unwrap_or_default(),
        created: answer.created,
        model: answer.model.unwrap_or_default(),
        choices,
        usage: answer.usage.and_then(WireUsage::into_usage),
    })
}

impl WireChoice {
    /// Of its tokens; some servers send the member empty.
    pub(super) fn logprobs(&self) -> Option<Value> {
        let tokens = self.logprobs.as_ref()?.get("content")?.as_array()?;
        (!tokens.is_empty()).then(|| json!({"content": tokens}))
    }
}

fn choice(choice: WireChoice) -> Choice {
    let logprobs = choice.logprobs();
    let mut message = choice.message.or(choice.delta).unwrap_or_default();
    let mut blocks: Vec<Block> = message.said().into_iter().map(block).collect();
    let citations = message.citations();
    if !citations.is_empty() {
        let first = blocks.iter().position(|block| !matches!(block, Block::Thinking(_)));
        let search = Block::Search(search_of(citations.iter()));
        blocks.insert(first.unwrap_or(blocks.len()), search);
        blocks.extend(citations.into_iter().map(Block::Citation));
    }
    for (index, call) in (0..).zip(message.tool_calls.unwrap_or_default()) {
        let signature = call.signature();
        let Some(function) = call.function else { continue };
        let arguments = function.arguments();
        let arguments = if arguments.trim().is_empty() { String::from("{}") } else { arguments };
        let (id, name) = (call_id(call.id, index), function.name.unwrap_or_default());
        blocks.push(Block::ToolCall(ToolCall { id, name, arguments, signature }));
    }
    let finish_reason = choice.finish_reason.as_deref().map(finish_reason);
    Choice { message: AssistantMessage { blocks }, finish_reason, logprobs }
}

fn block(said: Said) -> Block {
    match said {
        Said::Thinking(text) => Block::Thinking(Thinking::Text { text, signature: None }),
        Said::Text(text) => Block::text(text),
        Said::Refusal(text) => Block::Refusal(text),
        Said::Image(source) => Block::Part(Part::from(PartContent::Image { source, detail: None })),
    }
}
