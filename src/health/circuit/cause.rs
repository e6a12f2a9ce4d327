//! Causes of upstream failures, each with a cooldown of its own.

use std::fmt;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The model or the path does not exist: 404, 410.
    NotFound,
    /// The router's key was refused: 401.
    Key,
    /// The key lacks the permission: 403.
    Forbidden,
    /// The account has no credit: 402.
    Billing,
    /// A quota of a day or longer is used up.
    Quota,
    /// 429 without a `Retry-After`.
    RateLimit,
    /// 503, 529.
    Overload,
    /// A deadline passed, in the router or upstream: 408, 504.
    Timeout,
    /// No connection.
    Connect,
    /// Any other status, a broken answer, a broken stream.
    Broken,
}

/// How long the circuit stays open, by the cause that opened it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cooldowns {
    /// Short, because a download or a change of the configuration fixes it, and because a 404 costs
    /// an upstream nothing.
    pub not_found: Duration,
    pub key: Duration,
    /// Shorter than for a refused key: it may concern one model only, or an address.
    pub forbidden: Duration,
    pub billing: Duration,
    pub quota: Duration,
    pub rate_limit: Duration,
    pub overload: Duration,
    pub timeout: Duration,
    pub connect: Duration,
    pub broken: Duration,
}

impl Default for Cooldowns {
    fn default() -> Self {
        let (seconds, minutes) = (Duration::from_secs(10), Duration::from_secs(600));
        Self {
            not_found: Duration::from_secs(2),
            key: minutes,
            forbidden: Duration::from_secs(60),
            billing: minutes,
            quota: minutes,
            rate_limit: seconds,
            overload: seconds,
            timeout: seconds,
            connect: seconds,
            broken: seconds,
        }
    }
}

impl Cooldowns {
    pub fn of(&self, cause: Cause) -> Duration {
        match cause {
            Cause::NotFound => self.not_found,
            Cause::Key => self.key,
            Cause::Forbidden => self.forbidden,
            Cause::Billing => self.billing,
            Cause::Quota => self.quota,
            Cause::RateLimit => self.rate_limit,
            Cause::Overload => self.overload,
            Cause::Timeout => self.timeout,
            Cause::Connect => self.connect,
            Cause::Broken => self.broken,
        }
    }
}

/// As a reason in the log, after the name of a model or provider.
impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotFound => "the provider does not have it (404)",
            Self::Key => "its key was refused",
            Self::Forbidden => "its key lacks the permission",
            Self::Billing => "its account has no credit",
            Self::Quota => "its quota is used up",
            Self::RateLimit => "it is rate-limited",
            Self::Overload => "it is overloaded",
            Self::Timeout => "it is too slow",
            Self::Connect => "it cannot be reached",
            Self::Broken => "its answers are broken",
        })
    }
}
