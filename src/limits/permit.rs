//! The right to make one upstream call. What is not spent goes back when it is dropped.

use std::sync::Arc;

use super::requests::{Left, RequestBucket};
use super::status::RateLimitStatus;

#[derive(Debug)]
pub struct Permit {
    /// Gone once the permit is spent, or where there is no limit.
    bucket: Option<Arc<RequestBucket>>,
    status: Option<RateLimitStatus>,
}

impl Permit {
    /// For a model without a limit.
    pub fn unlimited() -> Self {
        Self { bucket: None, status: None }
    }

    pub(super) fn taken(bucket: Arc<RequestBucket>, left: Left) -> Self {
        let status = RateLimitStatus {
            limit: bucket.burst(),
            remaining: left.requests,
            reset: left.until_full,
        };
        Self { bucket: Some(bucket), status: Some(status) }
    }

    /// The call is being made: nothing goes back by itself from here on.
    pub fn spend(mut self) -> Spent {
        Spent { bucket: self.bucket.take(), status: self.status }
    }
}

/// A permit whose call is being made.
#[derive(Debug)]
pub struct Spent {
    bucket: Option<Arc<RequestBucket>>,
    pub status: Option<RateLimitStatus>,
}

impl Spent {
    /// For a call that was not made after all.
    pub fn give_back(self) {
        if let Some(bucket) = self.bucket {
            bucket.give_back();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(bucket) = self.bucket.take() {
            bucket.give_back();
        }
    }
}
