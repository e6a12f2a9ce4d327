//! The message to the recorder.

use actix::Message;

/// Answered once every call that had a slot when it was sent is recorded.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Flush;
