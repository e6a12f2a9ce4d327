//! An outbound proxy in the usual spellings: `http://user:password@host:3128`,
//! `socks5://host:1080`, `socks5h://…`. The proxy always resolves the names.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use super::secret::Secret;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// A tunnel by HTTP CONNECT.
    Http,
    Socks5,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub kind: ProxyKind,
    pub host: String,
    pub port: u16,
    pub credentials: Option<(String, Secret)>,
}

impl Proxy {
    /// # Errors
    /// What is wrong with the text; the message never holds the credentials.
    pub fn parse(text: &str) -> Result<Self, String> {
        let with_scheme =
            if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&with_scheme).map_err(|error| error.to_string())?;
        let (kind, default_port) = match url.scheme() {
            "http" => (ProxyKind::Http, 8080),
            "socks5" | "socks5h" => (ProxyKind::Socks5, 1080),
            other => {
                return Err(format!("`{other}` is no proxy scheme; known: http, socks5, socks5h"));
            }
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("a host is missing")?;
        let password = Secret::new(&decoded(url.password().unwrap_or_default()));
        let username = decoded(url.username());
        Ok(Self {
            kind,
            host: host.trim_matches(['[', ']']).to_owned(),
            // `Url` omits port 80 because it is http's default.
            port: url.port().unwrap_or(if text.ends_with(":80") { 80 } else { default_port }),
            credentials: (!username.is_empty()).then_some((username, password)),
        })
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl fmt::Debug for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} {self}", self.kind)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_of_a_proxy_are_read() {
        let proxy = Proxy::parse("http://us%40er:p%3Aw@host:3128").unwrap();
        assert_eq!((proxy.kind, proxy.host.as_str(), proxy.port), (ProxyKind::Http, "host", 3128));
        assert_eq!(proxy.credentials, Some(("us@er".into(), Secret::new("p:w"))));
        assert!(!format!("{proxy:?}").contains("p:w"));
        let proxy = Proxy::parse("socks5h://[::1]").unwrap();
        assert_eq!((proxy.kind, proxy.host.as_str(), proxy.port), (ProxyKind::Socks5, "::1", 1080));
        assert_eq!(Proxy::parse("host:80").unwrap().port, 80);
        for bad in ["ftp://host", "http://", "https://host"] {
            assert!(Proxy::parse(bad).is_err(), "{bad}");
        }
    }
}
