//! Egress policy (SSRF guard): which hosts a provider URL may point at.

use url::{Host, Url};

use crate::domain::link_local::names_link_local;

/// The outbound addresses that `[server]` allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EgressPolicy {
    pub allows_link_local: bool,
}

impl EgressPolicy {
    /// The reason why a URL must not be called, or `None` if it may be.
    pub fn refuse(self, url: &Url) -> Option<String> {
        self.refuse_parsed(&url.host()?)
    }

    /// The same for a host alone, in any spelling.
    pub fn refuse_host(self, host: &str) -> Option<String> {
        let address = host.parse().map(|address| match address {
            std::net::IpAddr::V4(address) => Host::Ipv4(address),
            std::net::IpAddr::V6(address) => Host::Ipv6(address),
        });
        // The URL parser also accepts decimal, octal and hexadecimal addresses.
        let host = address.or_else(|_| Host::parse(host)).ok()?;
        match host {
            Host::Domain(name) => self.refuse_parsed(&Host::Domain(name.as_str())),
            Host::Ipv4(address) => self.refuse_parsed(&Host::Ipv4(address)),
            Host::Ipv6(address) => self.refuse_parsed(&Host::Ipv6(address)),
        }
    }

    fn refuse_parsed(self, host: &Host<&str>) -> Option<String> {
        let is_refused = !self.allows_link_local && names_link_local(host);
        is_refused.then(|| {
            format!(
                "`{host}` is a link-local or metadata address, which may disclose the machine's \
                 credentials; [server] allow_link_local = true allows it"
            )
        })
    }
}
