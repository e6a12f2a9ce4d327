//! A chat answer as invoke answers it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::domain::usage::Usage;

/// Usage with OpenAI's names, as every answer of the router gives it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct UsageView {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub total_tokens: u64,
    pub cached_tokens: u64,
    pub reasoning_tokens: u64,
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt,
            completion_tokens: usage.completion,
            total_tokens: usage.total,
            cached_tokens: usage.cached,
            reasoning_tokens: usage.reasoning,
        }
    }
}

/// The parts of the first choice that invoke shows at the top.
#[derive(Debug, Default)]
pub struct Shown<'a> {
    pub output_text: String,
    pub reasoning: Option<String>,
    pub tool_calls: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireAnswer<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Option<Message<'a>>,
}

/// A message or the delta of one.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(default)]
    pub content: Option<Content>,
    #[serde(default)]
    pub reasoning_content: Option<String>,
    #[serde(default)]
    pub reasoning: Option<String>,
    #[serde(borrow, default)]
    pub tool_calls: Option<&'a RawValue>,
}

/// A string, or the list of parts that some providers answer with.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    text: Option<String>,
}

impl Content {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().filter_map(|part| part.text).collect(),
        }
    }
}

/// The first choice of a chat completion.
pub fn shown(body: &[u8]) -> Shown<'_> {
    let answer: Option<WireAnswer<'_>> = serde_json::from_slice(body).ok();
    let first = answer.and_then(|answer| answer.choices.into_iter().next());
    let Some(message) = first.and_then(|choice| choice.message) else {
        return Shown::default();
    };
    Shown {
        output_text: message.content.map(Content::into_text).unwrap_or_default(),
        reasoning: message.reasoning_content.or(message.reasoning),
        tool_calls: message.tool_calls.filter(|calls| calls.get() != "null"),
    }
}
