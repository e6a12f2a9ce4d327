//! A connection that speaks HTTP/2: its streams are served side by side, within limits that a client
//! cannot raise. With the connection all that was done for it ends.
//!
//! actix-http has a server of HTTP/2 too. That one notices no client that leaves before its answer
//! begins, waits for ever for one that reads nothing, sends no GOAWAY and has no limits.

use std::rc::Rc;
use std::time::Duration;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::{Request, Response};
use actix_service::Service;
use bytes::Bytes;
use futures_util::future::poll_fn;
use futures_util::stream::{FuturesUnordered, StreamExt};
use h2::Reason;
use h2::server::{Builder, Connection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};

use super::drain::DrainNotice;
use super::exchange::{End, Peer, exchange};

/// Requests of one connection that are served at once.
const MAX_STREAMS: u32 = 256;

/// As much as HTTP/1 takes.
const MAX_HEADERS: u32 = 128 * 1024;

/// What a client may send of a body that is not read yet, and of all bodies of a connection.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Streams that a client may reset within [`RESETS_WITHIN`]. Each costs the start of a request.
const MAX_RESETS: u32 = 200;
const RESETS_WITHIN: Duration = Duration::from_secs(10);

/// For the last bytes to reach a client that was asked to go elsewhere, and for it to leave.
const LAST_BYTES: Duration = Duration::from_secs(5);

/// The same for one that has shown that it reads nothing.
const LINGER: Duration = Duration::from_secs(1);

/// The times of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the client's first bytes.
    pub head: Duration,
    /// Without a stream it is kept so long.
    pub keep_alive: Duration,
}

/// # Cancel safety
/// Dropping it closes the connection and drops what is done for its streams.
pub async fn serve<T, S, B>(
    io: T,
    application: Rc<S>,
    (peer, limits): (Peer, Limits),
    mut drain: DrainNotice,
) where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Service<Request>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    let Ok(Ok(connection)) = timeout(limits.head, builder().handshake(io)).await else { return };
    let mut served = Served { connection, resets: Resets::default(), asked_to_leave: None };
    let mut streams = FuturesUnordered::new();
    let mut idle_since = Instant::now();
    let mut is_stalled = false;
    loop {
        let is_idle = streams.is_empty();
        let deadline = match served.asked_to_leave {
            Some(asked_at) if is_stalled => asked_at.max(idle_since) + LINGER,
            // What was sent last may still be on its way to a slow client.
            Some(asked_at) => asked_at.max(idle_since) + LAST_BYTES,
            None => idle_since + limits.keep_alive,
        };
        tokio::select! {
            biased;
            Some(end) = streams.next(), if !is_idle => {
                idle_since = Instant::now();
                is_stalled |= end == End::Stalled;
                if end == End::Reset && served.resets.are_too_many() {
                    streams.clear();
                    return served.refuse_more().await;
                }
            }
            accepted = served.connection.accept() => match accepted {
                Some(Ok(stream)) => {
                    let application = application.clone();
                    streams.push(Box::pin(exchange(stream, application, peer)));
                }
                Some(Err(_)) | None => return,
            },
            () = drain.begun(), if served.asked_to_leave.is_none() => served.go_away(),
            () = sleep_until(deadline), if is_idle => match served.asked_to_leave {
                Some(_) => return,
                None => served.go_away(),
            },
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADERS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    builder
}

struct Served<T> {
    connection: Connection<T, Bytes>,
    resets: Resets,
    /// The client was asked to go elsewhere; then the connection ends when nothing is under way.
    asked_to_leave: Option<Instant>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Served<T> {
    /// Streams that were begun end as usual.
    fn go_away(&mut self) {
        self.asked_to_leave = Some(Instant::now());
        self.connection.graceful_shutdown();
    }

    async fn refuse_more(mut self) {
        self.connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
        let closing = poll_fn(|context| self.connection.poll_closed(context));
        // A client that does not read it is closed on.
        let _ = timeout(LINGER, closing).await;
    }
}

/// How many streams a client has reset of late.
struct Resets {
    since: Instant,
    count: u32,
}

impl Default for Resets {
    fn default() -> Self {
        Self { since: Instant::now(), count: 0 }
    }
}

impl Resets {
    /// Counts one more.
    fn are_too_many(&mut self) -> bool {
        if self.since.elapsed() > RESETS_WITHIN {
            *self = Self::default();
        }
        self.count += 1;
        self.count > MAX_RESETS
    }
}
