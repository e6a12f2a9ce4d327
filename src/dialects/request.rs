//! A client's request of any API: its bytes, and the facts for routing and limits.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::anthropic::client as messages;
use super::errors::BadRequest;
use super::gemini::client as gemini;
use super::json::body::JsonBody;
use super::json::edit::Edits;
use super::ollama::client as ollama;
use super::ollama::client::wire::Shape;
use super::openai::conversation::{self, Beginning};
use super::openai::upstream::history::without_thinking;
use super::openai::{body, facts, last_text, limits};
use super::own::Own;
use super::responses::client as responses;
use super::responses::client::request::Purpose;
use super::{Dialect, chat_by_input, embeddings, forwarded, functions, invoke};
use crate::config::key_rules::ParameterLimits;
use crate::domain::chat::Maker;
use crate::domain::facts::{LastUserText, RequestFacts};
use crate::domain::service::Service;

/// A checked request.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// The client's dialect.
    pub dialect: Dialect,
    sent: Sent,
    pub facts: RequestFacts,
    /// The error in the client's preferences.
    bad_preferences: Option<BadRequest>,
}

#[derive(Clone, Debug)]
enum Sent {
    /// A chat body: as received, made of a request in another format, or with numbers within a key's
    /// limits. Of another service than a chat what was received.
    Body(JsonBody),
    /// Of a client of a vendor's API, which goes to an upstream of that API as it came. A chat body
    /// is made of it when it is asked for; `limited`: one with numbers within a key's limits.
    Own { own: Arc<Own>, limited: Option<JsonBody> },
}

type Facts = (RequestFacts, Option<BadRequest>);

fn of_chat(body: JsonBody) -> (Sent, Facts) {
    let facts = facts::read(&body);
    (Sent::Body(body), facts)
}

fn of_own(own: Own) -> Sent {
    Sent::Own { own: Arc::new(own), limited: None }
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
        let (sent, (mut facts, bad_preferences)) = match dialect {
            Dialect::OpenAiChat => of_chat(chat_by_input::parse(bytes)?),
            Dialect::Invoke => of_chat(invoke::client::request::decode(&bytes)?),
            Dialect::Embeddings(api) => {
                let (body, facts, bad) = embeddings::check(api, bytes)?;
                (Sent::Body(body), (facts, bad))
            }
            Dialect::Forwarded(service) => {
                let (body, facts, bad) = forwarded::check(service, bytes)?;
                (Sent::Body(body), (facts, bad))
            }
            Dialect::AnthropicMessages => {
                let (own, facts) = messages::request::read(bytes)?;
                (of_own(Own::Messages(own)), facts)
            }
            Dialect::OpenAiResponses(_) => {
                let (own, facts) = responses::request::read(bytes, Purpose::Answer)?;
                (of_own(Own::Responses(own)), facts)
            }
            Dialect::OllamaChat => return Self::ollama(Shape::Chat, bytes, model_in_path),
            Dialect::GeminiGenerate | Dialect::RemoteHttp => {
                let message = String::from("requests in this format are not taken");
                return Err(BadRequest { message, param: None });
            }
        };
        facts.model = model_in_path.or(facts.model);
        Ok(Self { dialect, sent, facts, bad_preferences })
    }

    /// A request of Ollama's API. `model`: in place of the one in the body.
    ///
    /// # Errors
    /// When the bytes are no such request.
    pub fn ollama(shape: Shape, bytes: Bytes, model: Option<String>) -> Result<Self, BadRequest> {
        let (own, (mut facts, bad_preferences)) = ollama::request::read(bytes, shape)?;
        facts.model = model.or(facts.model);
        let (dialect, sent) = (Dialect::OllamaChat, of_own(Own::Ollama(own)));
        Ok(Self { dialect, sent, facts, bad_preferences })
    }

    /// Of OpenAI's Responses, for a summary of the conversation.
    ///
    /// # Errors
    /// As [`Self::parse`] has it.
    pub fn compaction(bytes: Bytes) -> Result<Self, BadRequest> {
        let (own, (mut facts, bad_preferences)) =
            responses::request::read(bytes, Purpose::Compaction)?;
        facts.is_stream = false;
        let dialect = Dialect::OpenAiResponses(Maker::OpenAi);
        Ok(Self { dialect, sent: of_own(Own::Responses(own)), facts, bad_preferences })
    }

    /// What a client of a vendor's API sent.
    pub fn own(&self) -> Option<&Arc<Own>> {
        match &self.sent {
            Sent::Own { own, .. } => Some(own),
            Sent::Body(_) => None,
        }
    }

    /// What a client of OpenAI's Responses sent.
    pub fn responses(&self) -> Option<&responses::request::Own> {
        match self.own().map(Arc::as_ref) {
            Some(Own::Responses(own)) => Some(own),
            _ => None,
        }
    }

    /// With the id that its answer has, where the client's API has the router give one, and whether
    /// the answer is kept.
    #[must_use]
    pub fn answered_as(mut self, id: String, is_stored: bool) -> Self {
        // It is not shared before it is called.
        if let Sent::Own { own, .. } = &mut self.sent
            && let Some(Own::Responses(own)) = Arc::get_mut(own)
        {
            (own.id, own.is_stored) = (id, is_stored);
        }
        self
    }

    pub fn service(&self) -> Service {
        self.dialect.service()
    }

    /// Whether the answer is a text, with the parameters of one.
    fn is_of_text(&self) -> bool {
        matches!(self.service(), Service::Chat | Service::Completions)
    }

    /// A request of Gemini's API, whose model and method are in its path.
    ///
    /// # Errors
    /// When the bytes are no such request.
    pub fn generate(bytes: Bytes, model: String, is_stream: bool) -> Result<Self, BadRequest> {
        let (own, (facts, bad_preferences)) = gemini::request::read(bytes, model, is_stream)?;
        let (dialect, sent) = (Dialect::GeminiGenerate, of_own(Own::Gemini(own)));
        Ok(Self { dialect, sent, facts, bad_preferences })
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
        self.body().bytes()
    }

    /// The chat body.
    ///
    /// # Errors
    /// When none can be made of what a client of another API sent, with the place.
    pub fn chat(&self) -> Result<&JsonBody, BadRequest> {
        match &self.sent {
            Sent::Body(body) | Sent::Own { limited: Some(body), .. } => Ok(body),
            Sent::Own { own, limited: None } => own.chat(),
        }
    }

    /// The same without the thinking of earlier turns; `None` where there is none.
    pub fn without_thinking(&self) -> Option<Self> {
        let chat = self.chat().ok()?;
        let mut edits = Edits::default();
        edits.set(chat, "messages", without_thinking(chat)?);
        let bare = body::parse(edits.apply(chat.bytes())).ok()?;
        let sent = match &self.sent {
            Sent::Body(_) => Sent::Body(bare),
            Sent::Own { own, .. } => Sent::Own { own: Arc::clone(own), limited: Some(bare) },
        };
        Some(Self { sent, ..self.clone() })
    }

    /// The chat body, or what a client of another API sent.
    pub fn body(&self) -> &JsonBody {
        match &self.sent {
            Sent::Body(body) => body,
            Sent::Own { own, .. } => own.body(),
        }
    }

    /// The chat body of such a client, where the limits of a key changed it.
    pub fn limited(&self) -> Option<&JsonBody> {
        match &self.sent {
            Sent::Body(_) => None,
            Sent::Own { limited, .. } => limited.as_ref(),
        }
    }

    /// Whether an answer has a `function_call` in the place of `tool_calls`.
    pub fn wants_function_call(&self) -> bool {
        matches!(&self.sent, Sent::Body(body) if functions::are_asked_for(body))
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
        if !self.is_of_text() {
            return Ok(None);
        }
        let Some((bytes, adjusted)) = limits::lowered(self.chat()?, limits) else {
            return Ok(None);
        };
        let body = match self.service() {
            Service::Chat => body::parse(bytes)?,
            _ => JsonBody::parse(bytes, |_| Ok(()))?,
        };
        let facts = facts::with_limits(self.facts.clone(), &body);
        let bad_preferences = self.bad_preferences.clone();
        let sent = match &self.sent {
            Sent::Body(_) => Sent::Body(body),
            Sent::Own { own, .. } => Sent::Own { own: Arc::clone(own), limited: Some(body) },
        };
        Ok(Some((Self { dialect: self.dialect, sent, facts, bad_preferences }, adjusted)))
    }

    /// A model's default parameters within the limits, and the changes to those that apply.
    pub fn lowered_defaults(
        &self,
        defaults: &Map<String, Value>,
        limits: &ParameterLimits,
    ) -> (Map<String, Value>, Vec<String>) {
        if !self.is_of_text() {
            return (defaults.clone(), Vec::new());
        }
        // It was made for the same limits before.
        limits::lowered_defaults(defaults, self.chat().unwrap_or_else(|_| self.body()), limits)
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
        self.chat().map(last_text::read).unwrap_or_default()
    }

    /// A number that stays the same as the conversation grows. Not cached, because only `sticky`
    /// needs it.
    ///
    /// `session`: the client's name for it in a header. `caller`: the name of the caller's key; two
    /// callers never share a conversation.
    pub fn conversation_seed(&self, session: Option<&str>, caller: Option<&str>) -> u64 {
        let beginning = self.own().map_or(Beginning::OF_CHAT, |own| own.beginning());
        conversation::seed(self.body(), beginning, session, caller)
    }
}
