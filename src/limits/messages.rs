//! The message to a model's limiter.

use std::time::Duration;

use actix::Message;
use tokio::sync::oneshot;

use super::permit::Permit;

/// Queue for room. A dropped receiver leaves the queue.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Wait {
    pub max_wait: Duration,
    /// A permit, or how long it would have taken to get one.
    pub reply: oneshot::Sender<Result<Permit, Duration>>,
}
