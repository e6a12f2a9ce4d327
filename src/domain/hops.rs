//! Loop detection: the routers that a call has passed. Each router adds its own id to its upstream
//! requests, and refuses a call that carries this id already.

use std::fmt;

/// On requests to upstreams, and on requests from other routers: router ids, comma separated, in
/// the order of the hops.
pub const HEADER: &str = "x-llm-router-hops";

/// The most hops of a call. Where several processes share an address, each with its own id, this
/// ends a loop among them.
const MOST: usize = 8;

/// A router's id in [`HEADER`]: random, new with each start of the process, used for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterId(u64);

impl RouterId {
    pub fn random() -> Self {
        Self(fastrand::u64(..))
    }

    fn parse(text: &str) -> Option<Self> {
        let is_written = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_written).map(Self)
    }
}

impl fmt::Display for RouterId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// The routers that a call passed before it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hops(Vec<RouterId>);

impl Hops {
    /// Reads the values of [`HEADER`]. What is no router id is ignored and not forwarded.
    pub fn read<'v>(values: impl Iterator<Item = &'v str>) -> Self {
        let names = values.flat_map(|value| value.split(','));
        Self(names.filter_map(|name| RouterId::parse(name.trim())).take(MOST).collect())
    }

    /// Whether `router` must refuse the call.
    pub fn ends_at(&self, router: RouterId) -> bool {
        self.0.contains(&router) || self.0.len() >= MOST
    }

    /// The header's value for an upstream request of `router`.
    pub fn through(&self, router: RouterId) -> String {
        let names = self.0.iter().chain([&router]).map(ToString::to_string);
        names.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_refused_by_a_router_it_passed_and_after_many_hops() {
        let [here, there] = [RouterId(1), RouterId(0xfeed)];
        let none = Hops::default();
        assert!(!none.ends_at(here));
        let text = none.through(here);
        assert_eq!(text, "0000000000000001");
        let hops = Hops::read([text.as_str()].into_iter());
        assert!(hops.ends_at(here) && !hops.ends_at(there));
        assert_eq!(hops.through(there), "0000000000000001, 000000000000feed");
        let many = (0..MOST as u64).map(|id| RouterId(id + 100).to_string()).collect::<Vec<_>>();
        assert!(Hops::read(many.iter().map(String::as_str)).ends_at(here));
        let fewer = many.iter().skip(1).map(String::as_str);
        assert!(!Hops::read(fewer).ends_at(here));
    }

    #[test]
    fn what_is_no_router_id_is_ignored() {
        let written = ["", "sk-secret", "+00000000000feed", "000000000000feed, x", "FEED"];
        let hops = Hops::read(written.into_iter());
        assert_eq!(hops, Hops(vec![RouterId(0xfeed)]));
        let endless = ["000000000000feed,"].repeat(100_000).concat();
        assert_eq!(Hops::read([endless.as_str()].into_iter()).0.len(), MOST);
    }
}
