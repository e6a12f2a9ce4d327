//! Why an upstream fails, as far as each reason has a cooldown of its own.

use std::fmt;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It does not know the model, or the path: 404, 410.
    NotFound,
    /// It does not take the router's key: 401.
    Key,
    /// The key may not do this: 403.
    Forbidden,
    /// The account is empty: 402.
    Billing,
    /// A quota of a day or longer is used up.
    Quota,
    /// 429 without a time.
    RateLimit,
    /// 503, 529.
    Overload,
    /// A deadline passed, here or there: 408, 504.
    Timeout,
    /// No connection.
    Connect,
    /// Any other status, a broken answer, a broken stream.
    Broken,
}

/// How long an open circuit lets nobody through, by the reason that opened it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cooldowns {
    /// Short, because it is mended by a download or a word in the configuration, and because an
    /// answer of 404 costs an upstream nothing.
    pub not_found: Duration,
    pub key: Duration,
    /// Shorter than of a refused key: it may be about one model, or about an address.
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

/// As a reason in the log.
impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotFound => "the provider does not know it (404)",
            Self::Key => "its key was refused",
            Self::Forbidden => "its key may not do this",
            Self::Billing => "its account has no money",
            Self::Quota => "its quota is used up",
            Self::RateLimit => "it is limited",
            Self::Overload => "it is overloaded",
            Self::Timeout => "it is too slow",
            Self::Connect => "it cannot be reached",
            Self::Broken => "its answers are broken",
        })
    }
}
