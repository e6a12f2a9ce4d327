//! The message to a limiter.

use std::time::Duration;

use actix::Message;
use tokio::sync::oneshot;

use super::permit::Permit;

/// Queues for room. Dropping the receiver leaves the queue.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Wait {
    pub max_wait: Duration,
    /// A permit, or the wait that one would have needed.
    pub reply: oneshot::Sender<Result<Permit, Duration>>,
}
