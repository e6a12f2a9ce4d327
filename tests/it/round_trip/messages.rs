//! A request of Anthropic's Messages at every upstream dialect: what it is sent is sound there, calls
//! and words are all there and in order, and a refusal names a place as Anthropic writes it.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::errors::BadRequest;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::translate::request::{UpstreamTarget, to_upstream};
use llm_router::dialects::{Dialect, anthropic, gemini};
use llm_router::domain::chat::{Block, ChatRequest, Maker, Message, Part};
use llm_router::domain::provider_kind::ProviderKind;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value};

use super::chats::{chats, media};
use super::{calls, capabilities, unanswered};
use crate::support::received;

/// The model that the client names.
pub(super) const OWN: &str = "";

pub(super) const UPSTREAMS: [(ProviderKind, Dialect, &str); 7] = [
    (ProviderKind::Openai, Dialect::OpenAiChat, "gpt-4o"),
    (ProviderKind::OpenaiCompatible, Dialect::OpenAiChat, "m"),
    (ProviderKind::Deepseek, Dialect::OpenAiChat, "m"),
    (ProviderKind::Openai, Dialect::OpenAiResponses(Maker::OpenAi), "gpt-5-mini"),
    (ProviderKind::Gemini, Dialect::GeminiGenerate, "gemini-2.5-flash"),
    (ProviderKind::Ollama, Dialect::OllamaChat, "llama3"),
    (ProviderKind::Claude, Dialect::AnthropicMessages, OWN),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_message_survives_every_dialect(request in chats(
        &["claude-opus-4-8", "claude-haiku-4-5"],
        &[media::png, media::pdf],
    )) {
        prop_assume!(unanswered(&request.messages).is_empty());
        let written =
            anthropic::upstream::encode::encode(&request, &capabilities(&request.model));
        let Ok(written) = written else { return Ok(()) };
        let asked = received::anthropic::read(value(&written.body)?).map_err(TestCaseError::fail)?;
        for (kind, dialect, model) in UPSTREAMS {
            let model = if model == OWN { &request.model } else { model };
            let client = ClientRequest::parse(Dialect::AnthropicMessages, written.body.clone(), None);
            sent(client, &asked, (kind, dialect, model))?;
        }
    }
}

fn value(body: &Bytes) -> Result<Value, TestCaseError> {
    serde_json::from_slice(body).map_err(|error| TestCaseError::fail(error.to_string()))
}

/// `request`: of a client that asks for `asked`.
pub(super) fn sent(
    request: Result<ClientRequest, BadRequest>,
    asked: &ChatRequest,
    (kind, dialect, model): (ProviderKind, Dialect, &str),
) -> Result<(), TestCaseError> {
    let request =
        request.map_err(|bad| TestCaseError::fail(format!("{bad:?}\nasked: {asked:#?}")))?;
    let shown = String::from_utf8_lossy(request.sent()).into_owned();
    let to = UpstreamTarget {
        kind,
        provider: "up",
        dialect,
        model,
        default_params: &Map::new(),
        capabilities: &capabilities(model),
        mapping: &PayloadMapping::default(),
    };
    let sent = match to_upstream(&request, to) {
        Ok(sent) => sent,
        Err(bad) => {
            let place = bad.param.unwrap_or_default();
            if request.dialect == Dialect::AnthropicMessages {
                prop_assert!(
                    !place.contains('[') && !bad.message.contains("]."),
                    "{}",
                    bad.message
                );
            } else {
                prop_assert!(bad.message.contains(&place), "{}", bad.message);
            }
            return Ok(());
        }
    };
    let found = value(&sent.body)?;
    let read = match dialect {
        Dialect::OpenAiResponses(_) => received::responses::read(found),
        Dialect::GeminiGenerate => {
            let path = gemini::upstream::path(model, asked.is_stream);
            received::gemini::read(&format!("/v1beta/models{path}"), found)
        }
        Dialect::OllamaChat => received::ollama::read(found),
        Dialect::AnthropicMessages => received::anthropic::read(found),
        _ => received::openai::read(found),
    };
    let sent = String::from_utf8_lossy(&sent.body).into_owned();
    let read = read.map_err(|why| {
        TestCaseError::fail(format!("{dialect:?} answers 400: {why}\n{sent}\nasked: {shown}"))
    })?;
    let of = |request: &ChatRequest| -> Vec<(String, Value)> {
        let call = |call: &llm_router::domain::chat::ToolCall| {
            (call.name.clone(), serde_json::from_str(&call.arguments).unwrap())
        };
        calls(&request.messages).map(call).collect()
    };
    prop_assert_eq!(of(&read), of(asked), "{:?}: {}\nasked: {}", dialect, sent, shown);
    // Older Gemini models take tools or a schema, and tools that must not be called are none to Ollama.
    let may_lack = matches!(dialect, Dialect::GeminiGenerate | Dialect::OllamaChat);
    if !may_lack || !read.tools.is_empty() {
        prop_assert_eq!(tools(&read), tools(asked), "{:?}: {}\nasked: {}", dialect, sent, shown);
    }
    if dialect == Dialect::OpenAiChat {
        prop_assert_eq!(words(&read), words(asked), "{:?}: {}\nasked: {}", kind, sent, shown);
    }
    Ok(())
}

fn tools(request: &ChatRequest) -> Vec<&str> {
    request.tools.iter().map(|tool| tool.name.as_str()).collect()
}

/// What users and the model said, without spaces.
fn words(request: &ChatRequest) -> String {
    let text = |part: &Part| part.text().map(str::to_owned);
    let of_block = |block: &Block| match block {
        Block::Part(part) => text(part),
        Block::Refusal(refusal) => Some(refusal.clone()),
        _ => None,
    };
    let texts = request.messages.iter().flat_map(|message| -> Vec<String> {
        match message {
            Message::User { content } => content.iter().filter_map(text).collect(),
            Message::Assistant(message) => message.blocks.iter().filter_map(of_block).collect(),
            Message::System { .. } | Message::Tool { .. } => Vec::new(),
        }
    });
    texts
        .flat_map(|text| text.chars().filter(|letter| !letter.is_whitespace()).collect::<Vec<_>>())
        .collect()
}
