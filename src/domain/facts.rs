//! What a request says, as far as routing and limits go by it. Plain data: the client's dialect reads it once, from
//! the bytes.

use std::fmt;

use super::service::Service;
use super::strategy::Strategy;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFacts {
    /// As the client named it.
    pub model: Option<String>,
    pub is_stream: bool,
    /// Whether the client itself asked for usage in the stream.
    pub wants_usage: bool,
    pub needs: Needs,
    /// The longest answer that any of the parameters for it allows.
    pub max_answer_tokens: Stated,
    /// How many answers are asked for.
    pub choices: Stated,
    /// Tools are spoken of, be it that there are none.
    pub names_tools: bool,
    /// Whether the model may reason; `None` where the client leaves it open.
    pub may_reason: Option<bool>,
    pub preferences: Preferences,
    /// Who is called after the model that is named, in this order.
    pub fallback_models: Vec<String>,
}

/// A number that a request may state. One that cannot be read is stated all the same: no default takes its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stated {
    #[default]
    Absent,
    Unreadable,
    Count(u64),
}

impl Stated {
    pub fn or_default(self, default: impl FnOnce() -> Option<u64>) -> Option<u64> {
        match self {
            Self::Absent => default(),
            Self::Unreadable => None,
            Self::Count(count) => Some(count),
        }
    }
}

/// What a request needs of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub service: Service,
    /// A text to be continued that cannot be put to a model as a chat: the member that says so.
    pub only_completion: Option<&'static str>,
    /// Where the first one stands; of the others likewise.
    pub image: Option<Place>,
    pub audio: Option<Place>,
    pub video: Option<Place>,
    pub file: Option<Place>,
    /// A file that is text.
    pub text_file: Option<Place>,
    /// Tools are offered, or were called earlier in the conversation.
    pub tools: bool,
    /// A call is demanded: `tool_choice` is required or names a tool.
    pub forced_tool: bool,
    /// The answer has a JSON schema.
    pub structured: bool,
    /// About how many; `dialects::token_estimate` has the rule.
    pub prompt_tokens: u64,
    /// So few at least: what a context is compared with, so that no model is left out wrongly.
    pub least_prompt_tokens: u64,
    /// The longest answer that the client asks for by the parameter that counts most.
    pub max_tokens: Option<u64>,
}

/// What an answer is thought to take where the client names no limit, and at most.
const USUAL_ANSWER_TOKENS: u64 = 500;

impl Needs {
    /// What an answer is thought to take.
    pub fn answer_tokens(&self) -> u64 {
        self.max_tokens.unwrap_or(USUAL_ANSWER_TOKENS).min(USUAL_ANSWER_TOKENS)
    }
}

/// A part of a message, shown as `messages[2].content[1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub message: usize,
    pub part: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "messages[{}].content[{}]", self.message, self.part)
    }
}

/// Which providers the client prefers: OpenRouter's `provider` object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preferences {
    /// Names or types of providers that come first, in this order.
    pub order: Vec<String>,
    /// No others.
    pub only: Vec<String>,
    pub ignore: Vec<String>,
    /// By what the candidates are sorted.
    pub strategy: Option<Strategy>,
    /// Dollars for a million tokens.
    pub max_price: MaxPrice,
    /// Leave out models that would drop a wish of the request.
    pub require_parameters: bool,
    /// `false`: the first candidate or none.
    pub allow_fallbacks: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MaxPrice {
    pub prompt: Option<f64>,
    pub completion: Option<f64>,
}

/// What the user said last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastUserText {
    /// In lower case as far as it is ASCII; the middle of a long one is left out.
    pub text: String,
    /// About how many the whole text is.
    pub tokens: u64,
    /// Messages of the user in the whole conversation.
    pub user_messages: usize,
}
