//! The local-caller rule: who sits on this machine and asks for itself. A page in a browser, a
//! DNS name that was turned to 127.0.0.1 and a proxy on this machine do not.

use std::net::IpAddr;

/// How a request came in, as far as it tells where from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrival<'a> {
    /// The TCP peer.
    pub peer: Option<IpAddr>,
    /// Any of `Forwarded`, `X-Forwarded-For`, `X-Real-IP`, `Via` is there, or the request came in
    /// a version of HTTP that only proxies still speak.
    pub is_forwarded: bool,
    pub host: Option<&'a str>,
    pub origin: Option<&'a str>,
}

impl Arrival<'_> {
    /// `names`: hosts from the configuration that mean this machine as well.
    pub fn is_local(&self, names: &[String]) -> bool {
        self.peer.is_some_and(|peer| peer.to_canonical().is_loopback())
            && !self.is_forwarded
            && self.host.is_some_and(|host| is_local_host(host, names))
            && self.origin.is_none_or(|origin| is_local_origin(origin, names))
    }
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
        let arrival = Arrival { peer, host: Some(host), origin, is_forwarded: false };
        arrival.is_local(&[String::from("router.lan")])
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
        let no_host = Arrival { peer: "127.0.0.1".parse().ok(), ..Arrival::default() };
        assert!(!no_host.is_local(&[]));
        let proxied = Arrival { is_forwarded: true, host: Some("localhost"), ..no_host };
        assert!(!proxied.is_local(&[]), "a proxy on this machine");
    }
}
