//! The permit for one request under a rate limit, refunded on drop unless spent.

use std::sync::Arc;

use super::requests::{Left, RequestBucket};
use super::status::RateLimitStatus;

#[derive(Debug)]
#[must_use = "it goes back when this is dropped"]
pub struct Permit {
    bucket: Arc<RequestBucket>,
    status: RateLimitStatus,
    is_spent: bool,
}

impl Permit {
    pub(super) fn taken(bucket: Arc<RequestBucket>, left: Left) -> Self {
        let status = RateLimitStatus {
            limit: bucket.burst(),
            remaining: left.requests,
            reset: left.until_full,
        };
        Self { bucket, status, is_spent: false }
    }

    /// The limit's status when the permit was issued.
    pub fn status(&self) -> RateLimitStatus {
        self.status
    }

    /// The request is being made: from here on dropping refunds nothing.
    pub fn spend(&mut self) {
        self.is_spent = true;
    }

    /// The request was not made after all: the permit becomes unspent again.
    pub fn not_spent(&mut self) {
        self.is_spent = false;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.is_spent {
            self.bucket.give_back();
        }
    }
}
