//! Where a request came from. The local-call rule: a program on this machine calls on its own
//! behalf; a page in a browser, a DNS name that was pointed at 127.0.0.1 and a proxy on this machine
//! do not. Behind trusted proxies: the client's address as they report it.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::not_local::{Forwarding, NotLocal};

/// What a request shows of where it came from.
#[derive(Clone, Debug, Default)]
pub struct ConnectionInfo<'a> {
    /// The TCP peer.
    pub peer: Option<IpAddr>,
    /// Any header that proxies write (`Forwarded`, `X-Forwarded-*`, `Via`, …), or a version of HTTP
    /// that only proxies still use.
    pub forwarding: Option<Forwarding>,
    /// The values of these headers, in the order they came, each a comma list.
    pub forwarded: Vec<&'a str>,
    pub x_forwarded_for: Vec<&'a str>,
    pub x_real_ip: Option<&'a str>,
    pub host: Option<&'a str>,
    pub origin: Option<&'a str>,
}

impl ConnectionInfo<'_> {
    /// Why it is not a call of a program on this machine; `None` for a local call.
    /// `names`: hosts from the configuration that mean this machine as well.
    pub fn why_not_local(&self, names: &[String]) -> Option<NotLocal> {
        let peer = self.peer.map(|peer| peer.to_canonical());
        if !peer.is_some_and(|peer| peer.is_loopback()) {
            return Some(NotLocal::Peer(peer));
        }
        if let Some(forwarding) = self.forwarding {
            return Some(NotLocal::Forwarded(forwarding));
        }
        let Some(host) = self.host else { return Some(NotLocal::NoHost) };
        if !is_local_host(host, names) {
            return Some(NotLocal::host(host));
        }
        let origin = self.origin.filter(|origin| !is_local_origin(origin, names));
        origin.map(NotLocal::origin)
    }

    /// The client's address. Headers count only behind a trusted proxy, and of a chain of proxies
    /// the rightmost address that is none of theirs: what is left of it the client may have written
    /// itself. Where all are theirs, it is the first one. A proxy may pass on one of the headers
    /// unchanged and write another, so where they disagree the address is unknown; `X-Real-IP` may
    /// name the proxy before the last, and then says nothing.
    pub fn client(&self, trusted: &[IpNet]) -> Option<IpAddr> {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
        let peer = self.peer?.to_canonical();
        if !is_trusted(&peer) {
            return Some(peer);
        }
        let forwarded = self.forwarded.iter().flat_map(|value| value.split(','));
        let forwarded: Vec<&str> = forwarded.map(for_of).collect();
        let plain: Vec<&str> =
            self.x_forwarded_for.iter().flat_map(|value| value.split(',')).collect();
        let mut reported = Vec::new();
        let nearest: Vec<&str> = self.x_real_ip.into_iter().collect();
        for (chain, is_whole) in [(&forwarded, true), (&plain, true), (&nearest, false)] {
            let mut addresses = chain.iter().rev().map(|text| address_in(text));
            // An element that is no address, such as `unknown`, hides the client.
            match addresses.find(|address| !address.is_some_and(|known| is_trusted(&known))) {
                Some(Some(address)) => reported.push(address),
                Some(None) => return None,
                None if is_whole => reported.extend(chain.first().and_then(|it| address_in(it))),
                None => {}
            }
        }
        reported.dedup();
        match reported.as_slice() {
            [] => Some(peer),
            [address] => Some(*address),
            _ => None,
        }
    }
}

/// The `for` of an element of `Forwarded` (RFC 7239); nothing where it has none.
fn for_of(element: &str) -> &str {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    named.next().map_or("", |(_, value)| value.trim().trim_matches('"'))
}

/// `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|at| at.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

fn is_local_origin(origin: &str, names: &[String]) -> bool {
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| is_local_host(host, names))
}

fn is_local_host(host: &str, names: &[String]) -> bool {
    let name = without_port(host);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// `localhost:8000` → `localhost`, `[::1]:8000` → `::1`.
fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(address, _)| address);
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(peer: &str, host: &str, origin: Option<&str>) -> bool {
        let peer = peer.parse().ok();
        let connection =
            ConnectionInfo { peer, host: Some(host), origin, ..ConnectionInfo::default() };
        connection.why_not_local(&[String::from("router.lan")]).is_none()
    }

    #[test]
    fn a_program_on_this_machine_is_local() {
        for (peer, host) in [
            ("127.0.0.1", "localhost:8000"),
            ("127.9.9.9", "127.0.0.1"),
            ("::1", "[::1]:8000"),
            ("::ffff:127.0.0.1", "LOCALHOST"),
            ("127.0.0.1", "router.lan:80"),
        ] {
            assert!(local(peer, host, None), "{peer} {host}");
            assert!(local(peer, host, Some("http://localhost:3000")), "{peer} {host}");
        }
    }

    fn client(peer: &str, headers: &[(&str, &'static str)]) -> String {
        let mut connection =
            ConnectionInfo { peer: peer.parse().ok(), ..ConnectionInfo::default() };
        for (name, value) in headers {
            match *name {
                "forwarded" => connection.forwarded.push(value),
                "x-forwarded-for" => connection.x_forwarded_for.push(value),
                _ => connection.x_real_ip = Some(value),
            }
        }
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap());
        let client = connection.client(&trusted);
        client.map_or_else(|| String::from("unknown"), |address| address.to_string())
    }

    #[test]
    fn a_trusted_proxy_is_believed_from_the_right() {
        let (xff, fwd, real) = ("x-forwarded-for", "forwarded", "x-real-ip");
        for (headers, expected) in [
            (vec![], "10.0.0.1"),
            (vec![(xff, "9.9.9.9")], "9.9.9.9"),
            (vec![(xff, "1.1.1.1, 9.9.9.9")], "9.9.9.9"),
            (vec![(xff, "1.1.1.1, 9.9.9.9, 10.0.0.2")], "9.9.9.9"),
            (vec![(xff, "1.1.1.1"), (xff, "9.9.9.9:443")], "9.9.9.9"),
            (vec![(xff, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            (vec![(xff, "10.0.0.3"), (real, "10.0.0.3")], "10.0.0.3"),
            (vec![(xff, "9.9.9.9, unknown")], "unknown"),
            (vec![(fwd, "for=1.1.1.1;proto=https, For=\"[2001:db8::1]:80\"")], "2001:db8::1"),
            (vec![(fwd, "for=9.9.9.9;by=10.0.0.1, for=_hidden")], "unknown"),
            (vec![(real, "9.9.9.9")], "9.9.9.9"),
            (vec![(real, "10.0.0.2"), (xff, "9.9.9.9, 10.0.0.2")], "9.9.9.9"),
            (vec![(xff, "9.9.9.9"), (real, "9.9.9.9")], "9.9.9.9"),
            // A header that the client wrote and the proxy passed on.
            (vec![(fwd, "for=1.1.1.1"), (xff, "9.9.9.9")], "unknown"),
            (vec![(fwd, "for=1.1.1.1"), (xff, "10.0.0.3")], "unknown"),
            (vec![(real, "1.1.1.1"), (xff, "10.0.0.3")], "unknown"),
        ] {
            assert_eq!(client("10.0.0.1", &headers), expected, "{headers:?}");
            assert_eq!(client("8.8.8.8", &headers), "8.8.8.8", "an untrusted peer is the client");
        }
        assert_eq!(client("::ffff:10.0.0.1", &[(xff, "9.9.9.9")]), "9.9.9.9");
    }

    #[test]
    fn others_are_not() {
        assert!(!local("10.0.0.1", "localhost", None), "a remote peer that claims the host");
        assert!(!local("127.0.0.1", "evil.example", None), "a rebound DNS name");
        assert!(!local("127.0.0.1", "localhost.evil.example", None));
        assert!(
            !local("127.0.0.1", "localhost", Some("https://evil.example")),
            "a page in a browser"
        );
        assert!(!local("127.0.0.1", "localhost", Some("null")), "a sandboxed page");
        let no_host =
            ConnectionInfo { peer: "127.0.0.1".parse().ok(), ..ConnectionInfo::default() };
        assert_eq!(no_host.why_not_local(&[]), Some(NotLocal::NoHost));
        let via = Forwarding::Header("via");
        let proxied = ConnectionInfo { forwarding: Some(via), host: Some("localhost"), ..no_host };
        assert_eq!(proxied.why_not_local(&[]), Some(NotLocal::Forwarded(via)));
    }
}
