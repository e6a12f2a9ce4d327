//! The handle of a provider's pool on this worker.

use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;
use tokio::sync::oneshot;

use super::actor::ProviderPool;
use super::messages::Dispatch;
use super::state::ProviderState;
use super::wire::{DispatchError, UpstreamReply, WireRequest};
use crate::domain::failure::Fault;

#[derive(Clone)]
pub struct PoolHandle {
    address: Rc<Addr<ProviderPool>>,
}

impl PoolHandle {
    pub(super) fn new(address: Addr<ProviderPool>) -> Self {
        Self { address: Rc::new(address) }
    }

    /// Sends the request and waits for the head of the answer; for a call that is not a stream, for
    /// the whole answer.
    ///
    /// # Errors
    /// When there is no answer. An answer with an error status counts as an answer.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the call and closes its connection.
    pub async fn send(
        &self,
        request: WireRequest,
        state: Arc<ProviderState>,
    ) -> Result<UpstreamReply, DispatchError> {
        let (reply, answer) = oneshot::channel();
        let max_connections = state.max_connections;
        let saturated = DispatchError::Saturated { max_connections };
        self.address.try_send(Dispatch { request, state, reply }).map_err(|_| saturated.clone())?;
        let stopped =
            || Err(Fault::Connect(String::from("the provider's pool has stopped")).into());
        answer.await.unwrap_or_else(|_| stopped())
    }

    pub(super) fn is_alive(&self) -> bool {
        self.address.connected()
    }
}
