//! From a provider's `base_url` and `endpoint`, in all the ways people write them, to the URLs
//! that are called.

use url::Url;

use crate::config::entries::{ApiChoice, ProviderSettings};
use crate::domain::chat::Maker;
use crate::domain::dialect::{Dialect, EmbeddingApi};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::provider_kind::facts::{KindFacts, Location};
use crate::domain::service::Service;

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
    /// The endpoints besides those for chats.
    pub services: Vec<(Dialect, Url)>,
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
    let services = services(facts, &url)?;
    if facts.dialect != Dialect::OpenAiChat {
        others.insert(0, (facts.dialect, url));
        return Ok(Endpoints { apis: others, services, models });
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
    Ok(Endpoints { apis: others, services, models })
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
        found.extend(located(facts, url, api.location)?.map(|url| (api.dialect, url)));
    }
    Ok(found)
}

/// The endpoints for other services than chats: none where the API for those is not at its usual
/// path.
fn services(facts: &KindFacts, url: &Url) -> Result<Vec<(Dialect, Url)>, BadEndpoint> {
    if !url.path().ends_with(facts.path) {
        return Ok(Vec::new());
    }
    let mut found = Vec::with_capacity(facts.services.len());
    for (service, location) in facts.services {
        let dialect = dialect_of(*service, facts.dialect);
        found.extend(located(facts, url, *location)?.map(|url| (dialect, url)));
    }
    Ok(found)
}

/// The dialect of a service at providers whose chats are in `chats`.
pub fn dialect_of(service: Service, chats: Dialect) -> Dialect {
    match (service, chats) {
        (Service::Embeddings, Dialect::GeminiGenerate) => {
            Dialect::Embeddings(EmbeddingApi::GeminiBatch)
        }
        (Service::Embeddings, Dialect::OllamaChat) => Dialect::Embeddings(EmbeddingApi::Ollama),
        (Service::Embeddings, _) => Dialect::Embeddings(EmbeddingApi::OpenAi),
        (service, _) => Dialect::Forwarded(service),
    }
}

/// `None` where the host is none of the vendor's.
fn located(facts: &KindFacts, url: &Url, at: Location) -> Result<Option<Url>, BadEndpoint> {
    match at {
        Location::Beside(path) => beside(facts, url, path).map(Some),
        Location::AboveVersion(path) => {
            let root = url.as_str().strip_suffix(facts.path).unwrap_or_default();
            let version = facts.api_version.unwrap_or_default();
            let above = root.trim_end_matches('/').strip_suffix(version);
            above.map(|above| parse(&format!("{above}{path}"))).transpose()
        }
        Location::OnHosts { hosts, path } => {
            if !url.host_str().is_some_and(|host| hosts.contains(&host)) {
                return Ok(None);
            }
            let mut there = url.clone();
            there.set_path(path);
            there.set_query(None);
            Ok(Some(there))
        }
    }
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
mod tests;
