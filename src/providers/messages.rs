//! What a pool is told.

use std::sync::Arc;

use actix::Message;
use tokio::sync::oneshot;

use super::state::ProviderState;
use super::wire::{DispatchError, UpstreamReply, WireRequest};

/// Send this upstream. A dropped receiver means that nobody wants the answer any more: the
/// call is given up and its connection closed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Dispatch {
    pub request: WireRequest,
    pub state: Arc<ProviderState>,
    pub reply: oneshot::Sender<Result<UpstreamReply, DispatchError>>,
}
