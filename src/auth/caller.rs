//! The caller of an authenticated request.

use std::sync::Arc;

use crate::domain::ids::KeyId;
use crate::keys::{ApiKey, Session};

#[derive(Clone, Debug)]
pub enum Caller {
    /// On this machine; acts as admin.
    Local,
    /// `LLM_ROUTER_REQUIRE_AUTH=false`: any caller, as admin.
    Anyone,
    /// Holds a key, or a session that stands for it.
    Key { key: Arc<ApiKey>, session: Option<Arc<Session>> },
}

impl Caller {
    pub fn key(&self) -> Option<&Arc<ApiKey>> {
        match self {
            Self::Key { key, .. } => Some(key),
            Self::Local | Self::Anyone => None,
        }
    }

    pub fn session(&self) -> Option<&Arc<Session>> {
        match self {
            Self::Key { session, .. } => session.as_ref(),
            Self::Local | Self::Anyone => None,
        }
    }

    /// Whether it may manage the router and see the calls of all keys.
    pub fn is_admin(&self) -> bool {
        self.key().is_none_or(|key| key.is_admin())
    }

    /// The one key whose calls it may see; `None` for all of them.
    pub fn sees_only(&self) -> Option<KeyId> {
        self.key().filter(|key| !key.is_admin()).map(|key| key.id)
    }
}
