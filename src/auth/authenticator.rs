//! Lets a caller in, or says why not.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use ipnet::IpNet;
use jiff::Timestamp;

use super::brute_force::Guesses;
use super::caller::Caller;
use super::connection_info::ConnectionInfo;
use super::denied::Denied;
use super::not_local::Forwarding;
use crate::config::settings::Settings;
use crate::keys::digest::KeyDigest;
use crate::keys::{ApiKey, Clocks, Keyring, Session, Sessions, Unusable};

#[derive(Clone, Debug)]
pub struct Admission {
    pub caller: Caller,
    /// A credential was sent that nobody knows, and a local caller needs none.
    pub is_credential_ignored: bool,
}

pub struct Authenticator {
    is_open: bool,
    allows_local: bool,
    local_names: Vec<String>,
    trusted_proxies: Vec<IpNet>,
    keyring: Arc<Keyring>,
    sessions: Arc<Sessions>,
    guesses: Guesses,
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
            guesses: Guesses::default(),
        }
    }

    /// A key that is known is applied with its limits, whoever sends it, and refused to everybody
    /// where it is expired, revoked or switched off.
    ///
    /// # Errors
    /// When the caller is neither known nor local, and the router is not open.
    pub fn admit(
        &self,
        arrival: &ConnectionInfo<'_>,
        credential: Option<&str>,
        now: Clocks,
    ) -> Result<Admission, Denied> {
        let address = arrival.client(&self.trusted_proxies);
        let known = credential.and_then(|text| self.known(&KeyDigest::of(text), now.time));
        if let Some(known) = known {
            let Known { key, session } = known.map_err(Denied::Unusable)?;
            self.usable(&key, arrival, now.time)?;
            let caller = Caller::Key { key, session };
            return Ok(Admission { caller, is_credential_ignored: false });
        }
        let is_credential_ignored = credential.is_some();
        let not_local = arrival.why_not_local(&self.local_names).filter(|_| self.allows_local);
        if self.allows_local && not_local.is_none() {
            return Ok(Admission { caller: Caller::Local, is_credential_ignored });
        }
        if self.is_open {
            return Ok(Admission { caller: Caller::Anyone, is_credential_ignored: false });
        }
        if credential.is_none() {
            let is_closed = !self.keyring.has_active();
            return Err(match is_closed {
                true => Denied::NoKeyConfigured(not_local),
                false => Denied::NoCredential(not_local),
            });
        }
        self.guesses.failed(guesser(arrival, address), now.uptime)?;
        let is_closed = !self.keyring.has_active();
        Err(match is_closed {
            true => Denied::NoKeyConfigured(not_local),
            false => Denied::UnknownCredential(not_local),
        })
    }

    /// The key that somebody logs in with. Unlike a call with a key, a login is refused while its
    /// address is slowed down, whatever the key: a login can wait, and who holds a key can call
    /// without one.
    ///
    /// # Errors
    /// When the key is unknown or may not be used.
    pub fn log_in(
        &self,
        arrival: &ConnectionInfo<'_>,
        credential: &str,
        now: Clocks,
    ) -> Result<Arc<ApiKey>, Denied> {
        let address = arrival.client(&self.trusted_proxies);
        let guesser = guesser(arrival, address);
        self.guesses.wait(guesser, now.uptime)?;
        let Some(found) = self.keyring.find(&KeyDigest::of(credential), now.time) else {
            self.guesses.failed(guesser, now.uptime)?;
            return Err(Denied::UnknownCredential(None));
        };
        let key = found.map_err(Denied::Unusable)?;
        self.usable(&key, arrival, now.time)?;
        Ok(key)
    }

    fn usable(
        &self,
        key: &ApiKey,
        arrival: &ConnectionInfo<'_>,
        now: Timestamp,
    ) -> Result<(), Denied> {
        let address = arrival.client(&self.trusted_proxies);
        key.usable_from(address, now).map_err(|unusable| match unusable {
            Unusable::Address(key) => Denied::Address { key, client: shown(address, arrival) },
            unusable => Denied::Unusable(unusable),
        })
    }

    /// Where the caller sits, as far as trusted proxies tell.
    pub fn client(&self, arrival: &ConnectionInfo<'_>) -> Option<IpAddr> {
        arrival.client(&self.trusted_proxies)
    }

    fn known(&self, digest: &KeyDigest, now: Timestamp) -> Option<Result<Known, Unusable>> {
        if let Some(found) = self.keyring.find(digest, now) {
            return Some(found.map(|key| Known { key, session: None }));
        }
        let session = self.sessions.find(digest)?;
        if session.has_ended(Instant::now()) {
            return Some(Err(Unusable::SessionEnded));
        }
        // Without its key's row a session is nothing.
        let key = self.keyring.by_id(session.key).ok_or(Unusable::SessionEnded);
        Some(key.map(|key| Known { key, session: Some(session) }))
    }
}

/// As which address a caller counts, and why.
fn shown(address: Option<IpAddr>, arrival: &ConnectionInfo<'_>) -> String {
    let Some(address) = address else {
        return String::from(
            "the forwarding headers of the trusted proxy hold none, or disagree about it",
        );
    };
    match arrival.forwarding {
        Some(Forwarding::Header(name))
            if arrival.peer.map(|peer| peer.to_canonical()) == Some(address) =>
        {
            format!(
                "the call comes from {address}, and a header `{name}` tells of the caller's own \
                 only where that proxy is in [server] trusted_proxies"
            )
        }
        _ => format!("the call comes from {address}"),
    }
}

/// Whom failures are counted for; where proxies do not tell, the one next to us.
fn guesser(arrival: &ConnectionInfo<'_>, address: Option<IpAddr>) -> Option<IpAddr> {
    address.or(arrival.peer)
}
