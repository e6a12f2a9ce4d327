//! A running key.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::account::Account;
use super::budget::Budget;
use super::restrictions::Restrictions;
use crate::config::key_rules::{KeyRules, Role};
use crate::domain::ids::KeyId;

/// The origin of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// `[[api_keys]]` of router.toml.
    File,
    /// `LLM_ROUTER_API_KEYS`.
    Env,
    Api,
    /// `llm-router keys create`.
    Cli,
}

impl KeyOrigin {
    pub const ALL: [Self; 4] = [Self::File, Self::Env, Self::Api, Self::Cli];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Env => "env",
            Self::Api => "api",
            Self::Cli => "cli",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == text)
    }
}

#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: KeyId,
    pub name: Arc<str>,
    /// The beginning of the key, to recognize it by.
    pub prefix: String,
    pub role: Role,
    pub origin: KeyOrigin,
    pub is_active: bool,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The end of the grace period of the key that it replaced; it may be past.
    pub previous_valid_until: Option<Timestamp>,
    pub rules: KeyRules,
    /// Compiled from `rules`, like the next two.
    pub restrictions: Restrictions,
    pub budget: Option<Budget>,
    /// The time zone whose midnight ends the key's days.
    pub zone: TimeZone,
    /// Kept over reloads, by id.
    pub(super) account: Arc<Account>,
}

/// Why a known key may not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("the key `{0}` was revoked")]
    Revoked(Arc<str>),
    #[error("the key `{0}` expired at {1}")]
    Expired(Arc<str>, Timestamp),
    #[error("the key `{0}` is inactive")]
    Inactive(Arc<str>),
    #[error("the key was replaced; its grace period has ended")]
    Replaced,
    #[error("the session has ended; log in again")]
    SessionEnded,
    #[error("the key `{0}` may not be used from this address")]
    Address(Arc<str>),
}

impl ApiKey {
    /// # Errors
    /// The reason why it may not be used at that time.
    pub fn usable(&self, now: Timestamp) -> Result<(), Unusable> {
        let name = || self.name.clone();
        if self.revoked_at.is_some() {
            return Err(Unusable::Revoked(name()));
        }
        if !self.is_active {
            return Err(Unusable::Inactive(name()));
        }
        match self.expires_at {
            Some(end) if end <= now => Err(Unusable::Expired(name(), end)),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// The reason why it may not be used from there at that time.
    pub fn usable_from(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Unusable> {
        self.usable(now)?;
        if !self.restrictions.takes_address(address) {
            return Err(Unusable::Address(self.name.clone()));
        }
        Ok(())
    }

    /// `active`, `inactive`, `expired` or `revoked`.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.usable(now) {
            Ok(()) => "active",
            Err(Unusable::Revoked(_)) => "revoked",
            Err(Unusable::Expired(..)) => "expired",
            Err(_) => "inactive",
        }
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}
