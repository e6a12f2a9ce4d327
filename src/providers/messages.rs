//! The message a pool handles.

use std::time::Duration;

use actix::Message;
use tokio::sync::oneshot;

use super::h1::{Connection, Destination, DialError};

/// Opens a connection, unless the receiver of the reply is dropped before. The reply says how long
/// that took.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Open {
    pub destination: Destination,
    pub reply: oneshot::Sender<Result<(Connection, Duration), DialError>>,
}
