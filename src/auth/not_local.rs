//! Why a call does not count as one of a program on this machine, worded for a caller that wonders
//! why it needs a key.

use std::fmt;
use std::net::IpAddr;

/// Characters of a header's value that are shown.
const SHOWN: usize = 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotLocal {
    /// The TCP peer, where it is known.
    Peer(Option<IpAddr>),
    Forwarded(Forwarding),
    NoHost,
    Host(String),
    Origin(String),
}

/// The trace of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    Header(&'static str),
    /// A version of HTTP that only proxies still use.
    OldVersion,
}

impl NotLocal {
    pub(super) fn host(value: &str) -> Self {
        Self::Host(shown(value))
    }

    pub(super) fn origin(value: &str) -> Self {
        Self::Origin(shown(value))
    }
}

/// The value as it may stand in a message: no character in it moves a cursor or ends a quotation.
fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    shown = shown.replace('`', "\\u{60}");
    if value.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for NotLocal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(Some(peer)) => write!(out, "it comes from {peer}"),
            Self::Peer(None) => out.write_str("where it comes from is unknown"),
            Self::Forwarded(Forwarding::Header(name)) => {
                write!(out, "its header `{name}` shows that it came through a proxy")
            }
            Self::Forwarded(Forwarding::OldVersion) => {
                out.write_str("its version of HTTP shows that it came through a proxy")
            }
            Self::NoHost => out.write_str("it has no header `Host`"),
            Self::Host(host) => write!(
                out,
                "its header `Host` is `{host}`, which is no name of this machine; call the router \
                 as `localhost`, or put the name into [server] allowed_hosts"
            ),
            Self::Origin(origin) => write!(
                out,
                "its header `Origin` is `{origin}`, and pages of other hosts need a key; where the \
                 page is your own, put its host into [server] allowed_hosts"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_escaped_and_in_part() {
        let long = format!("a`\n\u{1b}[2J{}", "x".repeat(500));
        let shown = shown(&long);
        assert!(shown.starts_with("a\\u{60}\\n\\u{1b}[2Jxx"), "{shown}");
        assert!(shown.ends_with("x…") && shown.chars().count() < 90, "{shown}");
    }
}
