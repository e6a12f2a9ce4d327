//! The message a pool handles.

use std::sync::Arc;

use actix::Message;
use tokio::sync::oneshot;

use super::state::ProviderState;
use super::wire::{DispatchError, UpstreamReply, WireRequest};

/// Sends a request upstream. When the receiver of the reply is dropped, the call is cancelled and
/// its connection closed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Dispatch {
    pub request: WireRequest,
    pub state: Arc<ProviderState>,
    pub reply: oneshot::Sender<Result<UpstreamReply, DispatchError>>,
}
