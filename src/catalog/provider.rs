//! A running provider: its URL, its keys, and whether it can be called.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::config::egress::EgressPolicy;
use crate::config::entries::ProviderSettings;
use crate::config::secrets::HIDDEN;
use crate::domain::dialect::Dialect;
use crate::domain::failure::{Fault, UpstreamFailure};
use crate::domain::ids::ProviderId;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::proxy::Proxy;
use crate::domain::secret::Secret;
use crate::health::Health;
use crate::limits::{LimitSettings, LimitsHandle};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    File,
    Api,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Api => "api",
        }
    }
}

/// Whether a provider can be called, provided that it and its model are active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Ready,
    /// The key is missing; `variable` should hold it, if one is named.
    NoKey {
        variable: Option<String>,
    },
    /// There is a key that cannot be used, with the reason.
    KeyUnusable(String),
    /// `base_url` and `endpoint` give no URL.
    NoUrl(String),
}

#[derive(Clone, Debug)]
pub struct Provider {
    pub id: ProviderId,
    pub name: String,
    pub kind: ProviderKind,
    pub base_url: Option<String>,
    /// The APIs that it is called through, the preferred one first; a mock has none.
    pub apis: Vec<(Dialect, Url)>,
    /// Its endpoints besides those for chats; a mock has none.
    pub services: Vec<(Dialect, Url)>,
    /// The list of its models.
    pub models_url: Option<Url>,
    pub api_key_env: Option<String>,
    pub keys: Vec<Secret>,
    /// The headers of each call with their values, which `settings` hides.
    pub headers: Vec<(String, Secret)>,
    pub is_active: bool,
    pub settings: ProviderSettings,
    pub origin: Origin,
    pub access: Access,
    /// The proxy for its calls.
    pub proxy: Option<Proxy>,
    /// Whether its URL may point at a link-local address.
    pub egress: EgressPolicy,
    /// Changes when existing connections must not be reused.
    pub revision: u64,
    /// Circuit and latency; kept over reloads.
    pub health: Arc<Health>,
    /// What of them is in use is kept over reloads.
    pub limits: LimitsHandle,
}

impl Provider {
    /// A provider's calls in flight are counted only where they are limited.
    pub fn limits_of(settings: &ProviderSettings) -> LimitsHandle {
        LimitsHandle::local(LimitSettings {
            max_concurrent: settings.max_concurrent,
            tokens_per_minute: settings.tokens_per_minute,
            requests: None,
            is_compared: false,
        })
    }

    pub fn is_callable(&self) -> bool {
        self.is_active && self.access == Access::Ready
    }

    /// Where it is called, if nothing else is chosen.
    pub fn url(&self) -> Option<&Url> {
        self.apis.first().map(|(_, url)| url)
    }

    /// Why a call cannot be made, for the person who asked for one of its models.
    pub fn unavailable_reason(&self) -> Option<String> {
        let name = &self.name;
        if !self.is_active {
            return Some(format!("provider `{name}` is not active"));
        }
        match &self.access {
            Access::Ready => None,
            Access::NoKey { variable: Some(variable) } => Some(format!(
                "provider `{name}` has no key: set {variable} in the router's environment and restart it"
            )),
            Access::NoKey { variable: None } => Some(format!(
                "provider `{name}` has no key: set `api_key_env` in router.toml, or `api_key` over REST"
            )),
            Access::KeyUnusable(reason) => Some(format!("provider `{name}` has no key: {reason}")),
            Access::NoUrl(reason) => Some(format!("provider `{name}` has no usable URL: {reason}")),
        }
    }

    /// A failure of this provider, with its secrets redacted.
    pub fn failure(&self, fault: Fault) -> UpstreamFailure {
        let fault = fault.map_message(|words| self.redact(words));
        UpstreamFailure { provider: self.name.clone(), fault }
    }

    /// Removes its secrets from a text that came from outside.
    pub fn redact(&self, text: &str) -> String {
        /// A shorter header value is no secret, and could occur in any text.
        const SHORTEST: usize = 6;
        let headers = self.headers.iter().filter(|(name, value)| {
            let shown = self.settings.headers.iter().find(|(known, _)| known == name);
            shown.is_none_or(|(_, shown)| shown == HIDDEN) && value.expose().len() >= SHORTEST
        });
        let proxy = self.proxy.iter().filter_map(|proxy| proxy.credentials.as_ref());
        let proxy = proxy.map(|(_, password)| password);
        let secrets = self.keys.iter().chain(headers.map(|(_, value)| value)).chain(proxy);
        secrets.fold(text.to_owned(), |text, secret| secret.redact_in(&text))
    }

    /// The state of its circuit: `closed`, `open` or `half-open`.
    pub fn circuit(&self, now: Duration) -> &'static str {
        self.health.circuit.state(now).as_str()
    }

    /// The state for lists, in a word or two.
    pub fn state(&self) -> &'static str {
        match &self.access {
            _ if !self.is_active => "inactive",
            Access::Ready => "ready",
            Access::NoKey { .. } | Access::KeyUnusable(_) => "no key",
            Access::NoUrl(_) => "no url",
        }
    }
}
