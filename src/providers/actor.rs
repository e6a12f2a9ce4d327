//! The pool actor: owns the transport of one provider on one worker. Each call runs as a task of
//! its own, so that a thousand streams do not wake each other.

use std::rc::Rc;
use std::time::Instant;

use actix::{Actor, Addr, Context, Handler};

use super::http::HttpTransport;
use super::messages::Dispatch;
use super::mock;
use super::waited::waited;
use super::wire::{DispatchError, ReplyBody, UpstreamReply, WireRequest};

/// Messages are handled as they arrive, so this bounds only what one turn of the event loop brings.
const MAILBOX: usize = 16_384;

pub struct ProviderPool {
    transport: Transport,
}

/// How a provider is reached.
#[derive(Clone)]
pub enum Transport {
    Http(Rc<HttpTransport>),
    /// Synthetic answers.
    Mock,
}

impl ProviderPool {
    /// Sets the mailbox size before the first message: the default of actix is 16.
    pub fn open(transport: Transport) -> Addr<Self> {
        Self::create(|context| {
            context.set_mailbox_capacity(MAILBOX);
            Self { transport }
        })
    }
}

impl Actor for ProviderPool {
    type Context = Context<Self>;
}

impl Handler<Dispatch> for ProviderPool {
    type Result = ();

    fn handle(&mut self, dispatch: Dispatch, _: &mut Self::Context) {
        actix::spawn(serve(self.transport.clone(), dispatch));
    }
}

async fn serve(transport: Transport, dispatch: Dispatch) {
    let Dispatch { request, state, mut reply } = dispatch;
    let answer = async {
        let (Some(permit), queue) = waited(state.permit(request.deadlines.connect)).await else {
            return Err(DispatchError::Saturated { max_connections: state.max_connections });
        };
        let mut reply = transport.send(request, permit).await?;
        reply.times.queue = queue;
        if matches!(reply.body, ReplyBody::Whole(_)) {
            reply.times.received = Some(Instant::now());
        }
        Ok(reply)
    };
    let outcome = tokio::select! {
        outcome = answer => outcome,
        () = reply.closed() => return,
    };
    // A caller that leaves at this moment drops the answer, and with it the connection.
    let _ = reply.send(outcome);
}

impl Transport {
    async fn send(
        &self,
        request: WireRequest,
        permit: tokio::sync::OwnedSemaphorePermit,
    ) -> Result<UpstreamReply, DispatchError> {
        match self {
            Self::Http(http) => http.send(request, permit).await,
            Self::Mock => Ok(mock::answer(request, permit).await),
        }
    }
}
