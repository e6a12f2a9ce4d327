//! From a provider's `base_url` and `endpoint`, in all the ways people write them, to the one
//! URL that is called.

use url::Url;

use crate::config::entries::ProviderKind;

/// The tail of the chat endpoint in OpenAI's API and everything that follows it.
const CHAT: &str = "chat/completions";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is no URL that can be called: {reason}")]
pub struct BadEndpoint {
    written: String,
    reason: String,
}

/// The chat URL of an OpenAI-compatible provider.
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
    let base = base_url.trim_end_matches('/');
    let endpoint = endpoint.unwrap_or(CHAT);
    if endpoint.contains("://") {
        return parse(endpoint);
    }
    let endpoint = endpoint.trim_matches('/');
    parse(base)?;
    if base.ends_with(&format!("/{endpoint}")) {
        return parse(base);
    }
    if let Some((first, rest)) = endpoint.split_once('/')
        && is_version(first)
    {
        let without_version = base.strip_suffix(&format!("/{first}")).unwrap_or(base);
        return parse(&format!("{without_version}/{first}/{rest}"));
    }
    if endpoint == CHAT && !path_of(base).split('/').any(is_version) {
        return parse(&format!("{base}/{}/{CHAT}", kind.api_version()));
    }
    parse(&format!("{base}/{endpoint}"))
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
    use ProviderKind::{Deepseek, Glm, Openai, OpenaiCompatible};

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
    fn a_base_that_cannot_be_called_is_refused() {
        assert!(chat_url(Openai, "nonsense", None).is_err());
        assert!(chat_url(Openai, "http://", None).is_err());
        assert!(chat_url(Openai, "https://host", Some("ftp://x/y")).is_err());
    }
}
