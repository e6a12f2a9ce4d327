//! What a client of a vendor's API sent. To an upstream of that API it goes as it came, edited; for
//! any other a chat body is made of it.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::Dialect;
use super::anthropic::client as messages;
use super::anthropic::client::origins::Origins;
use super::errors::BadRequest;
use super::gemini::client as gemini;
use super::gemini::upstream::{path, path_of};
use super::json::body::JsonBody;
use super::ollama::client as ollama;
use super::openai::conversation::Beginning;
use super::responses::client as responses;
use super::web_search;
use crate::domain::capabilities::Capabilities;
use crate::domain::provider_kind::ProviderKind;

/// What a client sent, by its API.
#[derive(Clone, Debug)]
pub enum Own {
    Messages(messages::request::Own),
    Responses(responses::request::Own),
    Gemini(gemini::request::Own),
    Ollama(ollama::request::Own),
}

/// The request to an upstream of the client's API.
pub struct OwnRequest {
    pub body: Bytes,
    /// After the provider's URL, where it depends on the model; with `../` in place of its last part.
    pub path: Option<String>,
    /// The longest answer, where it is shorter than the client asked.
    pub lowered: Option<u64>,
}

impl Own {
    pub fn body(&self) -> &JsonBody {
        match self {
            Self::Messages(own) => &own.body,
            Self::Responses(own) => &own.body,
            Self::Gemini(own) => &own.body,
            Self::Ollama(own) => &own.body,
        }
    }

    /// Whether an upstream of this API is sent it. `kind`: the upstream's type.
    pub fn is_of(&self, upstream: Dialect, kind: ProviderKind) -> bool {
        match self {
            Self::Messages(_) => upstream == Dialect::AnthropicMessages,
            // Of the servers of this API only OpenAI's make summaries.
            Self::Responses(own) => {
                matches!(upstream, Dialect::OpenAiResponses(_))
                    && (!own.is_compaction || kind == ProviderKind::Openai)
            }
            Self::Gemini(_) => upstream == Dialect::GeminiGenerate,
            Self::Ollama(_) => upstream == Dialect::OllamaChat,
        }
    }

    /// The chat body, made when it is first asked for.
    ///
    /// # Errors
    /// When none can be made, with the client's place.
    pub fn chat(&self) -> Result<&JsonBody, BadRequest> {
        match self {
            Self::Messages(own) => own.converted().map(|converted| &converted.chat),
            Self::Responses(own) => own.converted().map(|converted| &converted.chat),
            Self::Gemini(own) => own.converted().map(|converted| &converted.chat),
            Self::Ollama(own) => own.converted().map(|converted| &converted.chat),
        }
    }

    /// What other APIs are not sent.
    ///
    /// # Errors
    /// With what no other API can be sent.
    pub fn left_out(&self) -> Result<&[String], BadRequest> {
        match self {
            Self::Messages(own) => own.converted()?.left_out(),
            Self::Responses(own) => own.converted()?.left_out(),
            Self::Gemini(own) => own.converted()?.left_out(),
            Self::Ollama(own) => own.converted()?.left_out(),
        }
    }

    /// An error of the chat body with the client's place.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        match self {
            Self::Messages(own) => own.respelled(bad),
            Self::Responses(own) => own.respelled(bad),
            Self::Gemini(own) => own.respelled(bad),
            Self::Ollama(own) => own.respelled(bad),
        }
    }

    /// An error about the request's facts, with its place as the API writes places.
    pub fn in_own_words(&self, bad: BadRequest) -> BadRequest {
        match self {
            Self::Messages(_) => Origins::written(bad),
            Self::Responses(_) => responses::findings::Origins::written(bad),
            Self::Gemini(_) => gemini::origins::Origins::written(bad),
            Self::Ollama(own) => ollama::places::written(bad, own.shape),
        }
    }

    /// A parameter of the chat body, as the client calls it.
    pub fn member<'n>(&self, name: &'n str) -> &'n str {
        if let Some(own) = web_search::member_of_tool(name, matches!(self, Self::Gemini(_))) {
            return own;
        }
        match self {
            Self::Messages(_) => Origins::member(name),
            Self::Responses(_) => responses::findings::Origins::member(name),
            Self::Gemini(_) => gemini::origins::Origins::member(name),
            Self::Ollama(_) => ollama::places::member(name),
        }
    }

    /// What stays the same as the conversation grows.
    pub fn beginning(&self) -> Beginning {
        match self {
            Self::Messages(_) => Beginning::OF_CHAT,
            Self::Responses(_) => Beginning { fixed: &["tools", "instructions"], turns: "input" },
            Self::Gemini(_) => Beginning {
                fixed: &["tools", "systemInstruction", "system_instruction"],
                turns: "contents",
            },
            Self::Ollama(own) => ollama::places::beginning(own.shape),
        }
    }

    /// `limited`: the chat body, where the limits of the caller's key changed it.
    pub fn encode(
        &self,
        limited: Option<&JsonBody>,
        model: &str,
        capabilities: &Capabilities,
        defaults: &Map<String, Value>,
    ) -> OwnRequest {
        match self {
            Self::Messages(own) => {
                let limited = limited.unwrap_or(&own.body);
                let (body, lowered) =
                    messages::own_api::encode(own, limited, model, capabilities, defaults);
                OwnRequest { body, path: None, lowered }
            }
            Self::Responses(own) => {
                let (body, lowered) =
                    responses::own_api::encode(own, limited, model, capabilities, defaults);
                let path = own.is_compact_route.then(|| String::from("/compact"));
                OwnRequest { body, path, lowered }
            }
            Self::Gemini(own) => {
                let (body, lowered) = gemini::own_api::encode(own, limited, capabilities, defaults);
                OwnRequest { body, path: Some(path(model, own.is_stream)), lowered }
            }
            Self::Ollama(own) => {
                let (body, lowered) =
                    ollama::own_api::encode(own, limited, model, capabilities, defaults);
                OwnRequest { body, path: ollama::own_api::path(own), lowered }
            }
        }
    }

    /// Whether the answer is to show thinking, where the client has a switch for it.
    pub fn shows_thinking(&self) -> bool {
        match self {
            Self::Messages(_) | Self::Responses(_) | Self::Ollama(_) => true,
            Self::Gemini(own) => own.includes_thoughts(),
        }
    }

    /// For counting the tokens of the prompt at an upstream of the client's API.
    pub fn for_counting(&self, model: &str, capabilities: &Capabilities) -> Counting {
        match self {
            Self::Messages(own) => Counting {
                body: messages::own_api::for_counting(own, model),
                path: String::from("/count_tokens"),
                count: "input_tokens",
            },
            Self::Responses(own) => Counting {
                body: responses::own_api::for_counting(own, model),
                path: String::from("/input_tokens"),
                count: "input_tokens",
            },
            Self::Gemini(own) => Counting {
                body: gemini::own_api::for_counting(own, model, capabilities),
                path: path_of(model, "countTokens"),
                count: "totalTokens",
            },
            // Its clients cannot ask.
            Self::Ollama(own) => {
                let body = own.body.bytes().clone();
                Counting { body, path: String::new(), count: "prompt_eval_count" }
            }
        }
    }
}

/// A request to count.
pub struct Counting {
    pub body: Bytes,
    /// After the provider's URL.
    pub path: String,
    /// The member of the answer that holds the number.
    pub count: &'static str,
}
