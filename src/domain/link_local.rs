//! Link-local addresses and the metadata services of clouds, which hand out the machine's
//! credentials to any process on it. A provider URL must not point there unless that is allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// Metadata services outside the link-local networks: Alibaba, Azure, Oracle.
const METADATA: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];

const METADATA_NAMES: [&str; 4] =
    ["metadata.google.internal", "metadata.goog", "metadata", "instance-data"];

/// Whether a URL's host is such an address or name. The address that a name resolves to is
/// checked on connect, with [`is_link_local`].
pub fn names_link_local(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_link_local(IpAddr::V4(*address)),
        Host::Ipv6(address) => is_link_local(IpAddr::V6(*address)),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            METADATA_NAMES.contains(&name.as_str())
        }
    }
}

/// Whether an address is one of these, including IPv4 addresses embedded in IPv6 ones.
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local() || METADATA.contains(&address),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || is_metadata(address)
                || embedded_ipv4(address).is_some_and(|inner| is_link_local(IpAddr::V4(inner)))
        }
    }
}

/// Amazon's `fd00:ec2::/32` and Google's `fd20:ce::/32`.
fn is_metadata(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [0xfd00, 0x0ec2, ..] | [0xfd20, 0x00ce, ..])
}

/// The IPv4 address in a mapped, compatible, NAT64 or 6to4 address.
fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(url: &str) -> bool {
        names_link_local(&url::Url::parse(url).unwrap().host().unwrap())
    }

    #[test]
    fn every_spelling_of_a_metadata_address_is_known() {
        for url in [
            "http://169.254.169.254/latest/meta-data",
            "http://169.254.170.2",
            "http://2852039166",
            "http://0xa9fea9fe",
            "http://0xa9.0xfe.0xa9.0xfe",
            "http://0251.0376.0251.0376",
            "http://169.254.43518",
            "http://169.254.169.254.",
            "http://[::ffff:169.254.169.254]",
            "http://[::ffff:a9fe:a9fe]",
            "http://[::169.254.169.254]",
            "http://[64:ff9b::a9fe:a9fe]",
            "http://[2002:a9fe:a9fe::1]",
            "http://[fe80::1]",
            "http://[febf::1]",
            "http://[fd00:ec2::254]",
            "http://[fd20:ce::254]",
            "http://metadata.google.internal/computeMetadata",
            "http://METADATA.google.internal.:80",
            "http://metadata",
            "http://100.100.100.200",
            "http://168.63.129.16",
        ] {
            assert!(is_refused(url), "{url}");
        }
    }

    #[test]
    fn private_networks_and_this_machine_are_allowed() {
        for url in [
            "http://127.0.0.1:8000",
            "http://localhost",
            "http://10.0.0.1",
            "http://192.168.1.2",
            "http://172.16.0.1",
            "http://169.253.1.1",
            "http://[::1]",
            "http://[fd00::1]",
            "http://[::ffff:10.0.0.1]",
            "http://[fec0::1]",
            "https://api.openai.com",
            "http://metadata.example.com",
        ] {
            assert!(!is_refused(url), "{url}");
        }
    }
}
