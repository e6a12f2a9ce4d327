//! A client's request, whatever API it came by: its bytes, and the facts that routing and limits go by.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::errors::BadRequest;
use super::json::body::JsonBody;
use super::openai::{body, conversation, facts, last_text, limits};
use super::{Dialect, invoke};
use crate::config::key_rules::ParameterLimits;
use crate::domain::facts::{LastUserText, RequestFacts};

/// A checked request.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// What the client speaks.
    pub dialect: Dialect,
    /// The bytes as they came; a request in the router's own format has become a chat body.
    pub body: JsonBody,
    pub facts: RequestFacts,
    /// What is wrong with the client's preferences.
    bad_preferences: Option<BadRequest>,
}

impl ClientRequest {
    /// `model_in_path`: where the path names the model, what the body names does not count.
    ///
    /// # Errors
    /// When the bytes are no request in this dialect. Preferences that cannot be read are an error of
    /// [`Self::check_preferences`]: a call with them has a record.
    pub fn parse(
        dialect: Dialect,
        bytes: Bytes,
        model_in_path: Option<String>,
    ) -> Result<Self, BadRequest> {
        let body = match dialect {
            Dialect::OpenAiChat => body::parse(bytes)?,
            Dialect::Invoke => invoke::client::request::decode(&bytes)?,
            Dialect::OpenAiResponses(_)
            | Dialect::AnthropicMessages
            | Dialect::GeminiGenerate
            | Dialect::OllamaChat
            | Dialect::RemoteHttp => {
                let message = String::from("requests in this format are not taken");
                return Err(BadRequest { message, param: None });
            }
        };
        let (mut facts, bad_preferences) = facts::read(&body);
        facts.model = model_in_path.or(facts.model);
        Ok(Self { dialect, body, facts, bad_preferences })
    }

    /// A question of the router's own. `model`: what a record of the request shows.
    ///
    /// # Errors
    /// None that a text could cause.
    pub fn question(
        model: &str,
        instructions: &str,
        prompt: &str,
        max_tokens: u32,
    ) -> Result<Self, BadRequest> {
        let body = json!({
            "model": model,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": prompt},
            ],
            "max_completion_tokens": max_tokens,
        });
        Self::parse(Dialect::OpenAiChat, Bytes::from(body.to_string()), None)
    }

    /// # Errors
    /// When the client's preferences for providers cannot be read.
    pub fn check_preferences(&self) -> Result<(), BadRequest> {
        self.bad_preferences.clone().map_or(Ok(()), Err)
    }

    /// The request with every parameter within its limits, and what was changed, as `max_tokens=100`; `None` where
    /// nothing was.
    ///
    /// # Errors
    /// None that the body did not have before.
    pub fn lowered(
        &self,
        limits: &ParameterLimits,
    ) -> Result<Option<(Self, Vec<String>)>, BadRequest> {
        let Some((body, adjusted)) = limits::lowered(&self.body, limits)? else { return Ok(None) };
        let facts = facts::with_limits(self.facts.clone(), &body);
        let bad_preferences = self.bad_preferences.clone();
        Ok(Some((Self { dialect: self.dialect, body, facts, bad_preferences }, adjusted)))
    }

    /// A model's default parameters with every one within its limits, and what was changed of those that count.
    pub fn lowered_defaults(
        &self,
        defaults: &Map<String, Value>,
        limits: &ParameterLimits,
    ) -> (Map<String, Value>, Vec<String>) {
        limits::lowered_defaults(defaults, &self.body, limits)
    }

    /// The longest answer that the request allows, or else the model's default parameters.
    pub fn max_answer_tokens(&self, defaults: &Map<String, Value>) -> Option<u64> {
        self.facts.max_answer_tokens.or_default(|| facts::max_answer_tokens(defaults))
    }

    /// How many answers the request asks for, or else the model's default parameters.
    pub fn choices(&self, defaults: &Map<String, Value>) -> Option<u64> {
        self.facts.choices.or_default(|| facts::choices(defaults))
    }

    /// What the user said last. Read at each call: only pairs ask for it.
    pub fn last_user_text(&self) -> LastUserText {
        last_text::read(&self.body)
    }

    /// A number that stays the same as the conversation grows. Read at each call: only `sticky` asks for it.
    ///
    /// `session`: the client's name for it in a header. `caller`: the name of the caller's key; two callers never
    /// share a conversation.
    pub fn conversation_seed(&self, session: Option<&str>, caller: Option<&str>) -> u64 {
        conversation::seed(&self.body, session, caller)
    }
}
