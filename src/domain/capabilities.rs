//! What a model's API accepts, where models of one dialect differ. Data, not code: the values come
//! from the shipped `capabilities.toml`, overridden by a model's `[models.config]`.

use super::chat::Effort;
use super::service::{ModelKind, Service, ServiceSet};

#[derive(Clone, Debug, PartialEq)]
pub struct Capabilities {
    /// What the model is made for; `None` where nobody says.
    pub kind: Option<ModelKind>,
    /// What its provider has endpoints for.
    pub services: ServiceSet,
    /// The most tokens of one answer. Anthropic's API requires `max_tokens`: this is its value when
    /// the client sets none.
    pub max_output_tokens: Option<u64>,
    /// Whether `temperature`, `top_p` and `top_k` are accepted.
    pub takes_sampling: bool,
    /// Whether `temperature` and `top_p` are accepted in one request.
    pub takes_both_samplings: bool,
    pub thinking: ThinkingStyle,
    /// Thinking cannot be switched off.
    pub always_thinks: bool,
    /// The accepted efforts; empty: all.
    pub efforts: Vec<Effort>,
    pub takes_tools: bool,
    /// Whether a tool can be forced (`tool_choice` required or named).
    pub takes_forced_tools: bool,
    /// Whether a JSON schema for the answer is accepted as such.
    pub takes_json_schema: bool,
    /// Whether JSON Schema is accepted unchanged, with references, for tools and answers. Else
    /// Gemini gets the subset of OpenAPI that its older services accept.
    pub takes_full_schemas: bool,
    /// Whether a request with tools may ask for a JSON answer.
    pub takes_json_with_tools: bool,
    /// Whether system messages are accepted in the middle of a conversation.
    pub takes_late_system: bool,
    /// Whether the last message may be the assistant's, for the model to continue (prefill).
    pub takes_prefill: bool,
    /// Whether the vendor requires the reasoning of earlier turns with tool calls to be sent back,
    /// even if empty.
    pub needs_reasoning_back: bool,
    pub takes_images: bool,
    pub takes_audio: bool,
    pub takes_video: bool,
    pub takes_files: bool,
    /// Whether a text file is sent as text, for the provider's API.
    pub takes_text_files: bool,
    pub web_search: SearchStyle,
}

/// How a search of the web by the provider's servers is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchStyle {
    /// It cannot be.
    #[default]
    None,
    /// As a tool: of Anthropic's Messages, of OpenAI's Responses, of Gemini's API.
    Tool,
    /// `web_search_options`: OpenAI's models for searches in chats.
    Options,
}

impl Capabilities {
    /// Whether a call for it reaches the model. One of which nothing is known is for chats.
    pub fn serves(&self, service: Service) -> bool {
        service.is_of(self.kind.unwrap_or(ModelKind::Chat)) && self.services.contains(service)
    }
}

/// How the request controls a model's thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThinkingStyle {
    /// It does not think.
    None,
    /// A budget of tokens: Claude up to 4.5, Gemini 2.5.
    Budget,
    /// `adaptive` with an effort: Claude from 4.6.
    Adaptive,
    /// A level: Gemini from 3, gpt-oss.
    Level,
    /// On or off: most local models.
    Switch,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            kind: None,
            services: ServiceSet::default(),
            max_output_tokens: None,
            takes_sampling: true,
            takes_both_samplings: true,
            thinking: ThinkingStyle::None,
            always_thinks: false,
            efforts: Vec::new(),
            takes_tools: true,
            takes_forced_tools: true,
            takes_json_schema: true,
            takes_full_schemas: true,
            takes_json_with_tools: true,
            takes_late_system: false,
            takes_prefill: true,
            needs_reasoning_back: false,
            takes_images: true,
            takes_audio: true,
            takes_video: true,
            takes_files: true,
            takes_text_files: false,
            web_search: SearchStyle::None,
        }
    }
}
