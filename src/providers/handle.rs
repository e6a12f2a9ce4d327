//! The way to a provider's pool on this worker.

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

    /// Sends the request and waits for the head of the answer; for a call that is not a
    /// stream, for the whole of it.
    ///
    /// # Errors
    /// When there is no answer. An answer with an error status is an answer.
    ///
    /// # Cancel safety
    /// Dropping it gives the call up and closes its connection.
    pub async fn send(
        &self,
        request: WireRequest,
        state: Arc<ProviderState>,
    ) -> Result<UpstreamReply, DispatchError> {
        let (reply, answer) = oneshot::channel();
        let max_connections = state.max_connections;
        let full = DispatchError::Full { max_connections };
        self.address.try_send(Dispatch { request, state, reply }).map_err(|_| full.clone())?;
        let gone = || Err(Fault::Connect(String::from("the provider's pool has stopped")).into());
        answer.await.unwrap_or_else(|_| gone())
    }

    pub(super) fn is_alive(&self) -> bool {
        self.address.connected()
    }
}
