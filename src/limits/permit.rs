//! The right to make one upstream call. What is not spent goes back when it is dropped.

use std::sync::Arc;
use std::time::Duration;

use super::bucket::{Bucket, Left};

/// A model's rate limit as response headers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub limit: u64,
    pub remaining: u64,
    /// Until the limit is whole again.
    pub reset: Duration,
}

#[derive(Debug)]
pub struct Permit {
    /// Gone once the permit is spent, or where there is no limit.
    bucket: Option<Arc<Bucket>>,
    standing: Option<Standing>,
}

impl Permit {
    /// For a model without a limit.
    pub fn unlimited() -> Self {
        Self { bucket: None, standing: None }
    }

    pub(super) fn taken(bucket: Arc<Bucket>, left: Left) -> Self {
        let standing =
            Standing { limit: bucket.burst(), remaining: left.requests, reset: left.until_full };
        Self { bucket: Some(bucket), standing: Some(standing) }
    }

    /// The call is being made: nothing goes back by itself from here on.
    pub fn spend(mut self) -> Spent {
        Spent { bucket: self.bucket.take(), standing: self.standing }
    }
}

/// A permit whose call is being made.
#[derive(Debug)]
pub struct Spent {
    bucket: Option<Arc<Bucket>>,
    pub standing: Option<Standing>,
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
