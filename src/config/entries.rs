//! Providers and models of a `router.toml`, checked and typed, but not yet merged with the
//! database.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::payload_mapping::PayloadMapping;
use super::secrets::{
    self, HIDDEN, ProviderSecrets, is_hidden_proxy, is_plain, without_credentials,
};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::secret::Secret;
use crate::limits::RequestLimit;

/// `[[providers]]`. The secrets are kept apart, out of what is stored and digested.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderEntry {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ProviderKind,
    pub base_url: Option<String>,
    pub api_key_env: Option<String>,
    pub is_active: bool,
    pub settings: ProviderSettings,
    #[serde(skip)]
    pub secrets: ProviderSecrets,
    #[serde(skip)]
    pub at: usize,
}

/// `[providers.settings]`; an absent value means the kind's own or the global default.
/// Timeouts are in seconds. Secret values are hidden, see [`ProviderSettings::split_secrets`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProviderSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "secrets::headers_as_object",
        deserialize_with = "secrets::headers_of_object"
    )]
    #[schema(value_type = BTreeMap<String, String>, default = json!({}))]
    pub headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<f64>,
    /// To the response head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_chunk_timeout: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<usize>,
    /// The most calls in flight. A call beyond goes to another provider and never waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<usize>,
    /// Tokens of prompts and answers together, over all models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Seconds between health checks, which request the list of models. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe_interval: Option<f64>,
    /// `http://…` or `socks5://…`; `none` for no proxy, whatever the environment sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// PEM certificates that are trusted in addition to the public ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// Of the OpenAI family only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<ApiChoice>,
    /// Of `remote_http` only: `request` and `response`.
    #[serde(flatten)]
    pub payload_mapping: PayloadMapping,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mock: Option<MockSettings>,
    /// Keys of later versions and of other kinds, kept unchanged.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub other: Map<String, Value>,
}

impl ProviderSettings {
    /// Splits the settings as written into what may be shown and what must not.
    pub fn split_secrets(mut self) -> (Self, ProviderSecrets) {
        let mut secrets = ProviderSecrets::default();
        for (name, value) in &mut self.headers {
            if is_plain(name) || value == HIDDEN {
                continue;
            }
            secrets.headers.push((name.clone(), Secret::new(value)));
            HIDDEN.clone_into(value);
        }
        if let Some(written) = &self.proxy
            && let Some(shown) = without_credentials(written)
        {
            secrets.proxy = Some(Secret::new(written));
            self.proxy = Some(shown);
        }
        (self, secrets)
    }

    /// Whether the proxy has hidden credentials.
    pub fn has_hidden_proxy(&self) -> bool {
        self.proxy.as_deref().is_some_and(is_hidden_proxy)
    }
}

/// Which of OpenAI's two APIs is used for a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApiChoice {
    Chat,
    Responses,
    /// Chosen for each request, by what it needs of its model.
    Auto,
}

impl ApiChoice {
    pub const WORDS: [(&str, Self); 3] =
        [("chat", Self::Chat), ("responses", Self::Responses), ("auto", Self::Auto)];
}

/// The answers of a provider of type `mock`; a model's `[models.config.mock]` overrides its
/// provider's settings key by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MockSettings {
    /// Absent: the last user message is echoed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The text is repeated or cut to this many tokens (words).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_interval_ms: Option<u64>,
    /// The share of calls that are answered with `error_status`, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_status: Option<u16>,
    /// Seconds, sent as `Retry-After` with the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The list of its models, as it reports it. Absent: those that are configured for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
}

impl MockSettings {
    /// These settings, with absent ones taken from `base`.
    pub fn over(&self, base: &Self) -> Self {
        Self {
            text: self.text.clone().or_else(|| base.text.clone()),
            tokens: self.tokens.or(base.tokens),
            first_token_ms: self.first_token_ms.or(base.first_token_ms),
            token_interval_ms: self.token_interval_ms.or(base.token_interval_ms),
            error_rate: self.error_rate.or(base.error_rate),
            error_status: self.error_status.or(base.error_status),
            retry_after: self.retry_after.or(base.retry_after),
            models: self.models.clone().or_else(|| base.models.clone()),
        }
    }
}

/// `[[models]]` and `[[<any>.models]]`.
#[derive(Clone, Debug, Serialize)]
pub struct ModelEntry {
    pub name: String,
    pub provider: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub remote_identifier: Option<String>,
    pub is_active: bool,
    pub tags: Vec<String>,
    pub default_params: Map<String, Value>,
    pub local_path: Option<String>,
    pub download_uri: Option<String>,
    pub rate_limit: Option<RateLimit>,
    pub config: ModelConfig,
    #[serde(skip)]
    pub at: usize,
    #[serde(skip)]
    pub provider_at: usize,
}

/// `[models.rate_limit]`: a token bucket of `burst_size`, refilled with `max_requests` in
/// `per_seconds`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RateLimit {
    #[schema(minimum = 1)]
    pub max_requests: u64,
    #[schema(minimum = 1)]
    pub per_seconds: u64,
    /// Absent: `max_requests`.
    #[schema(minimum = 1, required = false)]
    pub burst_size: u64,
    /// How long a request may wait for the rate limit before it is refused.
    #[serde(default)]
    pub max_wait_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl RateLimit {
    /// The numbers for the limiter, without the notes.
    pub fn numbers(&self) -> RequestLimit {
        let Self { max_requests, per_seconds, burst_size, max_wait_ms, notes: _ } = *self;
        RequestLimit { max_requests, per_seconds, burst_size, max_wait_ms }
    }
}

/// `[models.config]`. Prices are US dollars per 1,000 tokens; free keys are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ModelConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_vision: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_tools: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_audio: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_video: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    pub priority: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// The most calls in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<usize>,
    /// Tokens of prompts and answers together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Models tried when this one fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
    /// Models tried when the prompt is too long for this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context_fallbacks: Vec<String>,
    /// Models tried when this one refuses for content policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content_fallbacks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_1k_tokens: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_1k_completion_tokens: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_1k_cached_tokens: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_1k_cache_write_tokens: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_1k_reasoning_tokens: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mock: Option<MockSettings>,
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub other: Map<String, Value>,
}
