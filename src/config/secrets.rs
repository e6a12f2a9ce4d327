//! The secrets of a provider's entry, kept apart from what is stored, shown and digested: its keys,
//! the values of its headers, the credentials of its proxy.

use serde::de::{Deserialize as _, Deserializer};
use serde::ser::Serializer;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use crate::domain::secret::Secret;

/// The replacement for a secret in settings that are shown.
pub const HIDDEN: &str = "[hidden]";

/// Headers that describe the request and hold no secret; their values are shown.
const PLAIN_HEADERS: [&str; 6] =
    ["host", "accept-language", "user-agent", "anthropic-beta", "anthropic-version", "openai-beta"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderSecrets {
    pub api_key: Vec<Secret>,
    /// The values that are hidden in [`headers`](super::entries::ProviderSettings::headers).
    pub headers: Vec<(String, Secret)>,
    /// The whole URL of a proxy with credentials.
    pub proxy: Option<Secret>,
}

impl ProviderSecrets {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn header(&self, name: &str) -> Option<&Secret> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// These secrets, with absent ones taken from `base`.
    pub fn over(mut self, base: &Self) -> Self {
        if self.api_key.is_empty() {
            self.api_key.clone_from(&base.api_key);
        }
        for (name, value) in &base.headers {
            if self.header(name).is_none() {
                self.headers.push((name.clone(), value.clone()));
            }
        }
        self.proxy = self.proxy.or_else(|| base.proxy.clone());
        self
    }

    /// The proxy's URL without its credentials.
    pub fn shown_proxy(&self) -> Option<String> {
        self.proxy.as_ref().and_then(|proxy| without_credentials(proxy.expose()))
    }

    /// A digest to detect changes. It must be stored only where it cannot be read: short secrets
    /// can be guessed from it.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        let mut add = |kind: &str, text: &str| {
            hasher.update(kind);
            hasher.update(text.len().to_be_bytes());
            hasher.update(text);
        };
        for key in &self.api_key {
            add("key", key.expose());
        }
        for (name, value) in &self.headers {
            add("name", name);
            add("value", value.expose());
        }
        if let Some(proxy) = &self.proxy {
            add("proxy", proxy.expose());
        }
        data_encoding::HEXLOWER.encode(&hasher.finalize())
    }
}

pub(super) fn is_plain(header: &str) -> bool {
    PLAIN_HEADERS.iter().any(|plain| plain.eq_ignore_ascii_case(header))
}

pub(super) fn is_hidden_proxy(proxy: &str) -> bool {
    proxy.contains(&format!("{HIDDEN}@"))
}

/// `http://[hidden]@host:3128` for a proxy with credentials that are not yet hidden.
pub(super) fn without_credentials(proxy: &str) -> Option<String> {
    if is_hidden_proxy(proxy) {
        return None;
    }
    let written = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    let url = Url::parse(&written).ok()?;
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let host = url.host_str().unwrap_or_default();
    // `Url` omits http's default port, which is not a proxy's default.
    let port = url.port().or_else(|| written.ends_with(":80").then_some(80));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{HIDDEN}@{host}{port}", url.scheme()))
}

/// Serializes headers as a JSON object.
pub(super) fn headers_as_object<S: Serializer>(
    headers: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

pub(super) fn headers_of_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, String)>, D::Error> {
    let object = Map::<String, Value>::deserialize(deserializer)?;
    let pairs = object.into_iter().map(|(name, value)| match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    });
    Ok(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::entries::ProviderSettings;

    #[test]
    fn settings_are_split_into_shown_values_and_secrets() {
        let headers = [("X-Token", "t"), ("User-Agent", "me")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let proxy = Some(String::from("http://us%40er:p@host:3128"));
        let written = ProviderSettings { headers, proxy, ..ProviderSettings::default() };
        let (shown, secrets) = written.clone().split_secrets();
        insta::assert_snapshot!(serde_json::to_string(&shown).unwrap(), @r#"{"headers":{"X-Token":"[hidden]","User-Agent":"me"},"proxy":"http://[hidden]@host:3128"}"#);
        assert_eq!(secrets.header("x-token"), Some(&Secret::new("t")));
        assert_eq!(secrets.proxy, Some(Secret::new("http://us%40er:p@host:3128")));
        assert_eq!(
            shown.clone().split_secrets(),
            (shown, ProviderSecrets::default()),
            "none is left"
        );
        assert!(!format!("{secrets:?}").contains("3128"));
    }

    #[test]
    fn a_proxy_without_credentials_is_no_secret() {
        for (written, shown) in [
            ("http://host:80", None),
            ("none", None),
            ("token@host:80", Some("http://[hidden]@host:80")),
            ("socks5://u:p@[::1]", Some("socks5://[hidden]@[::1]")),
        ] {
            assert_eq!(without_credentials(written).as_deref(), shown, "{written}");
        }
    }

    #[test]
    fn other_secrets_have_another_digest() {
        let keys =
            |list: &str| ProviderSecrets { api_key: Secret::list(list), ..Default::default() };
        assert_eq!(keys("a,b").digest(), keys("a, b").digest());
        assert_ne!(keys("a,b").digest(), keys("ab").digest());
        assert_ne!(keys("a").digest(), ProviderSecrets::default().digest());
    }
}
