//! The status of the rate limits that apply to a call.

use std::time::Duration;

/// A rate limit, as in the response headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    pub limit: u64,
    pub remaining: u64,
    /// The time until the limit is fully available again.
    pub reset: Duration,
}

/// In requests and in tokens; `None` where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    pub requests: Option<RateLimitStatus>,
    pub tokens: Option<RateLimitStatus>,
}

impl RateLimits {
    /// Takes the limits of `other` where this has none.
    pub fn or(self, other: Self) -> Self {
        Self { requests: self.requests.or(other.requests), tokens: self.tokens.or(other.tokens) }
    }
}
