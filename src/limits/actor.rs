//! The limiter of one model: owns the queue of waiting requests, first come, first served.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler};
use tokio::sync::oneshot;

use super::messages::Wait;
use super::permit::Permit;
use super::requests::RequestBucket;
use crate::domain::clock::Clock;

pub struct ModelLimiter {
    pub bucket: Arc<RequestBucket>,
    pub clock: Clock,
    /// The number of queued requests; while it is not zero, new ones queue as well.
    pub waiting: Arc<AtomicUsize>,
    pub queue: VecDeque<oneshot::Sender<Result<Permit, Duration>>>,
}

impl ModelLimiter {
    /// Serves the queue as far as there is room, and runs again when there will be more.
    fn serve(&mut self, context: &mut Context<Self>) {
        self.queue.retain(|waiter| !waiter.is_closed());
        while let Some(waiter) = self.queue.pop_front() {
            match self.bucket.take(self.clock.uptime()) {
                // If the waiter is gone, dropping the permit refunds it.
                Ok(left) => drop(waiter.send(Ok(Permit::taken(self.bucket.clone(), left)))),
                Err(wait) => {
                    self.queue.push_front(waiter);
                    context.run_later(wait, Self::serve);
                    break;
                }
            }
        }
        self.waiting.store(self.queue.len(), Ordering::Release);
    }
}

impl Actor for ModelLimiter {
    type Context = Context<Self>;
}

impl Handler<Wait> for ModelLimiter {
    type Result = ();

    fn handle(&mut self, Wait { max_wait, reply }: Wait, context: &mut Self::Context) {
        self.queue.retain(|waiter| !waiter.is_closed());
        let needed = self.bucket.wait_behind(self.clock.uptime(), self.queue.len());
        if needed > max_wait {
            // A caller that is gone needs no refusal.
            let _ = reply.send(Err(needed));
            return;
        }
        self.queue.push_back(reply);
        self.waiting.store(self.queue.len(), Ordering::Release);
        if self.queue.len() == 1 {
            self.serve(context);
        }
    }
}
