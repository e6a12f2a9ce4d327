//! The pool actor: owns the connections of one worker to one provider. It opens those that calls
//! ask for and closes those that none has used for long. A call itself runs in its caller's task,
//! on a connection that it takes and gives back without a message.

use std::rc::Rc;
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler};

use super::http::HttpTransport;
use super::messages::Open;

/// Messages are handled as they arrive, so this bounds only what one turn of the event loop brings.
const MAILBOX: usize = 16_384;

/// How often connections are looked at that no call uses.
const SWEEP: Duration = Duration::from_secs(2);

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

    fn started(&mut self, context: &mut Self::Context) {
        if let Transport::Http(http) = &self.transport {
            let http = http.clone();
            context.run_interval(SWEEP, move |_, _| http.sweep());
        }
    }
}

impl Handler<Open> for ProviderPool {
    type Result = ();

    fn handle(&mut self, open: Open, _: &mut Self::Context) {
        if let Transport::Http(http) = &self.transport {
            actix::spawn(serve(http.clone(), open));
        }
    }
}

async fn serve(http: Rc<HttpTransport>, open: Open) {
    let Open { destination, mut reply } = open;
    let opened = tokio::select! {
        opened = http.open(&destination) => opened,
        () = reply.closed() => return,
    };
    // The connection of a caller that left at this moment serves the next call.
    if let Err(Ok((connection, _))) = reply.send(opened) {
        http.keep(&destination, connection);
    }
}
