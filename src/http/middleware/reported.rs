//! What a trusted proxy says of the request that it got. Looked at where it matters alone.

use actix_web::HttpRequest;
use actix_web::http::header::{
    FORWARDED, HeaderMap, HeaderName, X_FORWARDED_HOST, X_FORWARDED_PROTO,
};

use crate::auth::Authenticator;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reported<'r> {
    /// The host that the browser called.
    pub host: Option<&'r str>,
    pub is_https: bool,
}

impl<'r> Reported<'r> {
    /// Nothing, where the peer is not trusted: anybody can write a header.
    pub fn of(request: &'r HttpRequest, authenticator: &Authenticator) -> Self {
        let peer = request.peer_addr().map(|peer| peer.ip());
        match authenticator.is_trusted(peer) {
            true => Self::in_headers(request.headers()),
            false => Self::default(),
        }
    }

    /// What stands rightmost is of the nearest proxy.
    fn in_headers(headers: &'r HeaderMap) -> Self {
        let last = |name: &HeaderName| {
            let value = headers.get_all(name).next_back()?.to_str().ok()?;
            value.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
        };
        let forwarded = last(&FORWARDED);
        let member = |wanted: &str| {
            let pairs = forwarded?.split(';').filter_map(|pair| pair.trim().split_once('='));
            let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            named.next().map(|(_, value)| value.trim().trim_matches('"'))
        };
        let scheme = member("proto").or_else(|| last(&X_FORWARDED_PROTO));
        Self {
            host: member("host").or_else(|| last(&X_FORWARDED_HOST)),
            is_https: scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_nearest_proxy_is_heard() {
        let (proto, host, forwarded) = ("x-forwarded-proto", "x-forwarded-host", "forwarded");
        for (sent, expected) in [
            (vec![], (None, false)),
            (vec![(proto, "https"), (host, "r.example")], (Some("r.example"), true)),
            (
                vec![(proto, "http, HTTPS"), (host, "evil, r.example:8443")],
                (Some("r.example:8443"), true),
            ),
            (vec![(proto, "https, http")], (None, false)),
            (
                vec![(
                    forwarded,
                    "for=1.1.1.1;proto=http, for=9.9.9.9;Proto=https;host=\"r.example:8443\"",
                )],
                (Some("r.example:8443"), true),
            ),
            (vec![(forwarded, "for=9.9.9.9"), (proto, "https")], (None, true)),
        ] {
            let request = TestRequest::default();
            let request = sent.iter().fold(request, |request, pair| request.append_header(*pair));
            let request = request.to_http_request();
            let Reported { host, is_https } = Reported::in_headers(request.headers());
            assert_eq!((host, is_https), expected, "{sent:?}");
        }
    }
}
