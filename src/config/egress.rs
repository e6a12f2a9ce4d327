//! Where a provider may lie.

use url::{Host, Url};

use crate::domain::link_local::names_link_local;

/// What `[server]` allows of outbound addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EgressPolicy {
    pub allows_link_local: bool,
}

impl EgressPolicy {
    /// Why a URL may not be called, if it may not.
    pub fn refuse(self, url: &Url) -> Option<String> {
        self.refuse_parsed(&url.host()?)
    }

    /// The same for a host that stands alone, in any spelling.
    pub fn refuse_host(self, host: &str) -> Option<String> {
        let address = host.parse().map(|address| match address {
            std::net::IpAddr::V4(address) => Host::Ipv4(address),
            std::net::IpAddr::V6(address) => Host::Ipv6(address),
        });
        // The parser of URLs also knows decimal, octal and hexadecimal ones.
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
                "`{host}` is a link-local or metadata address, which gives the machine's own \
                 credentials away; [server] allow_link_local = true allows it"
            )
        })
    }
}
