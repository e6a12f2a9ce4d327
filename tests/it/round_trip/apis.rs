//! The APIs that both clients and upstreams speak, and an answer on its way from one to the other.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::answer_options::AnswerOptions;
use llm_router::dialects::client_encoder::ClientFormat;
use llm_router::dialects::gemini::client::stream::Framing;
use llm_router::dialects::ollama::client::wire::Shape;
use llm_router::dialects::openai::client::names::Respelled;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::summary::Served;
use llm_router::dialects::translate::answer::{AnswerDefaults, AnswerSource, whole};
use llm_router::dialects::translate::stream::StreamTranslator;
use llm_router::domain::chat::Maker;
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    Chat,
    Messages,
    Responses,
    Gemini,
    Ollama,
}

pub use Api::{Chat, Gemini, Messages, Ollama, Responses};

pub const APIS: [Api; 5] = [Chat, Messages, Responses, Gemini, Ollama];

pub fn pairs() -> impl Iterator<Item = (Api, Api)> {
    APIS.into_iter().flat_map(|upstream| APIS.map(|client| (upstream, client)))
}

impl Api {
    pub fn dialect(self) -> Dialect {
        match self {
            Chat => Dialect::OpenAiChat,
            Messages => Dialect::AnthropicMessages,
            Responses => Dialect::OpenAiResponses(Maker::OpenAi),
            Gemini => Dialect::GeminiGenerate,
            Ollama => Dialect::OllamaChat,
        }
    }

    pub fn format(self) -> ClientFormat {
        match self {
            Chat => ClientFormat::Chat,
            Messages => ClientFormat::Messages,
            Responses => ClientFormat::Responses,
            Gemini => ClientFormat::Gemini(Framing::Events),
            Ollama => ClientFormat::Ollama(Shape::Chat),
        }
    }

    /// A client's request.
    pub fn read(self, body: Bytes) -> ClientRequest {
        let request = match self {
            Gemini => ClientRequest::generate(body, String::from("m"), true),
            _ => ClientRequest::parse(self.dialect(), body, None),
        };
        request.unwrap().answered_as(String::from("resp_1"), false)
    }

    /// Of a client that wants to see thinking.
    pub fn request(self) -> ClientRequest {
        let user = json!([{"role": "user", "content": "hi"}]);
        let body = match self {
            Chat | Messages | Ollama => json!({"model": "m", "max_tokens": 9, "messages": user}),
            Responses => json!({"model": "m", "input": "hi"}),
            Gemini => json!({
                "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                "generationConfig": {"thinkingConfig": {"includeThoughts": true}},
            }),
        };
        self.read(Bytes::from(body.to_string()))
    }
}

fn defaults(request: ClientRequest, served_by: &str) -> AnswerDefaults {
    AnswerDefaults {
        id: String::from("id-1"),
        model: String::from("m"),
        now_unix: 1_790_000_000,
        wants_function_call: false,
        vendor: AnswerOptions {
            served_by: served_by.to_owned(),
            shows_thinking: true,
            own: request.own().cloned(),
            ..AnswerOptions::default()
        },
    }
}

fn source(upstream: Api, client: Api, mapping: &PayloadMapping) -> AnswerSource<'_> {
    AnswerSource {
        dialect: upstream.dialect(),
        client: client.dialect(),
        mapping,
        respelled: Respelled::default(),
        is_own: upstream == client && client != Chat,
    }
}

/// An answer of the upstream as the client gets it.
pub fn answered(upstream: Api, client: Api, body: Bytes) -> Bytes {
    answered_to(upstream, client, client.request(), "up/m", body)
}

/// To this request, by `provider/model`.
pub fn answered_to(
    upstream: Api,
    client: Api,
    request: ClientRequest,
    served_by: &str,
    body: Bytes,
) -> Bytes {
    let mapping = PayloadMapping::default();
    let defaults = || defaults(request, served_by);
    let outcome = whole(&source(upstream, client, &mapping), body, defaults);
    outcome.unwrap_or_else(|why| panic!("{upstream:?} to {client:?}: {why:?}")).0
}

pub fn streamed(upstream: Api, client: Api, pieces: &[&[u8]]) -> Vec<u8> {
    let mapping = PayloadMapping::default();
    let source = source(upstream, client, &mapping);
    let defaults = defaults(client.request(), "up/m");
    let mut translator = StreamTranslator::new(source, client.format(), true, defaults);
    let mut out = Vec::new();
    let why = |fault| panic!("{upstream:?} to {client:?}: {fault:?}");
    for piece in pieces {
        translator.push(Bytes::copy_from_slice(piece), &mut out).unwrap_or_else(why);
    }
    translator.finish(&mut out).unwrap_or_else(why);
    let elapsed = std::time::Duration::ZERO;
    let served = Served { model: "m", provider: "up", request_id: "r", cost: None, elapsed };
    out.extend(translator.close(&served));
    out.concat()
}
