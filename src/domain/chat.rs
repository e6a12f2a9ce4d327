//! The canonical chat model between the dialects: a request, its answer, and the deltas of a
//! streamed answer.
//!
//! OpenAI's format carries all of it; another dialect carries what its API supports. Requests to
//! providers of the OpenAI family are never converted to these types: their bytes are edited.

use serde_json::{Map, Number, Value};

pub use super::finish::{FinishReason, GaveUp};
use super::search::{Citation, Search, WebSearch};
use super::usage::Usage;

/// A chat request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatRequest {
    /// The upstream's name of the model.
    pub model: String,
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub tool_choice: Option<ToolChoice>,
    pub parallel_tool_calls: Option<bool>,
    pub response_format: Option<ResponseFormat>,
    pub temperature: Option<Number>,
    pub top_p: Option<Number>,
    pub top_k: Option<u64>,
    pub presence_penalty: Option<Number>,
    pub frequency_penalty: Option<Number>,
    pub seed: Option<i64>,
    pub stop: Vec<String>,
    /// `max_completion_tokens`, else `max_tokens`.
    pub max_tokens: Option<u64>,
    pub n: Option<u64>,
    pub logprobs: Option<bool>,
    pub top_logprobs: Option<u64>,
    /// The client's reasoning effort, or the effort that corresponds to its thinking budget.
    pub reasoning: Option<Effort>,
    /// The limit on thinking tokens.
    pub thinking_budget: Option<u64>,
    /// `user`, or `metadata.user_id`.
    pub user: Option<String>,
    /// Where the provider's servers are to search the web.
    pub web_search: Option<WebSearch>,
    pub is_stream: bool,
    /// Top-level fields without a counterpart above, as they were sent.
    pub rest: Map<String, Value>,
    /// Fields of messages without a counterpart in [`Message`], each path once: `messages[].name`.
    pub passed_over: Vec<String>,
}

/// `reasoning_effort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

impl Effort {
    /// The effort that corresponds to a budget of tokens. Never above `High`, which all models
    /// accept.
    pub fn of_budget(tokens: u64) -> Self {
        match tokens {
            0 => Self::None,
            1..=2_048 => Self::Low,
            2_049..=8_192 => Self::Medium,
            _ => Self::High,
        }
    }

    /// As OpenAI writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// `system` and `developer`.
    System {
        content: Vec<Part>,
    },
    User {
        content: Vec<Part>,
    },
    Assistant(AssistantMessage),
    /// The result of a tool call.
    Tool {
        call_id: String,
        content: Vec<Part>,
        is_error: bool,
    },
}

/// A turn of the assistant: thinking, content and tool calls, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AssistantMessage {
    pub blocks: Vec<Block>,
}

/// A piece of an assistant's turn. Providers check the order: thinking must be sent back before
/// the tool call that followed it.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Text, or media that the model made.
    Part(Part),
    Refusal(String),
    Thinking(Thinking),
    ToolCall(ToolCall),
    /// One that the provider ran.
    Search(Search),
    /// Of the text before it.
    Citation(Citation),
}

impl AssistantMessage {
    /// Text and media.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Part(part) => Some(part),
            _ => None,
        })
    }

    /// All text, without the thinking.
    pub fn text(&self) -> String {
        self.parts().filter_map(Part::text).collect()
    }

    /// The text of all refusals.
    pub fn refusal(&self) -> Option<String> {
        self.blocks.iter().fold(None, |all: Option<String>, block| match block {
            Block::Refusal(text) => Some(all.unwrap_or_default() + text),
            _ => all,
        })
    }

    /// The thinking blocks in their order.
    pub fn thinking(&self) -> impl Iterator<Item = &Thinking> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Thinking(thinking) => Some(thinking),
            _ => None,
        })
    }

    pub fn searches(&self) -> impl Iterator<Item = &Search> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Search(search) => Some(search),
            _ => None,
        })
    }

    pub fn citations(&self) -> impl Iterator<Item = &Citation> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Citation(citation) => Some(citation),
            _ => None,
        })
    }

    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolCall(call) => Some(call),
            _ => None,
        })
    }

    pub fn tool_calls_mut(&mut self) -> impl Iterator<Item = &mut ToolCall> {
        self.blocks.iter_mut().filter_map(|block| match block {
            Block::ToolCall(call) => Some(call),
            _ => None,
        })
    }

    pub fn has_tool_calls(&self) -> bool {
        self.tool_calls().next().is_some()
    }
}

impl Block {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Part(Part::from(PartContent::Text(text.into())))
    }
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub content: PartContent,
    /// Anthropic's marker, passed on to upstreams that accept it.
    pub cache_control: Option<Value>,
}

impl From<PartContent> for Part {
    fn from(content: PartContent) -> Self {
        Self { content, cache_control: None }
    }
}

impl Part {
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            PartContent::Text(text) => Some(text),
            PartContent::Image { .. }
            | PartContent::Audio { .. }
            | PartContent::Video { .. }
            | PartContent::File { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum PartContent {
    Text(String),
    Image {
        source: Media,
        detail: Option<String>,
    },
    Audio {
        source: Media,
    },
    Video {
        source: Media,
    },
    /// A document, usually a PDF.
    File {
        source: Media,
        filename: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// http or https.
    Url(String),
    /// Validated Base64, and its media type such as `image/png`.
    Inline { media_type: String, data: String },
    /// The id of a file at the provider.
    FileId(String),
}

/// A model's thinking. The signature covers the block: it is sent back verbatim or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thinking {
    Text {
        text: String,
        signature: Option<Seal>,
    },
    /// Encrypted by the provider (`redacted_thinking`, `encrypted_content`).
    Opaque {
        /// The provider's id of the block, where it has one.
        id: Option<String>,
        sealed: Seal,
    },
}

/// A signature or a cipher that only its maker can verify or decrypt; it is sent to no other
/// vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub maker: Maker,
    pub data: String,
}

/// The vendor whose model made a [`Seal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    Anthropic,
    Google,
    OpenAi,
    Xai,
    /// The client named a vendor that the router does not know.
    Unknown,
}

impl Seal {
    pub fn new(maker: Maker, data: impl Into<String>) -> Self {
        Self { maker, data: data.into() }
    }

    /// The data for a request to `maker`; `None` if another vendor made it.
    pub fn of(&self, maker: Maker) -> Option<&str> {
        (self.maker == maker).then_some(self.data.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// JSON text, validated to be an object; `{}` where nothing was sent.
    pub arguments: String,
    /// Gemini's `thoughtSignature` of the call.
    pub signature: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    pub name: String,
    pub description: Option<String>,
    /// JSON Schema; absent means no parameters.
    pub parameters: Option<Value>,
    pub strict: Option<bool>,
    pub cache_control: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    Auto,
    None,
    Required,
    Named(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { name: String, schema: Value, strict: Option<bool>, description: Option<String> },
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatAnswer {
    /// The upstream's id, or a generated one.
    pub id: String,
    /// Seconds since 1970, where the upstream reports it.
    pub created: Option<i64>,
    pub model: String,
    pub choices: Vec<Choice>,
    pub usage: Option<Usage>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    pub message: AssistantMessage,
    pub finish_reason: Option<FinishReason>,
    /// In OpenAI's shape, `{"content": […]}`.
    pub logprobs: Option<Value>,
}

/// A piece of a streamed answer; `choice` is the index of the choice that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// The answer begins.
    Begin {
        id: String,
        model: String,
    },
    Text {
        choice: u64,
        text: String,
    },
    Refusal {
        choice: u64,
        text: String,
    },
    Thinking {
        choice: u64,
        text: String,
    },
    /// Completes the thinking that was streamed since the last one.
    ThinkingSignature {
        choice: u64,
        signature: Seal,
    },
    /// An encrypted block, which can only be sent back.
    ThinkingOpaque {
        choice: u64,
        id: Option<String>,
        sealed: Seal,
    },
    /// A complete image from the model.
    Image {
        choice: u64,
        source: Media,
    },
    /// The next piece of audio from the model.
    Audio {
        choice: u64,
        source: Media,
    },
    /// A call begins; `index` counts the calls of the choice from 0.
    ToolCallBegin {
        choice: u64,
        index: u64,
        id: String,
        name: String,
        signature: Option<String>,
    },
    /// The next fragment of the call's arguments.
    ToolCallArguments {
        choice: u64,
        index: u64,
        fragment: String,
    },
    /// A search that the provider ran.
    Search {
        choice: u64,
        search: Search,
    },
    /// Of text that came before.
    Citation {
        choice: u64,
        citation: Citation,
    },
    Logprobs {
        choice: u64,
        logprobs: Value,
    },
    Finish {
        choice: u64,
        reason: FinishReason,
    },
    /// Usage so far; the last value counts.
    Usage(Usage),
    /// The upstream's end marker: the answer is complete.
    Done,
}
