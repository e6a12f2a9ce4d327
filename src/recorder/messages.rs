//! What the recorder is asked.

use actix::Message;

/// Answers once every record that was owed when it was sent is on disk.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Flush;
