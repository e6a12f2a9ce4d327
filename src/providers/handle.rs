//! The handle of a provider's pool on this worker.

use std::rc::Rc;
use std::time::Instant;

use actix::Recipient;

use super::actor::{ProviderPool, Transport};
use super::messages::Open;
use super::mock;
use super::state::ProviderState;
use super::waited::waited;
use super::wire::{DispatchError, ReplyBody, UpstreamReply, WireRequest};

#[derive(Clone)]
pub struct PoolHandle {
    opener: Rc<Recipient<Open>>,
    transport: Transport,
}

impl PoolHandle {
    pub(super) fn new(transport: Transport) -> Self {
        let opener = ProviderPool::open(transport.clone()).recipient();
        Self { opener: Rc::new(opener), transport }
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
        state: &ProviderState,
    ) -> Result<UpstreamReply, DispatchError> {
        let (permit, queue) = waited(state.permit(request.deadlines.connect)).await;
        let saturated = DispatchError::Saturated { max_connections: state.max_connections };
        let permit = permit.ok_or(saturated)?;
        let mut reply = match &self.transport {
            Transport::Http(http) => http.send(request, permit, &self.opener).await?,
            Transport::Mock => mock::answer(request, permit).await,
        };
        reply.times.queue = queue;
        if matches!(reply.body, ReplyBody::Whole(_)) {
            reply.times.received = Some(Instant::now());
        }
        Ok(reply)
    }

    pub(super) fn is_alive(&self) -> bool {
        self.opener.connected()
    }
}
