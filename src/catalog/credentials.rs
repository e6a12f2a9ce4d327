//! Resolves a provider's credentials (REST over file over environment); each is bound to the
//! destination it was configured for.

use std::collections::HashMap;

use super::destination::destination;
use super::vault::Vault;
use crate::config::entries::{ProviderEntry, ProviderSettings};
use crate::config::secrets::{HIDDEN, ProviderSecrets};
use crate::domain::secret::Secret;

/// The sources of secrets.
pub struct Sources<'a> {
    /// The secrets written in the file, by provider.
    pub in_file: &'a HashMap<String, ProviderSecrets>,
    /// The destinations in this file. Another process may have loaded the provider from another
    /// file.
    pub destinations: &'a HashMap<String, String>,
    pub env: &'a dyn Fn(&str) -> Option<String>,
    pub vault: &'a Vault,
}

/// The parts of a provider's row that concern secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredSecrets<'a> {
    pub sealed: Option<&'a [u8]>,
    pub file_destination: Option<&'a str>,
}

/// The secrets of a provider, and why some cannot be used.
#[derive(Debug, Default, PartialEq)]
pub struct Credentials {
    pub secrets: ProviderSecrets,
    pub problem: Option<SecretProblem>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum SecretProblem {
    /// Sealed secrets cannot be opened.
    Locked(String),
    /// The file's secrets are not sent to the provider's current destination.
    Withheld(String),
}

impl Credentials {
    pub fn find(entry: &ProviderEntry, stored: StoredSecrets<'_>, sources: &Sources<'_>) -> Self {
        let there = destination(entry.kind, entry.base_url.as_deref(), &entry.settings);
        let none = ProviderSecrets::default();
        let in_file = sources.in_file.get(&entry.name).unwrap_or(&none);
        let is_ours = sources.destinations.get(&entry.name).is_none_or(|ours| *ours == there);
        let is_as_in_file = is_ours && stored.file_destination == Some(there.as_str());
        let of_file = if is_as_in_file { in_file } else { &none };

        let opened = stored.sealed.map(|sealed| sources.vault.open(&entry.name, sealed));
        let (mut secrets, locked) = match opened {
            Some(Ok(sealed)) if sealed.instead_of == in_file.digest() => {
                (sealed.secrets.over(of_file), None)
            }
            // The file's secrets have changed since they were sealed.
            Some(Ok(_)) | None => (of_file.clone(), None),
            Some(Err(error)) => (of_file.clone(), Some(SecretProblem::Locked(error.to_string()))),
        };
        // A proxy's credentials go to the proxy, whatever the provider's destination.
        if secrets.proxy.is_none() && in_file.shown_proxy() == entry.settings.proxy {
            secrets.proxy.clone_from(&in_file.proxy);
        }
        let variable = entry.api_key_env.as_deref().and_then(sources.env);
        if secrets.api_key.is_empty() && is_as_in_file {
            secrets.api_key = variable.iter().flat_map(|list| Secret::list(list)).collect();
        }
        let is_withheld = !is_as_in_file
            && secrets.api_key.is_empty()
            && (variable.is_some() || !in_file.api_key.is_empty());
        let withheld = is_withheld.then(|| {
            SecretProblem::Withheld(String::from(
                "its address was changed over REST, and the key that router.toml gives it is not \
                 sent there; set `api_key` over REST, or change the address in router.toml",
            ))
        });
        Self { secrets, problem: locked.or(withheld) }
    }
}

/// The headers to send: plain ones, and hidden ones whose values are available.
pub fn headers(settings: &ProviderSettings, secrets: &ProviderSecrets) -> Vec<(String, Secret)> {
    let value = |(name, shown): &(String, String)| {
        let value = match shown.as_str() {
            HIDDEN => secrets.header(name)?.clone(),
            shown => Secret::new(shown),
        };
        Some((name.clone(), value))
    };
    settings.headers.iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::super::vault::Sealed;
    use super::*;
    use crate::config::egress::EgressPolicy;
    use crate::config::rest;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn keys(list: &str) -> ProviderSecrets {
        ProviderSecrets { api_key: Secret::list(list), ..ProviderSecrets::default() }
    }

    fn entry() -> ProviderEntry {
        let body = serde_json::json!({"name": "up", "type": "openai"});
        let entry = rest::provider(body.as_object().unwrap(), EgressPolicy::default()).unwrap();
        ProviderEntry { api_key_env: Some(String::from("KEY")), ..entry }
    }

    /// The first key that is found, or the problem.
    fn found(
        in_file: &str,
        sealed: Option<(&str, &str)>,
        is_moved: bool,
        env: Option<&str>,
    ) -> String {
        let entry = entry();
        let vault = Vault::of(Some(KEY));
        let sealed = sealed.map(|(key, instead_of)| {
            let instead_of = keys(instead_of).digest();
            vault.seal("up", &Sealed { secrets: keys(key), instead_of }).unwrap()
        });
        let here = destination(entry.kind, None, &entry.settings);
        let in_file = HashMap::from([(String::from("up"), keys(in_file))]);
        let env = |_: &str| env.map(str::to_owned);
        let destinations = HashMap::from([(String::from("up"), here.clone())]);
        let (in_file, destinations) = (&in_file, &destinations);
        let sources = Sources { in_file, destinations, env: &env, vault: &vault };
        let file_destination = if is_moved { "elsewhere" } else { here.as_str() };
        let stored =
            StoredSecrets { sealed: sealed.as_deref(), file_destination: Some(file_destination) };
        let Credentials { secrets, problem } = Credentials::find(&entry, stored, &sources);
        let key = secrets.api_key.first().map(|key| key.expose().to_owned());
        match problem {
            Some(SecretProblem::Withheld(_)) => String::from("withheld"),
            Some(SecretProblem::Locked(_)) => String::from("locked"),
            None => key.unwrap_or_default(),
        }
    }

    #[test]
    fn a_key_set_over_rest_wins_until_the_file_sets_another() {
        assert_eq!(found("file", Some(("rest", "file")), false, None), "rest");
        assert_eq!(found("newer", Some(("rest", "file")), false, None), "newer");
        assert_eq!(found("", Some(("rest", "")), false, Some("env")), "rest");
        assert_eq!(found("file", None, false, Some("env")), "file");
        assert_eq!(found("", None, false, Some("env")), "env");
        assert_eq!(found("", None, false, None), "");
    }

    #[test]
    fn the_files_secrets_are_sent_to_the_files_destination_only() {
        assert_eq!(found("file", None, true, None), "withheld");
        assert_eq!(found("", None, true, Some("env")), "withheld");
        assert_eq!(found("", None, true, None), "");
        assert_eq!(found("file", Some(("rest", "file")), true, Some("env")), "rest");
    }
}
