//! From a provider's `base_url` and `endpoint`, in all the ways people write them, to the URLs
//! that are called.

use url::Url;

use crate::config::entries::{ApiChoice, ProviderSettings};
use crate::domain::chat::Maker;
use crate::domain::dialect::Dialect;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::provider_kind::facts::{KindFacts, Location};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is not a usable URL: {reason}")]
pub struct BadEndpoint {
    written: String,
    reason: String,
}

/// A provider's URLs.
#[derive(Debug)]
pub struct Endpoints {
    /// The APIs that it is called through, the preferred one first.
    pub apis: Vec<(Dialect, Url)>,
    /// The list of its models, next to its preferred API.
    pub models: Url,
}

/// The setting `api` decides which of OpenAI's two APIs a provider of the family is called
/// through; without it, an `endpoint` that ends with `responses` does. An `endpoint` of one's own
/// means that API only.
///
/// # Errors
/// When no http(s) URL with a host comes out.
pub fn endpoints(
    kind: ProviderKind,
    base_url: &str,
    settings: &ProviderSettings,
) -> Result<Endpoints, BadEndpoint> {
    let facts = kind.facts();
    let url = main_url(kind, base_url, settings.endpoint.as_deref())?;
    let models = models_url(facts, &url)?;
    let mut others = others(facts, &url)?;
    if facts.dialect != Dialect::OpenAiChat {
        others.insert(0, (facts.dialect, url));
        return Ok(Endpoints { apis: others, models });
    }
    let listed = others.iter().position(|(dialect, _)| is_responses(*dialect));
    let is_own_responses = url.path().ends_with("/responses");
    let first = match settings.api.unwrap_or(ApiChoice::Auto) {
        ApiChoice::Auto if !is_own_responses => (Dialect::OpenAiChat, url),
        ApiChoice::Chat => {
            others.retain(|(dialect, _)| !is_responses(*dialect));
            (Dialect::OpenAiChat, url)
        }
        ApiChoice::Auto | ApiChoice::Responses => match listed {
            Some(listed) => others.remove(listed),
            None => (responses_of(facts), beside(facts, &url, "responses")?),
        },
    };
    others.insert(0, first);
    Ok(Endpoints { apis: others, models })
}

fn responses_of(facts: &KindFacts) -> Dialect {
    let own = facts.other_apis.iter().map(|api| api.dialect).find(|api| is_responses(*api));
    own.unwrap_or(Dialect::OpenAiResponses(Maker::OpenAi))
}

fn is_responses(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::OpenAiResponses(_))
}

/// The APIs beside the one at `url`: none where that is not at its usual path.
fn others(facts: &KindFacts, url: &Url) -> Result<Vec<(Dialect, Url)>, BadEndpoint> {
    if !url.path().ends_with(facts.path) {
        return Ok(Vec::new());
    }
    let mut found = Vec::with_capacity(facts.other_apis.len() + 1);
    for api in facts.other_apis {
        match api.location {
            Location::Beside(path) => found.push((api.dialect, beside(facts, url, path)?)),
            Location::OnHosts { hosts, path } => {
                if url.host_str().is_some_and(|host| hosts.contains(&host)) {
                    let mut there = url.clone();
                    there.set_path(path);
                    there.set_query(None);
                    found.push((api.dialect, there));
                }
            }
        }
    }
    Ok(found)
}

/// `url` with another path after the version; unchanged where it does not have the usual one.
fn beside(facts: &KindFacts, url: &Url, path: &str) -> Result<Url, BadEndpoint> {
    match url.as_str().strip_suffix(facts.path) {
        Some(root) => parse(&format!("{root}{path}")),
        None => Ok(url.clone()),
    }
}

/// Where a provider's own API is called. Gemini's URL goes on with the model's name and method.
///
/// A base that is already the whole URL is used unchanged. A base without a version segment gets
/// the kind's own (`/v1`, `/v4` for glm). A version both at the end of the base and at the start
/// of the endpoint is used once. An endpoint that is a URL replaces the base.
///
/// # Errors
/// When no http(s) URL with a host comes out.
fn main_url(
    kind: ProviderKind,
    base_url: &str,
    endpoint: Option<&str>,
) -> Result<Url, BadEndpoint> {
    let mut base = base_url.trim_end_matches('/');
    let facts = kind.facts();
    let tail = facts.path;
    let endpoint = endpoint.unwrap_or(tail);
    if endpoint.contains("://") {
        return parse(endpoint);
    }
    let endpoint = endpoint.trim_matches('/');
    parse(base)?;
    let Some(version) = facts.api_version else {
        let slash = if endpoint.is_empty() { "" } else { "/" };
        return parse(&format!("{base}{slash}{endpoint}"));
    };
    if let Some(foreign) = facts.foreign_base_end {
        base = base.strip_suffix(foreign).unwrap_or(base);
    }
    if base.ends_with(&format!("/{endpoint}")) {
        return parse(base);
    }
    if let Some((first, rest)) = endpoint.split_once('/')
        && (is_version(first) || first == version)
    {
        let without_version = base.strip_suffix(&format!("/{first}")).unwrap_or(base);
        return parse(&format!("{without_version}/{first}/{rest}"));
    }
    let has_version =
        path_of(base).split('/').any(is_version) || base.ends_with(&format!("/{version}"));
    if endpoint == tail && !has_version {
        return parse(&format!("{base}/{version}/{tail}"));
    }
    parse(&format!("{base}/{endpoint}"))
}

fn models_url(facts: &KindFacts, url: &Url) -> Result<Url, BadEndpoint> {
    let url = url.as_str();
    let root = url.strip_suffix(facts.path).unwrap_or(url).trim_end_matches('/');
    parse(&format!("{root}/{}", facts.models_path.unwrap_or("models")))
}

fn parse(text: &str) -> Result<Url, BadEndpoint> {
    let refuse = |reason: String| BadEndpoint { written: text.to_owned(), reason };
    let url = Url::parse(text).map_err(|error| refuse(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(String::from("the scheme must be http or https")));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refuse(String::from("a host is missing")));
    }
    Ok(url)
}

fn path_of(base: &str) -> &str {
    let after_scheme = base.split_once("://").map_or(base, |(_, rest)| rest);
    after_scheme.split_once('/').map_or("", |(_, path)| path)
}

/// `v1`, `v4`, `v1beta`, and DeepSeek's bare `beta`.
fn is_version(segment: &str) -> bool {
    let Some(digits) = segment.strip_prefix('v') else { return segment == "beta" };
    let tail = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    tail.len() < digits.len()
        && (tail.is_empty() || tail.starts_with("beta") || tail.starts_with("alpha"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProviderKind::{
        Claude, Deepseek, Gemini, Glm, Grok, Kimi, Ollama, Openai, OpenaiCompatible, Openrouter,
        Qwen, Transformers, Vllm,
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
            (
                Glm,
                "https://open.bigmodel.cn/api/coding/paas/v4",
                Some("/v4/chat/completions"),
                CODING,
            ),
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
            (
                OpenaiCompatible,
                "https://host/chat/completions",
                None,
                "https://host/chat/completions",
            ),
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

    fn of(
        kind: ProviderKind,
        base: &str,
        endpoint: Option<&str>,
        api: Option<ApiChoice>,
    ) -> Endpoints {
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
}
