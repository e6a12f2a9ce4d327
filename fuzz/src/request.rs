//! A client's request of another API than chat, for an upstream of each dialect, and an answer to it.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::client_encoder::ClientFormat;
use llm_router::dialects::errors::BadRequest;
use llm_router::dialects::gemini::client::stream::Framing;
use llm_router::dialects::ollama::client::wire::Shape;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::translate::request::{UpstreamTarget, to_upstream};
use llm_router::domain::capabilities::Capabilities;
use llm_router::domain::chat::Maker;
use llm_router::domain::facts::RequestFacts;
use llm_router::domain::provider_kind::ProviderKind;
use serde_json::{Map, Value};

use crate::answered::{self, Asked};
use crate::is_json;
use crate::pieces::Random;

const UPSTREAMS: [(ProviderKind, Dialect); 5] = [
    (ProviderKind::OpenaiCompatible, Dialect::OpenAiChat),
    (ProviderKind::Openai, Dialect::OpenAiResponses(Maker::OpenAi)),
    (ProviderKind::Claude, Dialect::AnthropicMessages),
    (ProviderKind::Gemini, Dialect::GeminiGenerate),
    (ProviderKind::Ollama, Dialect::OllamaChat),
];

/// Anthropic's Messages.
pub fn messages(bytes: &[u8]) {
    let parsed = ClientRequest::parse(Dialect::AnthropicMessages, body(bytes), None);
    check(parsed, ClientFormat::Messages, bytes);
}

/// OpenAI's Responses, and the same for a summary of the conversation.
pub fn responses(bytes: &[u8]) {
    let dialect = Dialect::OpenAiResponses(Maker::OpenAi);
    let answered = |request: ClientRequest| request.answered_as(String::from("resp_1"), false);
    for parsed in
        [ClientRequest::parse(dialect, body(bytes), None), ClientRequest::compaction(body(bytes))]
    {
        check(parsed.map(answered), ClientFormat::Responses, bytes);
    }
}

/// Gemini's `:generateContent` and `:streamGenerateContent`.
pub fn gemini(bytes: &[u8]) {
    for (is_stream, framing) in [(false, Framing::Events), (true, Framing::List)] {
        let parsed = ClientRequest::generate(body(bytes), String::from("m"), is_stream);
        check(parsed, ClientFormat::Gemini(framing), bytes);
    }
}

/// Ollama's `/api/chat` and `/api/generate`.
pub fn ollama(bytes: &[u8]) {
    for shape in [Shape::Chat, Shape::Generate] {
        let parsed = ClientRequest::ollama(shape, body(bytes), None);
        check(parsed, ClientFormat::Ollama(shape), bytes);
    }
}

fn body(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn check(parsed: Result<ClientRequest, BadRequest>, format: ClientFormat, bytes: &[u8]) {
    let request = match parsed {
        Ok(request) => request,
        Err(bad) => return check_refusal(&bad),
    };
    assert_eq!(request.sent(), bytes, "what was sent is kept as it came");
    match request.chat() {
        Ok(chat) => check_chat(chat.bytes(), &request),
        Err(bad) => return check_refusal(&bad),
    }
    let chosen = Random::of(bytes).below(UPSTREAMS.len());
    let (defaults, capabilities) = (Map::new(), Capabilities::default());
    let mapping = PayloadMapping::default();
    for (place, (kind, dialect)) in UPSTREAMS.into_iter().enumerate() {
        let to = UpstreamTarget {
            kind,
            provider: "up",
            dialect,
            model: "m",
            default_params: &defaults,
            capabilities: &capabilities,
            mapping: &mapping,
        };
        match to_upstream(&request, to) {
            Ok(sent) => {
                assert!(is_json(&sent.body), "a request is JSON");
                if place == chosen {
                    answered::check(Asked { request: &request, sent: &sent, dialect, format });
                }
            }
            Err(bad) => check_refusal(&bad),
        }
    }
}

fn check_refusal(bad: &BadRequest) {
    assert!(!bad.message.trim().is_empty(), "a refusal says nothing");
}

fn check_chat(bytes: &Bytes, request: &ClientRequest) {
    assert!(is_json(bytes), "a chat body is JSON");
    let Ok(chat) = serde_json::from_slice::<Value>(bytes) else { return };
    let messages = chat["messages"].as_array().expect("a chat body has messages");
    assert!(messages.iter().all(|message| message["role"].is_string()), "{chat}");
    let calls = messages.iter().flat_map(|it| it["tool_calls"].as_array().into_iter().flatten());
    let results = messages.iter().filter(|message| message["role"] == "tool");
    assert_eq!(calls.count(), results.count(), "each call has one result: {chat}");
    // A chat body that no client of the chat API could send is refused later, in its words.
    let parsed = ClientRequest::parse(Dialect::OpenAiChat, bytes.clone(), None);
    if let Ok(converted) = parsed {
        let (own, converted) = (&request.facts, &converted.facts);
        assert_eq!(routed_by(own), routed_by(converted), "{chat}");
        // What cannot be converted is told as dropped, and was there all the same.
        let unseen = present(own).into_iter().zip(present(converted));
        assert!(unseen.into_iter().all(|(own, chat)| own || !chat), "{own:?}: {chat}");
    }
}

fn present(facts: &RequestFacts) -> [bool; 6] {
    let needs = &facts.needs;
    [
        needs.structured,
        needs.forced_tool,
        needs.tools,
        needs.image.is_some(),
        needs.audio.is_some(),
        needs.video.is_some(),
    ]
}

/// What decides who may serve a request; numbers of tokens are estimates.
fn routed_by(facts: &RequestFacts) -> (Option<bool>, Option<u64>) {
    (facts.may_reason, facts.needs.max_tokens)
}
