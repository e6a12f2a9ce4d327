//! Encodes a chat answer in the invoke format.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::dialects::summary::{Served, Summary};
use crate::domain::usage::Usage;

/// Usage with OpenAI's names, as in every answer of the router.
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

/// A whole answer.
#[derive(Serialize, ToSchema)]
pub struct InvokeAnswer<'a> {
    output_text: String,
    /// Dollars; `null` where the price or the usage is unknown.
    cost: Option<f64>,
    usage: Option<UsageView>,
    finish_reason: Option<&'a str>,
    model: &'a str,
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value)]
    tool_calls: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    #[schema(value_type = Value)]
    raw: &'a RawValue,
    /// `provider/model;attempts=1`.
    route: &'a str,
    request_id: &'a str,
}

impl<'a> InvokeAnswer<'a> {
    /// `None` where the body is not JSON.
    pub fn of(
        body: &'a [u8],
        summary: &'a Summary,
        served: Served<'a>,
        route: &'a str,
    ) -> Option<Self> {
        let raw: &RawValue = serde_json::from_slice(body).ok()?;
        let Shown { output_text, reasoning, tool_calls } = shown(body);
        let Served { model, provider, request_id, cost, .. } = served;
        Some(Self {
            output_text,
            cost: cost.map(|cost| cost.as_dollars()),
            usage: summary.usage.map(UsageView::from),
            finish_reason: summary.finish_reason.as_deref(),
            model,
            provider,
            tool_calls,
            reasoning,
            raw,
            route,
            request_id,
        })
    }
}

/// The members of the first choice that invoke repeats at the top level.
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

/// A string, or a list of parts, which some providers send.
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
