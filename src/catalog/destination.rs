//! The destination of a provider's secrets as one text: all settings that decide who receives them.

use serde_json::json;

use crate::config::entries::ProviderSettings;
use crate::domain::provider_kind::ProviderKind;

/// Providers with equal destinations send their secrets to the same host, through the same proxy,
/// in the same header.
pub fn destination(
    kind: ProviderKind,
    base_url: Option<&str>,
    settings: &ProviderSettings,
) -> String {
    let host = settings.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let ProviderSettings { endpoint, auth_header, auth_scheme, proxy, ca_file, .. } = settings;
    json!({
        "kind": kind.as_str(),
        "base_url": base_url.or_else(|| kind.facts().base_url.default()),
        "endpoint": endpoint,
        "auth_header": auth_header,
        "auth_scheme": auth_scheme,
        "proxy": proxy,
        "ca_file": ca_file,
        "host": host.map(|(_, value)| value),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: impl FnOnce(&mut ProviderSettings)) -> String {
        let mut settings = ProviderSettings::default();
        change(&mut settings);
        destination(ProviderKind::Openai, None, &settings)
    }

    #[test]
    fn any_setting_that_redirects_a_secret_changes_the_destination() {
        let here = of(|_| {});
        let written = Some("https://api.openai.com/v1");
        assert_eq!(destination(ProviderKind::Openai, written, &ProviderSettings::default()), here);
        let text = || Some(String::from("x"));
        let host = || vec![(String::from("Host"), String::from("x"))];
        for there in [
            destination(ProviderKind::Openai, Some("https://x"), &ProviderSettings::default()),
            destination(ProviderKind::Kimi, written, &ProviderSettings::default()),
            of(|settings| settings.endpoint = text()),
            of(|settings| settings.auth_header = text()),
            of(|settings| settings.auth_scheme = text()),
            of(|settings| settings.proxy = text()),
            of(|settings| settings.ca_file = text()),
            of(|settings| settings.headers = host()),
        ] {
            assert_ne!(there, here);
        }
        assert_eq!(of(|settings| settings.timeout = Some(1.0)), here);
    }
}
