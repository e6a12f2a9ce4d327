//! How full the limits per minute are that a call came under.

use std::time::Duration;

/// A rate limit as the response headers carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    pub limit: u64,
    pub remaining: u64,
    /// Until the limit is whole again.
    pub reset: Duration,
}

/// Of requests and of tokens; `None` where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    pub requests: Option<RateLimitStatus>,
    pub tokens: Option<RateLimitStatus>,
}

impl RateLimits {
    /// Those of `other` where there is none here.
    pub fn or(self, other: Self) -> Self {
        Self { requests: self.requests.or(other.requests), tokens: self.tokens.or(other.tokens) }
    }
}
