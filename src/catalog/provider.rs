//! A running provider: where it is called, with which keys, and whether it can be.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::config::entries::{ProviderKind, ProviderSettings};
use crate::domain::ids::ProviderId;
use crate::domain::proxy::Proxy;
use crate::domain::secret::Secret;
use crate::vitals::Vitals;

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

/// Whether a provider can be called, were it and its model active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Ready,
    /// Its key is missing; the variable that should hold it, where one is named.
    NoKey {
        variable: Option<String>,
    },
    /// `base_url` and `endpoint` give no URL.
    NoUrl(String),
}

#[derive(Clone, Debug)]
pub struct Provider {
    pub id: ProviderId,
    pub name: String,
    pub kind: ProviderKind,
    pub base_url: Option<String>,
    /// Where chat completions are posted; a mock has none.
    pub chat_url: Option<Url>,
    pub api_key_env: Option<String>,
    pub keys: Vec<Secret>,
    pub is_active: bool,
    pub settings: ProviderSettings,
    pub origin: Origin,
    pub access: Access,
    /// What it is called through.
    pub proxy: Option<Proxy>,
    /// Changes when connections made before cannot serve any more.
    pub revision: u64,
    /// How it is doing; kept over reloads.
    pub vitals: Arc<Vitals>,
}

impl Provider {
    pub fn is_callable(&self) -> bool {
        self.is_active && self.access == Access::Ready
    }

    /// Why a call cannot be made, for the person who asked for one of its models.
    pub fn why_not(&self) -> Option<String> {
        let name = &self.name;
        if !self.is_active {
            return Some(format!("provider `{name}` is not active"));
        }
        match &self.access {
            Access::Ready => None,
            Access::NoKey { variable: Some(variable) } => Some(format!(
                "provider `{name}` has no key: set {variable} in the router's environment and restart it"
            )),
            Access::NoKey { variable: None } => {
                Some(format!("provider `{name}` has no key: set `api_key_env` in router.toml"))
            }
            Access::NoUrl(reason) => Some(format!("provider `{name}` has no usable URL: {reason}")),
        }
    }

    /// Where its circuit stands: `closed`, `open` or `half-open`.
    pub fn circuit(&self, now: Duration) -> &'static str {
        self.vitals.circuit.state(now).as_str()
    }

    /// One word for lists.
    pub fn state(&self) -> &'static str {
        match &self.access {
            _ if !self.is_active => "inactive",
            Access::Ready => "ready",
            Access::NoKey { .. } => "no key",
            Access::NoUrl(_) => "no url",
        }
    }
}
