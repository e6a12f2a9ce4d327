//! From a provider's `base_url` and `endpoint`, in all the ways people write them, to the one
//! URL that is called.

use url::Url;

use crate::domain::provider_kind::ProviderKind;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is no URL that can be called: {reason}")]
pub struct BadEndpoint {
    written: String,
    reason: String,
}

/// Where a provider's chats are posted. Gemini's URL goes on with the model's name and method.
///
/// A base that is already the whole URL is taken as it is. A base without a version segment
/// gets the kind's own (`/v1`, `/v4` for glm). A version that stands both at the end of the
/// base and at the start of the endpoint is taken once. An endpoint that is a URL replaces the
/// base.
///
/// # Errors
/// When no http(s) URL with a host comes out.
pub fn chat_url(
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

/// Where a provider of the OpenAI family takes requests in its Responses API, next to where its
/// chats are posted.
pub fn responses_url(chat_url: &Url) -> String {
    let url = chat_url.as_str();
    match url.strip_suffix("chat/completions") {
        Some(root) => format!("{root}responses"),
        None => url.to_owned(),
    }
}

/// Where a provider lists its models, next to where its chats are posted.
pub fn models_url(kind: ProviderKind, chat_url: &Url) -> String {
    let url = chat_url.as_str();
    let root = url.strip_suffix(kind.facts().path).unwrap_or(url).trim_end_matches('/');
    format!("{root}/{}", kind.facts().models_path.unwrap_or("models"))
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
    use ProviderKind::{Claude, Deepseek, Gemini, Glm, Ollama, Openai, OpenaiCompatible};

    #[test]
    fn every_way_to_write_a_provider_resolves_to_the_one_right_url() {
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
            let url = chat_url(kind, base, endpoint).map(String::from);
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
            let url = chat_url(kind, base, endpoint).map(String::from);
            assert_eq!(url, Ok(expected.to_owned()), "{base} + {endpoint:?}");
        }
    }

    #[test]
    fn responses_are_asked_for_next_to_the_chats() {
        for (chat, responses) in [
            ("https://h/v1/chat/completions", "https://h/v1/responses"),
            ("https://h/own/responses", "https://h/own/responses"),
        ] {
            assert_eq!(responses_url(&chat.parse().unwrap()), responses);
        }
    }

    #[test]
    fn models_are_listed_next_to_the_chats() {
        for (kind, chat, models) in [
            (Openai, "https://h/v1/chat/completions", "https://h/v1/models"),
            (Claude, "https://h/v1/messages", "https://h/v1/models"),
            (Gemini, "https://h/v1beta/models", "https://h/v1beta/models"),
            (Ollama, "http://h/api/chat", "http://h/api/tags"),
        ] {
            assert_eq!(models_url(kind, &chat.parse().unwrap()), models);
        }
    }

    #[test]
    fn a_base_that_cannot_be_called_is_refused() {
        assert!(chat_url(Openai, "nonsense", None).is_err());
        assert!(chat_url(Openai, "http://", None).is_err());
        assert!(chat_url(Openai, "https://host", Some("ftp://x/y")).is_err());
    }
}
