//! A client's request of another API than chat, for an upstream of each dialect.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::translate::request::{UpstreamTarget, to_upstream};
use llm_router::domain::capabilities::Capabilities;
use llm_router::domain::chat::Maker;
use llm_router::domain::provider_kind::ProviderKind;
use serde_json::{Map, Value};

const UPSTREAMS: [(ProviderKind, Dialect); 5] = [
    (ProviderKind::OpenaiCompatible, Dialect::OpenAiChat),
    (ProviderKind::Openai, Dialect::OpenAiResponses(Maker::OpenAi)),
    (ProviderKind::Claude, Dialect::AnthropicMessages),
    (ProviderKind::Gemini, Dialect::GeminiGenerate),
    (ProviderKind::Ollama, Dialect::OllamaChat),
];

/// # Panics
/// When a decoder breaks a promise.
pub fn check(client: Dialect, bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    let Ok(request) = ClientRequest::parse(client, body, None) else { return };
    assert_eq!(request.sent(), bytes, "what was sent is kept as it came");
    let Ok(chat) = request.chat() else { return };
    let chat: Value = serde_json::from_slice(chat.bytes()).expect("a chat body is JSON");
    let messages = chat["messages"].as_array().expect("a chat body has messages");
    assert!(messages.iter().all(|message| message["role"].is_string()), "{chat}");
    let calls = messages.iter().flat_map(|it| it["tool_calls"].as_array().into_iter().flatten());
    let results = messages.iter().filter(|message| message["role"] == "tool");
    assert_eq!(calls.count(), results.count(), "each call has one result: {chat}");
    let (defaults, capabilities) = (Map::new(), Capabilities::default());
    let mapping = PayloadMapping::default();
    for (kind, dialect) in UPSTREAMS {
        let to = UpstreamTarget {
            kind,
            provider: "up",
            dialect,
            model: "m",
            default_params: &defaults,
            capabilities: &capabilities,
            mapping: &mapping,
        };
        if let Ok(sent) = to_upstream(&request, to) {
            serde_json::from_slice::<Value>(&sent.body).expect("a request is JSON");
        }
    }
}
