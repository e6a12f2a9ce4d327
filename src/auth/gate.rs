//! Lets a caller in, or says why not.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::local::Arrival;
use crate::config::settings::Settings;
use crate::domain::secret::Secret;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// On this machine; acts as admin.
    Local,
    /// `LLM_ROUTER_REQUIRE_AUTH=false`: everybody.
    Anyone,
    /// Holds a key; the name under which its calls are recorded.
    Key(Arc<str>),
}

impl Caller {
    /// What the books call it.
    pub fn key_name(&self) -> Option<&str> {
        match self {
            Self::Key(name) => Some(name),
            Self::Local | Self::Anyone => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    pub caller: Caller,
    /// A credential was sent that nobody knows, and a local caller needs none.
    pub is_credential_ignored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error(
        "this router takes only local calls: no key is configured; set LLM_ROUTER_API_KEYS in its \
         environment and send one of these keys as `Authorization: Bearer …`"
    )]
    NoKeyConfigured,
    #[error("a key is needed: send it as `Authorization: Bearer …`")]
    NoCredential,
    #[error("the key is unknown")]
    UnknownCredential,
}

type KeyDigest = [u8; 32];

pub struct Gate {
    is_open: bool,
    allows_local: bool,
    local_names: Vec<String>,
    keys: Vec<(KeyDigest, Arc<str>)>,
}

impl Gate {
    pub fn new(settings: &Settings) -> Self {
        let numbered = settings.api_keys.iter().enumerate();
        let key = |(place, secret): (usize, &Secret)| {
            (digest(secret.expose()), format!("LLM_ROUTER_API_KEYS#{}", place + 1).into())
        };
        Self {
            is_open: !settings.require_auth,
            allows_local: settings.allow_local_without_auth,
            local_names: settings.allowed_hosts.clone(),
            keys: numbered.map(key).collect(),
        }
    }

    /// # Errors
    /// When the caller is neither known nor local, and the router is not open.
    pub fn admit(
        &self,
        arrival: &Arrival<'_>,
        credential: Option<&str>,
    ) -> Result<Admission, Denied> {
        if let Some(name) = credential.and_then(|credential| self.known(credential)) {
            return Ok(Admission { caller: Caller::Key(name), is_credential_ignored: false });
        }
        let is_credential_ignored = credential.is_some();
        if self.allows_local && arrival.is_local(&self.local_names) {
            return Ok(Admission { caller: Caller::Local, is_credential_ignored });
        }
        if self.is_open {
            return Ok(Admission { caller: Caller::Anyone, is_credential_ignored: false });
        }
        Err(match credential {
            _ if self.keys.is_empty() => Denied::NoKeyConfigured,
            None => Denied::NoCredential,
            Some(_) => Denied::UnknownCredential,
        })
    }

    /// Compares with every key in constant time, so that neither the place nor the beginning
    /// of a right key can be found out by measuring.
    fn known(&self, credential: &str) -> Option<Arc<str>> {
        if self.keys.is_empty() {
            return None;
        }
        let sent = digest(credential);
        let mut found = None;
        for (known, name) in &self.keys {
            if bool::from(known.ct_eq(&sent)) {
                found = Some(name);
            }
        }
        found.cloned()
    }
}

fn digest(text: &str) -> KeyDigest {
    Sha256::digest(text.as_bytes()).into()
}
