//! The way to a model's limiter.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::dev::SendError;
use actix::{Actor, Addr, ArbiterHandle};
use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::actor::ModelLimiter;
use super::messages::Wait;
use super::permit::Permit;
use super::requests::{RequestBucket, RequestLimit};
use crate::domain::clock::Clock;

/// Why there is no permit, and when there would be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `60 requests per 60 s`.
    pub limit: String,
    pub limit_requests: u64,
    pub retry_after: Duration,
}

pub struct LimiterHandle {
    limit: RequestLimit,
    bucket: Arc<RequestBucket>,
    clock: Clock,
    waiting: Arc<AtomicUsize>,
    arbiter: ArbiterHandle,
    address: ArcSwap<Addr<ModelLimiter>>,
}

impl LimiterHandle {
    pub fn start(limit: RequestLimit, arbiter: ArbiterHandle, clock: Clock) -> Self {
        let bucket = Arc::new(RequestBucket::new(&limit));
        let waiting = Arc::default();
        let address = start_actor(&arbiter, &bucket, clock, &waiting);
        let address = ArcSwap::from_pointee(address);
        Self { limit, bucket, clock, waiting, arbiter, address }
    }

    pub fn limit(&self) -> RequestLimit {
        self.limit
    }

    /// How long a call that came now would wait, without taking anything: for plans.
    pub fn wait(&self) -> Duration {
        self.bucket.wait_behind(self.clock.uptime(), self.waiting.load(Ordering::Acquire))
    }

    /// Room for one call: at once where there is some, else after at most the configured
    /// `max_wait_ms`.
    ///
    /// # Errors
    /// When the wait would be longer than that.
    ///
    /// # Cancel safety
    /// A caller that drops this leaves the queue; a permit on its way to it goes back.
    pub async fn acquire(&self) -> Result<Permit, Refusal> {
        let max_wait = Duration::from_millis(self.limit.max_wait_ms);
        if self.waiting.load(Ordering::Acquire) == 0 {
            match self.bucket.take(self.clock.uptime()) {
                Ok(left) => return Ok(Permit::taken(self.bucket.clone(), left)),
                Err(wait) if wait > max_wait => return Err(self.refusal(wait)),
                Err(_) => {}
            }
        }
        self.queue(max_wait).await.map_err(|wait| self.refusal(wait))
    }

    async fn queue(&self, max_wait: Duration) -> Result<Permit, Duration> {
        let (reply, answer) = oneshot::channel();
        let address = self.address.load_full();
        // A message that does not arrive shows below, as a reply that never comes.
        match address.try_send(Wait { max_wait, reply }) {
            Ok(()) => {}
            Err(SendError::Full(wait)) => {
                let _ = address.send(wait).await;
            }
            Err(SendError::Closed(wait)) => {
                let fresh = start_actor(&self.arbiter, &self.bucket, self.clock, &self.waiting);
                self.address.store(Arc::new(fresh.clone()));
                let _ = fresh.send(wait).await;
            }
        }
        let behind_all = || {
            let ahead = self.waiting.load(Ordering::Acquire);
            self.bucket.wait_behind(self.clock.uptime(), ahead)
        };
        answer.await.unwrap_or_else(|_| Err(behind_all()))
    }

    fn refusal(&self, retry_after: Duration) -> Refusal {
        let RequestLimit { max_requests, per_seconds, .. } = self.limit;
        Refusal {
            limit: format!("{max_requests} requests per {per_seconds} s"),
            limit_requests: self.bucket.burst(),
            retry_after,
        }
    }
}

fn start_actor(
    arbiter: &ArbiterHandle,
    bucket: &Arc<RequestBucket>,
    clock: Clock,
    waiting: &Arc<AtomicUsize>,
) -> Addr<ModelLimiter> {
    let (bucket, waiting) = (bucket.clone(), waiting.clone());
    waiting.store(0, Ordering::Release);
    ModelLimiter::start_in_arbiter(arbiter, move |_| ModelLimiter {
        bucket,
        clock,
        waiting,
        queue: VecDeque::new(),
    })
}
