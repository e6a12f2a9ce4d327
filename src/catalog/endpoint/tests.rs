//! Of all the spellings of a base URL.

use super::*;
use ProviderKind::{
    Claude, Deepseek, Gemini, Glm, Grok, Kimi, Ollama, Openai, OpenaiCompatible, Openrouter, Qwen,
    Transformers, Vllm,
};

#[test]
fn every_spelling_of_a_provider_resolves_to_the_right_url() {
    const GLM: &str = "https://open.bigmodel.cn/api/paas/v4/chat/completions";
    const CODING: &str = "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions";
    const OPENAI: &str = "https://api.openai.com/v1/chat/completions";
    for (kind, base, endpoint, expected) in [
        (Openai, "https://api.openai.com", None, OPENAI),
        (Openai, "https://api.openai.com/", None, OPENAI),
        (Openai, "https://api.openai.com/v1", None, OPENAI),
        (Openai, "https://api.openai.com/v1/", None, OPENAI),
        (Openai, "https://api.openai.com/v1", Some("/v1/chat/completions"), OPENAI),
        (Openai, "https://api.openai.com", Some("/v1/chat/completions"), OPENAI),
        (Openai, "https://api.openai.com", Some("chat/completions"), OPENAI),
        (Openai, OPENAI, None, OPENAI),
        (Openai, OPENAI, Some("/v1/chat/completions"), OPENAI),
        (Glm, "https://open.bigmodel.cn/api/paas/v4", None, GLM),
        (Glm, "https://open.bigmodel.cn/api/paas/v4", Some("/v4/chat/completions"), GLM),
        (Glm, "https://open.bigmodel.cn/api/paas/v4/", Some("/chat/completions"), GLM),
        (Glm, "https://open.bigmodel.cn/api/paas", Some("/v4/chat/completions"), GLM),
        (Glm, "https://open.bigmodel.cn/api/paas", Some("/chat/completions"), GLM),
        (Glm, "https://open.bigmodel.cn/api/paas", None, GLM),
        (Glm, "https://open.bigmodel.cn/api/coding/paas/v4", None, CODING),
        (Glm, "https://open.bigmodel.cn/api/coding/paas/v4", Some("/v4/chat/completions"), CODING),
        (Glm, "https://open.bigmodel.cn/api/coding/paas/v4", Some("/chat/completions"), CODING),
        (
            Deepseek,
            "https://api.deepseek.com",
            None,
            "https://api.deepseek.com/v1/chat/completions",
        ),
        (
            Deepseek,
            "https://api.deepseek.com/beta",
            None,
            "https://api.deepseek.com/beta/chat/completions",
        ),
        (
            OpenaiCompatible,
            "https://generativelanguage.googleapis.com/v1beta/openai",
            None,
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        (
            OpenaiCompatible,
            "http://10.0.0.1:9",
            Some("/custom/chat"),
            "http://10.0.0.1:9/custom/chat",
        ),
        (OpenaiCompatible, "http://h", Some("https://other/x"), "https://other/x"),
        (OpenaiCompatible, "https://host/chat/completions", None, "https://host/chat/completions"),
    ] {
        let url = main_url(kind, base, endpoint).map(String::from);
        assert_eq!(url, Ok(expected.to_owned()), "{base} + {endpoint:?}");
    }
}

#[test]
fn providers_of_other_dialects_have_their_own_tails() {
    const CLAUDE: &str = "https://api.anthropic.com/v1/messages";
    const GEMINI: &str = "https://generativelanguage.googleapis.com/v1beta/models";
    const OLLAMA: &str = "http://localhost:11434/api/chat";
    for (kind, base, endpoint, expected) in [
        (Claude, "https://api.anthropic.com", None, CLAUDE),
        (Claude, "https://api.anthropic.com/v1", None, CLAUDE),
        (Claude, "https://api.anthropic.com", Some("/v1/messages"), CLAUDE),
        (
            Claude,
            "https://api.deepseek.com/anthropic",
            None,
            "https://api.deepseek.com/anthropic/v1/messages",
        ),
        (Gemini, "https://generativelanguage.googleapis.com", None, GEMINI),
        (Gemini, "https://generativelanguage.googleapis.com/v1beta", None, GEMINI),
        (Ollama, "http://localhost:11434", None, OLLAMA),
        (Ollama, "http://localhost:11434/", None, OLLAMA),
        (Ollama, "http://localhost:11434/api", None, OLLAMA),
        (Ollama, "http://localhost:11434/v1", None, OLLAMA),
    ] {
        let url = main_url(kind, base, endpoint).map(String::from);
        assert_eq!(url, Ok(expected.to_owned()), "{base} + {endpoint:?}");
    }
}

fn of(kind: ProviderKind, base: &str, endpoint: Option<&str>, api: Option<ApiChoice>) -> Endpoints {
    let endpoint = endpoint.map(str::to_owned);
    let settings = ProviderSettings { endpoint, api, ..ProviderSettings::default() };
    endpoints(kind, base, &settings).unwrap()
}

fn shown(endpoints: &Endpoints) -> Vec<String> {
    endpoints.apis.iter().map(|(dialect, url)| format!("{dialect:?} {url}")).collect()
}

#[test]
fn responses_are_asked_for_next_to_the_chats() {
    for (base, endpoint, responses) in [
        ("https://h/v1", None, "https://h/v1/responses"),
        ("https://h/v1", Some("/own/responses"), "https://h/v1/own/responses"),
    ] {
        let found = of(OpenaiCompatible, base, endpoint, Some(ApiChoice::Responses));
        assert_eq!(shown(&found), [format!("OpenAiResponses(OpenAi) {responses}")]);
    }
}

#[test]
fn models_are_listed_next_to_the_chats() {
    for (kind, base, models) in [
        (Openai, "https://h", "https://h/v1/models"),
        (Claude, "https://h", "https://h/v1/models"),
        (Gemini, "https://h", "https://h/v1beta/models"),
        (Ollama, "http://h", "http://h/api/tags"),
    ] {
        let found = of(kind, base, None, None).models;
        assert_eq!(found.as_str(), models);
    }
}

#[test]
fn apis_beside_the_chats_are_listed_behind_them() {
    let text = [
        (Openai, "https://api.openai.com"),
        (Grok, "https://api.x.ai/v1"),
        (Deepseek, "https://api.deepseek.com"),
        (Glm, "https://open.bigmodel.cn/api/paas/v4"),
        (Glm, "https://api.z.ai/api/coding/paas/v4"),
        (Kimi, "https://api.moonshot.ai/v1"),
        (Vllm, "http://h:8000"),
        (Transformers, "http://h:8000"),
    ]
    .map(|(kind, base)| shown(&of(kind, base, None, None)).join("\n"));
    insta::assert_snapshot!(text.join("\n\n"), @"
    OpenAiChat https://api.openai.com/v1/chat/completions
    OpenAiResponses(OpenAi) https://api.openai.com/v1/responses

    OpenAiChat https://api.x.ai/v1/chat/completions
    OpenAiResponses(Xai) https://api.x.ai/v1/responses

    OpenAiChat https://api.deepseek.com/v1/chat/completions
    AnthropicMessages https://api.deepseek.com/anthropic/v1/messages

    OpenAiChat https://open.bigmodel.cn/api/paas/v4/chat/completions
    AnthropicMessages https://open.bigmodel.cn/api/anthropic/v1/messages

    OpenAiChat https://api.z.ai/api/coding/paas/v4/chat/completions
    AnthropicMessages https://api.z.ai/api/anthropic/v1/messages
    OpenAiResponses(OpenAi) https://api.z.ai/api/v1/responses

    OpenAiChat https://api.moonshot.ai/v1/chat/completions
    AnthropicMessages https://api.moonshot.ai/anthropic/v1/messages
    OpenAiResponses(OpenAi) https://api.moonshot.ai/v1/responses

    OpenAiChat http://h:8000/v1/chat/completions
    AnthropicMessages http://h:8000/v1/messages
    OpenAiResponses(OpenAi) http://h:8000/v1/responses

    OpenAiChat http://h:8000/v1/chat/completions
    OpenAiResponses(OpenAi) http://h:8000/v1/responses
    ");
    for (alone, base) in [
        (Qwen, "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        (Openrouter, "https://openrouter.ai/api/v1"),
        (Claude, "https://api.anthropic.com"),
        (Gemini, "https://generativelanguage.googleapis.com"),
        (Ollama, "http://h:11434"),
    ] {
        assert_eq!(of(alone, base, None, None).apis.len(), 1, "{alone:?}");
    }
}

#[test]
fn settings_and_hosts_narrow_the_apis() {
    let chat = Some(ApiChoice::Chat);
    for (kind, base, endpoint, api, expected) in [
        (Openai, "https://h", None, chat, vec!["OpenAiChat https://h/v1/chat/completions"]),
        // A vendor's host offers what a proxy of its chats may not.
        (Deepseek, "https://h", None, None, vec!["OpenAiChat https://h/v1/chat/completions"]),
        (Vllm, "http://h", Some("own/chat"), None, vec!["OpenAiChat http://h/own/chat"]),
        (Openai, "http://h", Some("own/chat"), None, vec!["OpenAiChat http://h/own/chat"]),
        (
            Openai,
            "http://h",
            Some("/v1/responses"),
            None,
            vec!["OpenAiResponses(OpenAi) http://h/v1/responses"],
        ),
        (
            Kimi,
            "https://api.moonshot.cn",
            None,
            Some(ApiChoice::Responses),
            vec![
                "OpenAiResponses(OpenAi) https://api.moonshot.cn/v1/responses",
                "AnthropicMessages https://api.moonshot.cn/anthropic/v1/messages",
            ],
        ),
    ] {
        assert_eq!(shown(&of(kind, base, endpoint, api)), expected, "{kind:?}");
    }
}

#[test]
fn a_base_that_cannot_be_called_is_refused() {
    assert!(main_url(Openai, "nonsense", None).is_err());
    assert!(main_url(Openai, "http://", None).is_err());
    assert!(main_url(Openai, "https://host", Some("ftp://x/y")).is_err());
}

#[test]
fn other_endpoints_lie_where_the_vendor_has_them() {
    for (kind, base, service, expected) in [
        (
            Openai,
            "https://api.openai.com",
            Service::Speech,
            Some("https://api.openai.com/v1/audio/speech"),
        ),
        (Openai, "https://api.openai.com", Service::Rerank, None),
        (
            Deepseek,
            "https://api.deepseek.com",
            Service::Completions,
            Some("https://api.deepseek.com/beta/completions"),
        ),
        (Deepseek, "https://proxy.example", Service::Completions, None),
        (
            Ollama,
            "http://localhost:11434",
            Service::Completions,
            Some("http://localhost:11434/v1/completions"),
        ),
        (
            Ollama,
            "http://localhost:11434/v1",
            Service::Embeddings,
            Some("http://localhost:11434/api/embed"),
        ),
        (
            Gemini,
            "https://generativelanguage.googleapis.com",
            Service::Embeddings,
            Some("https://generativelanguage.googleapis.com/v1beta/models"),
        ),
        (
            OpenaiCompatible,
            "https://api.cohere.com/v2",
            Service::Rerank,
            Some("https://api.cohere.com/v2/rerank"),
        ),
        (Vllm, "http://h:8000", Service::Rerank, Some("http://h:8000/v1/rerank")),
        (Claude, "https://api.anthropic.com", Service::Embeddings, None),
    ] {
        let found = of(kind, base, None, None).services;
        let url = found.iter().find(|(dialect, _)| dialect.service() == service);
        assert_eq!(url.map(|(_, url)| url.as_str()), expected, "{kind:?} {base} {service:?}");
    }
    // An endpoint of one's own means that API alone.
    assert!(of(OpenaiCompatible, "http://h", Some("/custom/chat"), None).services.is_empty());
}
