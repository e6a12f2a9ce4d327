//! A client's request of any API: its bytes, and the facts for routing and limits.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::anthropic::client as messages;
use super::errors::BadRequest;
use super::json::body::JsonBody;
use super::openai::{body, conversation, facts, last_text, limits};
use super::own::Own;
use super::responses::client as responses;
use super::{Dialect, invoke};
use crate::config::key_rules::ParameterLimits;
use crate::domain::facts::{LastUserText, RequestFacts};

/// A checked request.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// The client's dialect.
    pub dialect: Dialect,
    /// The bytes as received; a request of another format has been converted to a chat body.
    pub body: JsonBody,
    /// What a client of a vendor's API sent, which goes to an upstream of that API.
    pub own: Option<Arc<Own>>,
    pub facts: RequestFacts,
    /// The error in the client's preferences.
    bad_preferences: Option<BadRequest>,
}

impl ClientRequest {
    /// `model_in_path`: a model in the path overrides the one in the body.
    ///
    /// # Errors
    /// When the bytes are not a request in this dialect. Invalid preferences are reported by
    /// [`Self::check_preferences`], because a call with them has a record.
    pub fn parse(
        dialect: Dialect,
        bytes: Bytes,
        model_in_path: Option<String>,
    ) -> Result<Self, BadRequest> {
        let mut own = None;
        let body = match dialect {
            Dialect::OpenAiChat => body::parse(bytes)?,
            Dialect::Invoke => invoke::client::request::decode(&bytes)?,
            Dialect::AnthropicMessages => {
                let (body, sent) = messages::request::decode(bytes)?;
                own = Some(Arc::new(Own::Messages(sent)));
                body
            }
            Dialect::OpenAiResponses(_) => {
                let (body, sent) = responses::request::decode(bytes)?;
                own = Some(Arc::new(Own::Responses(sent)));
                body
            }
            Dialect::GeminiGenerate | Dialect::OllamaChat | Dialect::RemoteHttp => {
                let message = String::from("requests in this format are not taken");
                return Err(BadRequest { message, param: None });
            }
        };
        let (mut facts, bad_preferences) = facts::read(&body);
        facts.model = model_in_path.or(facts.model);
        Ok(Self { dialect, body, own, facts, bad_preferences })
    }

    /// With the id that its answer has, where the client's API has the router give one.
    #[must_use]
    pub fn answered_as(mut self, id: String) -> Self {
        if let Some(Own::Responses(own)) = self.own.as_mut().and_then(Arc::get_mut) {
            own.id = id;
        }
        self
    }

    /// A request by the router itself. `model`: the model's name in the record of the request.
    ///
    /// # Errors
    /// Never because of the texts.
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

    /// The bytes that the client sent; of an invoke request the chat body.
    pub fn sent(&self) -> &Bytes {
        self.own.as_ref().map_or(&self.body, |own| own.body()).bytes()
    }

    /// The body for counting the tokens of the prompt at an upstream of the client's API.
    pub fn for_counting(&self, model: &str) -> Option<Bytes> {
        self.own.as_ref().map(|own| own.for_counting(model))
    }

    /// # Errors
    /// When the client's preferences for providers are invalid.
    pub fn check_preferences(&self) -> Result<(), BadRequest> {
        self.bad_preferences.clone().map_or(Ok(()), Err)
    }

    /// The request with every parameter within its limits, and the changes, such as
    /// `max_tokens=100`; `None` where nothing changed.
    ///
    /// # Errors
    /// Only where the body itself cannot be parsed.
    pub fn lowered(
        &self,
        limits: &ParameterLimits,
    ) -> Result<Option<(Self, Vec<String>)>, BadRequest> {
        let Some((body, adjusted)) = limits::lowered(&self.body, limits)? else { return Ok(None) };
        let facts = facts::with_limits(self.facts.clone(), &body);
        let bad_preferences = self.bad_preferences.clone();
        let (dialect, own) = (self.dialect, self.own.clone());
        Ok(Some((Self { dialect, body, own, facts, bad_preferences }, adjusted)))
    }

    /// A model's default parameters within the limits, and the changes to those that apply.
    pub fn lowered_defaults(
        &self,
        defaults: &Map<String, Value>,
        limits: &ParameterLimits,
    ) -> (Map<String, Value>, Vec<String>) {
        limits::lowered_defaults(defaults, &self.body, limits)
    }

    /// The maximum answer length in the request, or else in the model's default parameters.
    pub fn max_answer_tokens(&self, defaults: &Map<String, Value>) -> Option<u64> {
        self.facts.max_answer_tokens.or_default(|| facts::max_answer_tokens(defaults))
    }

    /// The number of answers in the request, or else in the model's default parameters.
    pub fn choices(&self, defaults: &Map<String, Value>) -> Option<u64> {
        self.facts.choices.or_default(|| facts::choices(defaults))
    }

    /// The last user text. Not cached, because only pairs need it.
    pub fn last_user_text(&self) -> LastUserText {
        last_text::read(&self.body)
    }

    /// A number that stays the same as the conversation grows. Not cached, because only `sticky`
    /// needs it.
    ///
    /// `session`: the client's name for it in a header. `caller`: the name of the caller's key; two
    /// callers never share a conversation.
    pub fn conversation_seed(&self, session: Option<&str>, caller: Option<&str>) -> u64 {
        conversation::seed(&self.body, session, caller)
    }
}
