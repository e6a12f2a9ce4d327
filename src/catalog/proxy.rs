//! Chooses the proxy for a provider: its `settings.proxy`, else the environment's `HTTPS_PROXY`,
//! `HTTP_PROXY` or `ALL_PROXY`, except for hosts in `NO_PROXY`.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use crate::domain::proxy::Proxy;

/// `written` is the provider's own setting; `none` means no proxy, whatever the environment
/// sets.
///
/// # Errors
/// The chosen proxy is invalid.
pub fn choose(
    written: Option<&str>,
    url: &Url,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, String> {
    if let Some(written) = written {
        return match written {
            "" | "none" | "direct" => Ok(None),
            written => Proxy::parse(written).map(Some).map_err(|error| format!("`proxy`: {error}")),
        };
    }
    let names: [&str; 4] = match url.scheme() {
        "https" => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    let Some((name, text)) = names.iter().find_map(|name| Some((name, env(name)?))) else {
        return Ok(None);
    };
    let no_proxy = env("NO_PROXY").or_else(|| env("no_proxy")).unwrap_or_default();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if is_excepted(host, &no_proxy) {
        return Ok(None);
    }
    Proxy::parse(&text).map(Some).map_err(|error| format!("{name}: {error}"))
}

/// Whether the host is this machine or matches `NO_PROXY`: a comma-separated list of names, which
/// include their subdomains, addresses, networks, or `*`.
fn is_excepted(host: &str, no_proxy: &str) -> bool {
    let address = host.parse::<IpAddr>().ok();
    if host.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.is_loopback())
    {
        return true;
    }
    let host = host.to_ascii_lowercase();
    no_proxy.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let (Some(address), Ok(network)) = (address, entry.parse::<IpNet>()) {
            return network.contains(&address);
        }
        let name = entry.trim_start_matches("*.").trim_start_matches('.');
        !name.is_empty() && (host == name || host.ends_with(&format!(".{name}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(written: Option<&str>, url: &str, vars: &[(&str, &str)]) -> String {
        let env = |name: &str| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match choose(written, &url.parse().unwrap(), &env) {
            Ok(proxy) => proxy.map_or(String::from("direct"), |proxy| proxy.to_string()),
            Err(error) => error,
        }
    }

    const BOTH: [(&str, &str); 2] = [("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "http://p:2")];

    #[test]
    fn the_providers_own_proxy_wins_over_the_environments() {
        assert_eq!(chosen(Some("http://own:9"), "https://host", &BOTH), "own:9");
        assert_eq!(chosen(Some("none"), "https://host", &BOTH), "direct");
        assert_eq!(chosen(None, "https://host", &BOTH), "s:1");
        assert_eq!(chosen(None, "http://host", &BOTH), "p:2");
        assert_eq!(chosen(None, "http://host", &[]), "direct");
        assert_eq!(chosen(None, "http://host", &[("ALL_PROXY", "socks5://a")]), "a:1080");
        assert!(
            chosen(Some("ftp://x"), "http://host", &[])
                .contains("`proxy`: `ftp` is no proxy scheme")
        );
    }

    #[test]
    fn no_proxy_and_this_machine_are_called_directly() {
        let no_proxy = ("NO_PROXY", "example.com, .lan,10.0.0.0/8,1.2.3.4");
        let vars = [BOTH[0], BOTH[1], no_proxy];
        for direct in [
            "https://example.com",
            "https://api.example.com",
            "https://box.lan",
            "http://10.1.2.3",
            "http://1.2.3.4",
            "http://localhost:8001",
            "http://127.0.0.1",
            "http://[::1]:9",
        ] {
            assert_eq!(chosen(None, direct, &vars), "direct", "{direct}");
        }
        for proxied in ["https://example.org", "https://notexample.com", "http://11.0.0.1"] {
            assert_ne!(chosen(None, proxied, &vars), "direct", "{proxied}");
        }
        assert_eq!(chosen(None, "https://x", &[BOTH[0], ("NO_PROXY", "*")]), "direct");
    }
}
