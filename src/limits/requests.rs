//! A rate limit in requests: the bucket holds a burst, and each request costs the time in which one
//! is refilled.

use std::fmt;
use std::time::Duration;

use super::bucket::{Bucket, Taken};
use super::status::RateLimitStatus;

/// A limit in requests: a bucket of `burst_size`, refilled with `max_requests` in `per_seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimit {
    pub max_requests: u64,
    pub per_seconds: u64,
    pub burst_size: u64,
    /// The longest time that a request may queue.
    pub max_wait_ms: u64,
}

impl RequestLimit {
    /// Capacity of the bucket in requests.
    pub fn burst(&self) -> u64 {
        self.burst_size.max(1)
    }
}

impl fmt::Display for RequestLimit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max_requests, per_seconds, .. } = self;
        write!(out, "{max_requests} requests per {per_seconds} s")
    }
}

#[derive(Debug)]
pub struct RequestBucket {
    /// Nanoseconds in which one request is refilled.
    interval_ns: u64,
    /// Capacity of the bucket in requests.
    burst: u64,
    bucket: Bucket,
}

/// The state after a request was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub requests: u64,
    /// Until the bucket is full.
    pub until_full: Duration,
}

impl RequestBucket {
    pub fn new(limit: &RequestLimit) -> Self {
        let window_ns = limit.per_seconds.saturating_mul(1_000_000_000);
        Self {
            interval_ns: (window_ns / limit.max_requests.max(1)).max(1),
            burst: limit.burst(),
            bucket: Bucket::default(),
        }
    }

    /// Takes one request out.
    ///
    /// # Errors
    /// The wait until there is room, when there is none now.
    pub fn take(&self, now: Duration) -> Result<Left, Duration> {
        let taken = self.bucket.take(now, self.interval_ns, self.capacity_ns());
        taken.map(|Taken { used_ns, .. }| self.left(used_ns))
    }

    /// Refunds one request that was taken and not used.
    pub fn give_back(&self) {
        self.bucket.give_back(self.interval_ns);
    }

    /// The wait of a request behind `ahead` others.
    pub fn wait_behind(&self, now: Duration, ahead: usize) -> Duration {
        let turns = u64::try_from(ahead).unwrap_or(u64::MAX).saturating_add(1);
        let taken_ns = self.interval_ns.saturating_mul(turns);
        let used_ns = self.bucket.used_ns(now).saturating_add(taken_ns);
        Duration::from_nanos(used_ns.saturating_sub(self.capacity_ns()))
    }

    pub fn burst(&self) -> u64 {
        self.burst
    }

    /// How full it is.
    pub fn status(&self, now: Duration) -> RateLimitStatus {
        let Left { requests, until_full } = self.left(self.bucket.used_ns(now));
        RateLimitStatus { limit: self.burst, remaining: requests, reset: until_full }
    }

    fn capacity_ns(&self) -> u64 {
        self.burst.saturating_mul(self.interval_ns)
    }

    fn left(&self, used_ns: u64) -> Left {
        Left {
            requests: self.capacity_ns().saturating_sub(used_ns) / self.interval_ns,
            until_full: Duration::from_nanos(used_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(max_requests: u64, per_seconds: u64, burst_size: u64) -> RequestLimit {
        RequestLimit { max_requests, per_seconds, burst_size, max_wait_ms: 0 }
    }

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_full_bucket_lets_a_burst_through_and_then_one_per_interval() {
        let bucket = RequestBucket::new(&limit(60, 60, 3));
        let left = [2, 1, 0].map(Ok);
        let taken = [0; 3].map(|_| bucket.take(secs(100)).map(|left| left.requests));
        assert_eq!(taken, left);
        assert_eq!(bucket.take(secs(100)), Err(secs(1)));
        assert_eq!(bucket.take(secs(101)).map(|left| left.until_full), Ok(secs(3)));
        assert_eq!(bucket.take(secs(101)), Err(secs(1)));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let bucket = RequestBucket::new(&limit(1, 10, 1));
        bucket.take(secs(5)).unwrap();
        bucket.give_back();
        assert!(bucket.take(secs(5)).is_ok());
    }

    #[test]
    fn those_who_queue_wait_for_all_ahead_of_them() {
        let bucket = RequestBucket::new(&limit(1, 10, 1));
        bucket.take(secs(0)).unwrap();
        assert_eq!(bucket.wait_behind(secs(0), 0), secs(10));
        assert_eq!(bucket.wait_behind(secs(0), 2), secs(30));
        assert_eq!(bucket.wait_behind(secs(10), 0), secs(0));
    }

    proptest! {
        /// Over any window, no more than the burst and the refill is admitted.
        #[test]
        fn no_more_than_burst_and_refill_gets_through(
            max in 1u64..50, per in 1u64..20, extra in 0u64..20,
            steps in prop::collection::vec(0u64..500, 1..200),
        ) {
            let bucket = RequestBucket::new(&limit(max, per, max + extra));
            let (mut now_ms, mut taken) = (0u64, 0u64);
            for step in steps {
                now_ms += step;
                taken += u64::from(bucket.take(Duration::from_millis(now_ms)).is_ok());
                let refilled = now_ms * max / (per * 1000) + 1;
                prop_assert!(taken <= max + extra + refilled);
            }
        }
    }
}
