//! Authenticates a request: by key, by session, or as a local call.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use ipnet::IpNet;
use jiff::Timestamp;

use super::brute_force::BruteForceGuard;
use super::caller::Caller;
use super::connection_info::ConnectionInfo;
use super::denied::Denied;
use super::not_local::Forwarding;
use crate::config::settings::Settings;
use crate::keys::digest::KeyDigest;
use crate::keys::{ApiKey, Clocks, Keyring, Session, Sessions, Unusable};

#[derive(Clone, Debug)]
pub struct Authentication {
    pub caller: Caller,
    /// An unknown credential was sent by a local caller, which needs none.
    pub is_credential_ignored: bool,
}

/// How a request shows who sent it.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'r> {
    /// A key or a token, in a header of its own.
    Shown(&'r str),
    /// The console's cookie, which holds the token of a session and nothing else.
    Cookie(&'r str),
}

pub struct Authenticator {
    is_open: bool,
    allows_local: bool,
    local_names: Vec<String>,
    trusted_proxies: Vec<IpNet>,
    keyring: Arc<Keyring>,
    sessions: Arc<Sessions>,
    brute_force: BruteForceGuard,
}

/// What a credential that is known stands for.
struct Known {
    key: Arc<ApiKey>,
    session: Option<Arc<Session>>,
}

impl Authenticator {
    pub fn new(settings: &Settings, keyring: Arc<Keyring>, sessions: Arc<Sessions>) -> Self {
        Self {
            is_open: !settings.require_auth,
            allows_local: settings.allow_local_without_auth,
            local_names: settings.allowed_hosts.clone(),
            trusted_proxies: settings.trusted_proxies.clone(),
            keyring,
            sessions,
            brute_force: BruteForceGuard::default(),
        }
    }

    /// A known key applies with its limits to local callers too, and is refused to all where it is
    /// expired, revoked or inactive.
    ///
    /// # Errors
    /// When the caller is neither known nor local, and the router is not open.
    pub fn authenticate(
        &self,
        connection: &ConnectionInfo<'_>,
        credential: Option<Credential<'_>>,
        now: Clocks,
    ) -> Result<Authentication, Denied> {
        let address = connection.client(&self.trusted_proxies);
        let known = credential.and_then(|credential| match credential {
            Credential::Shown(text) => self.known(&KeyDigest::of(text), now.time),
            Credential::Cookie(token) => self.session(&KeyDigest::of(token)),
        });
        if let Some(known) = known {
            let Known { key, session } = known.map_err(Denied::Unusable)?;
            self.usable(&key, connection, now.time)?;
            let caller = Caller::Key { key, session };
            return Ok(Authentication { caller, is_credential_ignored: false });
        }
        let is_credential_ignored = credential.is_some();
        let not_local = connection.why_not_local(&self.local_names).filter(|_| self.allows_local);
        if self.allows_local && not_local.is_none() {
            return Ok(Authentication { caller: Caller::Local, is_credential_ignored });
        }
        if self.is_open {
            return Ok(Authentication { caller: Caller::Anyone, is_credential_ignored: false });
        }
        // No guess: tokens are too long for that, and a page that is left open sends an old one often.
        if matches!(credential, Some(Credential::Cookie(_))) {
            return Err(Denied::Unusable(Unusable::SessionEnded));
        }
        if credential.is_none() {
            let is_closed = !self.keyring.has_active();
            return Err(match is_closed {
                true => Denied::NoKeyConfigured(not_local),
                false => Denied::NoCredential(not_local),
            });
        }
        self.brute_force.record_failure(counted_address(connection, address), now.uptime)?;
        let is_closed = !self.keyring.has_active();
        Err(match is_closed {
            true => Denied::NoKeyConfigured(not_local),
            false => Denied::UnknownCredential(not_local),
        })
    }

    /// Whether what it says of others is believed.
    pub fn is_trusted(&self, peer: Option<IpAddr>) -> bool {
        let peer = peer.map(|peer| peer.to_canonical());
        peer.is_some_and(|peer| self.trusted_proxies.iter().any(|net| net.contains(&peer)))
    }

    /// The key of a login. Unlike a call with a key, a login is refused while its address is slowed
    /// down, whatever the key: a login can wait, and a key can be used without one.
    ///
    /// # Errors
    /// When the key is unknown or may not be used.
    pub fn log_in(
        &self,
        connection: &ConnectionInfo<'_>,
        credential: &str,
        now: Clocks,
    ) -> Result<Arc<ApiKey>, Denied> {
        let address = connection.client(&self.trusted_proxies);
        let counted_address = counted_address(connection, address);
        self.brute_force.check(counted_address, now.uptime)?;
        let Some(found) = self.keyring.find(&KeyDigest::of(credential), now.time) else {
            self.brute_force.record_failure(counted_address, now.uptime)?;
            return Err(Denied::UnknownCredential(None));
        };
        let key = found.map_err(Denied::Unusable)?;
        self.usable(&key, connection, now.time)?;
        Ok(key)
    }

    fn usable(
        &self,
        key: &ApiKey,
        connection: &ConnectionInfo<'_>,
        now: Timestamp,
    ) -> Result<(), Denied> {
        let address = connection.client(&self.trusted_proxies);
        key.usable_from(address, now).map_err(|unusable| match unusable {
            Unusable::Address(key) => Denied::Address { key, client: shown(address, connection) },
            unusable => Denied::Unusable(unusable),
        })
    }

    fn known(&self, digest: &KeyDigest, now: Timestamp) -> Option<Result<Known, Unusable>> {
        if let Some(found) = self.keyring.find(digest, now) {
            return Some(found.map(|key| Known { key, session: None }));
        }
        self.session(digest)
    }

    fn session(&self, digest: &KeyDigest) -> Option<Result<Known, Unusable>> {
        let session = self.sessions.find(digest)?;
        if session.has_ended(Instant::now()) {
            return Some(Err(Unusable::SessionEnded));
        }
        // A session ends with the row of its key.
        let key = self.keyring.by_id(session.key).ok_or(Unusable::SessionEnded);
        Some(key.map(|key| Known { key, session: Some(session) }))
    }
}

/// The address that a caller counts as, and why.
fn shown(address: Option<IpAddr>, connection: &ConnectionInfo<'_>) -> String {
    let Some(address) = address else {
        return String::from(
            "the forwarding headers of the trusted proxy hold none, or disagree about it",
        );
    };
    match connection.forwarding {
        Some(Forwarding::Header(name))
            if connection.peer.map(|peer| peer.to_canonical()) == Some(address) =>
        {
            format!(
                "the call comes from {address}, and its header `{name}` counts only where that \
                 proxy is in [server] trusted_proxies"
            )
        }
        _ => format!("the call comes from {address}"),
    }
}

/// The address that failures count against; the TCP peer's where proxies report none.
fn counted_address(connection: &ConnectionInfo<'_>, address: Option<IpAddr>) -> Option<IpAddr> {
    address.or(connection.peer)
}
