//! Selects the provider's API for a request: the client's own, if the provider has it, else the
//! provider's preferred one. OpenAI and xAI serve the same models through two APIs; there the model
//! and the request decide.

use serde_json::{Map, Value};
use url::Url;

use super::Dialect;
use crate::catalog::capabilities::{Api, ModelFacts};
use crate::catalog::endpoint::dialect_of;
use crate::dialects::request::ClientRequest;
use crate::dialects::web_search;
use crate::domain::capabilities::SearchStyle;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::service::Service;

/// `apis`: the provider's, the preferred one first; a mock has none, and answers in OpenAI's chat
/// format. `model`: the known facts of the model.
pub fn select_api(
    request: &ClientRequest,
    kind: ProviderKind,
    apis: &[(Dialect, Url)],
    model: &ModelFacts,
    default_params: &Map<String, Value>,
) -> Dialect {
    let offered = || apis.iter().map(|(dialect, _)| *dialect);
    let own = offered().find(|api| api.is_same_api(request.dialect));
    let api = own.or_else(|| offered().next()).unwrap_or(Dialect::OpenAiChat);
    if api != Dialect::OpenAiChat || !kind.facts().chooses_responses_by_model {
        return api;
    }
    let Some(responses) = offered().find(|api| matches!(api, Dialect::OpenAiResponses(_))) else {
        return api;
    };
    let needs_responses = match model.api {
        Some(api) => api == Api::Responses,
        None => {
            model.tools_with_reasoning_need_responses
                && request.facts.names_tools
                && request.facts.may_reason.unwrap_or_else(|| may_reason(default_params))
                || model.capabilities.web_search == SearchStyle::Tool && asks_for_search(request)
        }
    };
    if needs_responses { responses } else { api }
}

/// The provider's endpoint for another service than chats. A mock has no URLs, and answers as
/// OpenAI would.
pub fn select_service(
    service: Service,
    kind: ProviderKind,
    services: &[(Dialect, Url)],
) -> Option<Dialect> {
    if kind == ProviderKind::Mock {
        let has_it = kind.facts().services.iter().any(|(known, _)| *known == service);
        return has_it.then(|| dialect_of(service, Dialect::OpenAiChat));
    }
    services.iter().map(|(dialect, _)| *dialect).find(|dialect| dialect.service() == service)
}

/// Only the other API has a search of the web as a tool.
fn asks_for_search(request: &ClientRequest) -> bool {
    request.chat().is_ok_and(|chat| chat.has(web_search::OPTIONS))
}

/// Without an effort in the request. Only the effort `none` turns such a model's reasoning off.
fn may_reason(default_params: &Map<String, Value>) -> bool {
    default_params.get("reasoning_effort").and_then(Value::as_str) != Some("none")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capabilities::Capabilities;
    use crate::domain::chat::Maker;
    use bytes::Bytes;
    use serde_json::json;

    const CHAT: Dialect = Dialect::OpenAiChat;
    const RESPONSES: Dialect = Dialect::OpenAiResponses(Maker::OpenAi);

    const XAI_RESPONSES: Dialect = Dialect::OpenAiResponses(Maker::Xai);

    fn apis(dialects: &[Dialect]) -> Vec<(Dialect, Url)> {
        let url = Url::parse("https://h/").unwrap();
        dialects.iter().map(|dialect| (*dialect, url.clone())).collect()
    }

    fn chosen(kind: ProviderKind, offered: &[Dialect], facts: &ModelFacts, more: &str) -> Dialect {
        select_api(&request(CHAT, more), kind, &apis(offered), facts, &Map::new())
    }

    /// In the chat format, as if it had come in another dialect.
    fn request(client: Dialect, more: &str) -> ClientRequest {
        let body = format!(r#"{{"messages":[{{"role":"user"}}]{more}}}"#);
        let mut request = ClientRequest::parse(CHAT, Bytes::from(body), None).unwrap();
        request.dialect = client;
        request
    }

    #[test]
    fn tools_with_reasoning_go_to_responses_where_chat_refuses_them() {
        let facts =
            ModelFacts { tools_with_reasoning_need_responses: true, ..ModelFacts::default() };
        let both = [CHAT, RESPONSES];
        let searches = |web_search| ModelFacts {
            capabilities: Capabilities { web_search, ..Capabilities::default() },
            ..ModelFacts::default()
        };
        let search = r#","web_search_options":{}"#;
        for (style, more, expected) in [
            (SearchStyle::Tool, search, RESPONSES),
            (SearchStyle::Tool, "", CHAT),
            (SearchStyle::Options, search, CHAT),
        ] {
            assert_eq!(chosen(ProviderKind::Openai, &both, &searches(style), more), expected);
        }
        for (more, expected) in [
            ("", CHAT),
            (r#","reasoning_effort":"high""#, CHAT),
            (r#","tools":[]"#, RESPONSES),
            (r#","tools":[],"reasoning_effort":null"#, RESPONSES),
            (r#","tools":[],"reasoning_effort":"low""#, RESPONSES),
            (r#","tools":[],"reasoning_effort":"none""#, CHAT),
        ] {
            assert_eq!(chosen(ProviderKind::Openai, &both, &facts, more), expected, "{more}");
            for elsewhere in [ProviderKind::Openrouter, ProviderKind::Vllm] {
                assert_eq!(chosen(elsewhere, &both, &facts, more), CHAT);
            }
        }
        let request = request(CHAT, r#","tools":[]"#);
        let defaults = json!({"reasoning_effort": "none"});
        let defaults = defaults.as_object().unwrap();
        let quiet = select_api(&request, ProviderKind::Openai, &apis(&both), &facts, defaults);
        assert_eq!(quiet, CHAT);
    }

    /// The provider's configured APIs take precedence over the table of models.
    #[test]
    fn the_settings_count_more_than_the_table() {
        let better = ModelFacts { api: Some(Api::Responses), ..ModelFacts::default() };
        for (kind, offered, expected) in [
            (ProviderKind::Openai, &[CHAT, RESPONSES] as &[_], RESPONSES),
            (ProviderKind::Grok, &[CHAT, XAI_RESPONSES], XAI_RESPONSES),
            (ProviderKind::Openrouter, &[CHAT], CHAT),
            (ProviderKind::Openai, &[CHAT], CHAT),
            (ProviderKind::OpenaiCompatible, &[RESPONSES], RESPONSES),
            (ProviderKind::Claude, &[Dialect::AnthropicMessages], Dialect::AnthropicMessages),
            (ProviderKind::Mock, &[], CHAT),
        ] {
            assert_eq!(chosen(kind, offered, &better, ""), expected, "{kind:?} {offered:?}");
        }
    }

    #[test]
    fn a_client_gets_the_api_of_its_own_dialect_where_there_is_one() {
        let facts = ModelFacts { api: Some(Api::Responses), ..ModelFacts::default() };
        let anthropic = Dialect::AnthropicMessages;
        for (client, kind, offered, expected) in [
            (anthropic, ProviderKind::Vllm, &[CHAT, anthropic, RESPONSES] as &[_], anthropic),
            (RESPONSES, ProviderKind::Vllm, &[CHAT, anthropic, RESPONSES], RESPONSES),
            (CHAT, ProviderKind::Vllm, &[CHAT, anthropic, RESPONSES], CHAT),
            (Dialect::Invoke, ProviderKind::Vllm, &[CHAT, anthropic, RESPONSES], CHAT),
            (anthropic, ProviderKind::Qwen, &[CHAT], CHAT),
            (anthropic, ProviderKind::Openai, &[CHAT, RESPONSES], RESPONSES),
            (RESPONSES, ProviderKind::Grok, &[CHAT, XAI_RESPONSES], XAI_RESPONSES),
            (anthropic, ProviderKind::Gemini, &[Dialect::GeminiGenerate], Dialect::GeminiGenerate),
        ] {
            let request = request(client, "");
            let api = select_api(&request, kind, &apis(offered), &facts, &Map::new());
            assert_eq!(api, expected, "{client:?} at {kind:?}");
        }
    }
}
