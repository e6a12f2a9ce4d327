//! The right to make one upstream call. What is not spent goes back when it is dropped.

use std::sync::Arc;

use super::requests::{Left, RequestBucket};
use super::status::RateLimitStatus;

#[derive(Debug)]
#[must_use = "it goes back when this is dropped"]
pub struct Permit {
    /// Absent where there is no limit.
    bucket: Option<Arc<RequestBucket>>,
    status: Option<RateLimitStatus>,
    is_spent: bool,
}

impl Permit {
    /// For a model without a limit.
    pub fn unlimited() -> Self {
        Self { bucket: None, status: None, is_spent: false }
    }

    pub(super) fn taken(bucket: Arc<RequestBucket>, left: Left) -> Self {
        let status = RateLimitStatus {
            limit: bucket.burst(),
            remaining: left.requests,
            reset: left.until_full,
        };
        Self { bucket: Some(bucket), status: Some(status), is_spent: false }
    }

    /// How full the limit was when the permit was given.
    pub fn status(&self) -> Option<RateLimitStatus> {
        self.status
    }

    /// The call is being made: nothing goes back by itself from here on.
    pub fn spend(&mut self) {
        self.is_spent = true;
    }

    /// The call was not made after all: the permit goes back as one that was never spent.
    pub fn not_spent(&mut self) {
        self.is_spent = false;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(bucket) = self.bucket.take().filter(|_| !self.is_spent) {
            bucket.give_back();
        }
    }
}
