//! The router's own address, for a warning about a provider at the same one: vLLM and Transformers
//! listen on port 8000 by default, like the router.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use url::{Host, Url};

use super::settings::Settings;

/// The bound address, and the names for it.
pub struct OwnAddress {
    /// `None` if the host is a name.
    host: Option<IpAddr>,
    names: Vec<String>,
    port: u16,
}

impl OwnAddress {
    pub fn of(settings: &Settings) -> Self {
        let names = settings.allowed_hosts.iter().chain([&settings.host]).cloned().collect();
        Self { host: settings.host.parse().ok(), names, port: settings.port }
    }

    /// Whether this URL points at the router itself.
    pub fn is_at(&self, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        url.port_or_known_default() == Some(self.port) && self.is_host(&host)
    }

    fn is_host(&self, host: &Host<&str>) -> bool {
        let address: IpAddr = match host {
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                return self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
                    || (name == "localhost" || name.ends_with(".localhost"))
                        && self.is_on_loopback();
            }
            Host::Ipv4(address) => (*address).into(),
            Host::Ipv6(address) => address.to_canonical(),
        };
        // Connecting to the unspecified address reaches this machine.
        if address.is_loopback() || address.is_unspecified() {
            return self.is_on_loopback();
        }
        match self.host {
            Some(bound) if bound.is_unspecified() => is_of_this_machine(address),
            bound => bound == Some(address),
        }
    }

    /// Whether the router is reachable on the loopback address.
    fn is_on_loopback(&self) -> bool {
        self.host.is_none_or(|bound| bound.is_loopback() || bound.is_unspecified())
    }
}

/// A socket can be bound to a machine's own addresses only. Nothing is sent.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

/// A URL of the router on its own machine. For a listener on all addresses it names the loopback
/// address: 0.0.0.0 opens in some browsers only, and does not count as a local host.
pub fn url_of(bound: SocketAddr, is_tls: bool) -> String {
    let scheme = if is_tls { "https" } else { "http" };
    match bound.ip().is_unspecified() {
        true => format!("{scheme}://localhost:{}", bound.port()),
        false => format!("{scheme}://{bound}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sections::ServerSection;
    use super::super::settings::Flags;
    use super::*;

    fn is_own(bound: &str, url: &str) -> bool {
        let flags = Flags { host: Some(bound.to_owned()), ..Flags::default() };
        let server = ServerSection {
            allowed_hosts: vec![String::from("router.lan")],
            ..ServerSection::default()
        };
        let settings = Settings::resolve(&flags, |_| None, &server).unwrap();
        OwnAddress::of(&settings).is_at(&url.parse().unwrap())
    }

    #[test]
    fn a_url_of_the_router_is_recognized_by_host_and_port() {
        for (bound, url, expected) in [
            ("0.0.0.0", "http://localhost:8000/v1", true),
            ("0.0.0.0", "http://LOCALHOST.:8000", true),
            ("0.0.0.0", "http://api.localhost:8000", true),
            ("0.0.0.0", "http://127.0.0.2:8000", true),
            ("0.0.0.0", "http://0.0.0.0:8000", true),
            ("::", "http://[::1]:8000/v1", true),
            ("::", "http://[::ffff:127.0.0.1]:8000/v1", true),
            ("0.0.0.0", "http://router.lan:8000/api/v1", true),
            ("0.0.0.0", "http://localhost:8001/v1", false),
            ("0.0.0.0", "https://localhost/v1", false),
            // Reserved for documentation: no machine has it.
            ("0.0.0.0", "http://192.0.2.7:8000/v1", false),
            ("192.0.2.7", "http://192.0.2.7:8000/v1", true),
            ("192.0.2.7", "http://localhost:8000/v1", false),
            ("192.0.2.7", "http://vllm:8000/v1", false),
            ("127.0.0.1", "http://localhost:8000/v1", true),
            ("localhost", "http://127.0.0.1:8000/v1", true),
        ] {
            assert_eq!(is_own(bound, url), expected, "{bound} {url}");
        }
    }

    #[test]
    fn the_url_that_is_shown_can_be_opened() {
        for (bound, expected) in [
            ("0.0.0.0:8000", "http://localhost:8000"),
            ("[::]:80", "http://localhost:80"),
            ("127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("[::1]:8000", "http://[::1]:8000"),
        ] {
            let bound = bound.parse().unwrap();
            assert_eq!(url_of(bound, false), expected);
            assert_eq!(url_of(bound, true), expected.replace("http:", "https:"));
        }
    }
}
