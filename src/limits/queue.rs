//! Requests under a rate limit: admitted at once where there is room, else through the limiter's
//! queue.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::dev::SendError;
use actix::{Actor, Addr, ArbiterHandle};
use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::actor::ModelLimiter;
use super::messages::Wait;
use super::permit::Permit;
use super::requests::{RequestBucket, RequestLimit};
use super::status::RateLimitStatus;
use crate::domain::clock::Clock;

#[derive(Debug)]
pub struct RequestQueue {
    limit: RequestLimit,
    bucket: Arc<RequestBucket>,
    waiting: Arc<AtomicUsize>,
    /// Started by the first request that waits.
    actor: OnceLock<ArcSwap<Addr<ModelLimiter>>>,
}

impl RequestQueue {
    pub fn new(limit: RequestLimit) -> Self {
        let bucket = Arc::new(RequestBucket::new(&limit));
        Self { limit, bucket, waiting: Arc::default(), actor: OnceLock::new() }
    }

    pub fn limit(&self) -> RequestLimit {
        self.limit
    }

    pub fn status(&self, clock: Clock) -> RateLimitStatus {
        self.bucket.status(clock.uptime())
    }

    /// The wait of a request that came now, if longer than allowed. Takes nothing.
    pub fn would_refuse(&self, clock: Clock) -> Option<Duration> {
        let wait = self.wait(clock);
        (wait > self.max_wait()).then_some(wait)
    }

    /// A permit for one request: at once where there is room, else after at most the configured
    /// `max_wait_ms`. The limiter is started on the given arbiter if it is not running.
    ///
    /// # Errors
    /// The wait, when it would be longer than that.
    ///
    /// # Cancel safety
    /// Dropping it leaves the queue; a permit on its way is refunded.
    pub async fn acquire(&self, clock: Clock, arbiter: &ArbiterHandle) -> Result<Permit, Duration> {
        if self.waiting.load(Ordering::Acquire) == 0 {
            match self.bucket.take(clock.uptime()) {
                Ok(left) => return Ok(Permit::taken(self.bucket.clone(), left)),
                Err(wait) if wait > self.max_wait() => return Err(wait),
                Err(_) => {}
            }
        }
        self.join(clock, arbiter).await
    }

    async fn join(&self, clock: Clock, arbiter: &ArbiterHandle) -> Result<Permit, Duration> {
        let start = || self.start_actor(clock, arbiter);
        let (reply, answer) = oneshot::channel();
        let actor = self.actor.get_or_init(|| ArcSwap::from_pointee(start()));
        let address = actor.load_full();
        // A message that does not arrive is noticed below: its reply never comes.
        match address.try_send(Wait { max_wait: self.max_wait(), reply }) {
            Ok(()) => {}
            Err(SendError::Full(wait)) => {
                let _ = address.send(wait).await;
            }
            Err(SendError::Closed(wait)) => {
                let fresh = start();
                actor.store(Arc::new(fresh.clone()));
                let _ = fresh.send(wait).await;
            }
        }
        answer.await.unwrap_or_else(|_| Err(self.wait(clock)))
    }

    /// Queues behind all waiting requests.
    fn wait(&self, clock: Clock) -> Duration {
        self.bucket.wait_behind(clock.uptime(), self.waiting.load(Ordering::Acquire))
    }

    fn max_wait(&self) -> Duration {
        Duration::from_millis(self.limit.max_wait_ms)
    }

    fn start_actor(&self, clock: Clock, arbiter: &ArbiterHandle) -> Addr<ModelLimiter> {
        let (bucket, waiting) = (self.bucket.clone(), self.waiting.clone());
        waiting.store(0, Ordering::Release);
        ModelLimiter::start_in_arbiter(arbiter, move |_| ModelLimiter {
            bucket,
            clock,
            waiting,
            queue: VecDeque::new(),
        })
    }
}
