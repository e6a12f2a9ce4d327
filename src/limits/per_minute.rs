//! The limits per minute of a key: requests and tokens. The numbers are passed with each call,
//! because the key's settings may change while its buckets stay.

use std::fmt;
use std::time::Duration;

use super::status::{RateLimitStatus, RateLimits};
use super::tokens::{Reservation, TokenBucket};

/// The limits as the settings have them; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerMinute {
    pub requests: Option<u64>,
    pub tokens: Option<u64>,
}

/// What a limit per minute counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Requests,
    Tokens,
}

impl fmt::Display for Counted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Requests => "requests per minute",
            Self::Tokens => "tokens per minute",
        })
    }
}

/// The limit that refuses a call, and when there will be room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerMinuteRefusal {
    pub counted: Counted,
    pub limit: u64,
    pub retry_after: Duration,
}

/// Where the limits are counted. A store that several routers share would be a second variant.
#[derive(Debug)]
pub enum PerMinuteHandle {
    Local(LocalPerMinute),
}

impl Default for PerMinuteHandle {
    fn default() -> Self {
        Self::Local(LocalPerMinute::default())
    }
}

impl PerMinuteHandle {
    /// Takes a request and so many tokens.
    ///
    /// # Errors
    /// Which of both is used up; nothing is taken then.
    pub fn enter(
        &self,
        now: Duration,
        limits: PerMinute,
        tokens: u64,
    ) -> Result<PerMinuteShare, PerMinuteRefusal> {
        match self {
            Self::Local(buckets) => buckets.enter(now, limits, tokens),
        }
    }

    /// Replaces the reserved tokens by the actual ones; the request is spent.
    pub fn settle(&self, now: Duration, share: &mut PerMinuteShare, tokens: u64) {
        match self {
            Self::Local(buckets) => buckets.settle(now, share, tokens),
        }
    }

    /// Returns the tokens of a call that took none; the request is spent.
    pub fn release(&self, now: Duration, share: &mut PerMinuteShare) {
        self.settle(now, share, 0);
    }

    /// Returns both, for a call that never reached an upstream.
    pub fn refund(&self, now: Duration, share: &mut PerMinuteShare) {
        match self {
            Self::Local(buckets) => buckets.refund(now, share),
        }
    }

    /// How full the limits are.
    pub fn status(&self, now: Duration, limits: PerMinute) -> RateLimits {
        match self {
            Self::Local(buckets) => buckets.status(now, limits),
        }
    }
}

/// What a call took of the minute. If it is dropped, the request and the estimate stand.
#[derive(Debug, Default)]
#[must_use = "settle it with what the call took, or release it"]
pub struct PerMinuteShare {
    request: Option<Reservation>,
    tokens: Option<Reservation>,
}

/// Counted in this process.
#[derive(Debug, Default)]
pub struct LocalPerMinute {
    requests: TokenBucket,
    tokens: TokenBucket,
}

impl LocalPerMinute {
    fn enter(
        &self,
        now: Duration,
        limits: PerMinute,
        tokens: u64,
    ) -> Result<PerMinuteShare, PerMinuteRefusal> {
        let take = |counted, bucket: &TokenBucket, limit: Option<u64>, amount| {
            let take = |limit| {
                bucket.reserve(now, amount, limit).map_err(|retry_after| PerMinuteRefusal {
                    counted,
                    limit,
                    retry_after,
                })
            };
            limit.map(take).transpose()
        };
        let request = take(Counted::Requests, &self.requests, limits.requests, 1)?;
        match take(Counted::Tokens, &self.tokens, limits.tokens, tokens.max(1)) {
            Ok(tokens) => Ok(PerMinuteShare { request, tokens }),
            Err(refusal) => {
                if let Some(request) = request {
                    self.requests.release(now, request);
                }
                Err(refusal)
            }
        }
    }

    fn settle(&self, now: Duration, share: &mut PerMinuteShare, tokens: u64) {
        if let Some(reserved) = share.tokens.take() {
            self.tokens.settle(now, reserved, tokens);
        }
    }

    fn refund(&self, now: Duration, share: &mut PerMinuteShare) {
        if let Some(request) = share.request.take() {
            self.requests.release(now, request);
        }
        self.settle(now, share, 0);
    }

    fn status(&self, now: Duration, limits: PerMinute) -> RateLimits {
        let status = |bucket: &TokenBucket, limit: Option<u64>| {
            let limit = limit?;
            Some(RateLimitStatus {
                limit,
                remaining: bucket.left(now, limit),
                reset: bucket.until_full(now),
            })
        };
        RateLimits {
            requests: status(&self.requests, limits.requests),
            tokens: status(&self.tokens, limits.tokens),
        }
    }
}
