//! A connection to an upstream: sends a request, reads the head of its answer, and then its body.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::head::{self, Head};
use super::io::Io;
use crate::providers::counted::OpenConnection;
use crate::providers::upload::{Outgoing, Position};
use crate::providers::wire::Body;

/// A read gets this much room at first, and twice as much when that was filled, up to
/// [`MAX_ROOM`]: most answers and all events of streams are small, and what is read stays in
/// memory until it is recorded.
const ROOM: usize = 4 * 1024;
const MAX_ROOM: usize = 64 * 1024;

/// With less than this left, a read gets new room.
const LEAST_ROOM: usize = 512;

/// A longer head is refused.
const MAX_HEAD: usize = 64 * 1024;

/// Interim answers (status 1xx) before the one that counts.
const MAX_INTERIM: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The upstream closed the connection before it answered anything.
    #[error("it closed the connection without an answer")]
    Unanswered,
    #[error("it closed the connection")]
    Closed,
    #[error("{0}")]
    Malformed(String),
    #[error(transparent)]
    Io(io::Error),
}

#[derive(Debug)]
pub struct Connection {
    io: Io,
    /// What was received and belongs to nobody yet.
    pub(super) received: BytesMut,
    room: usize,
    pub opened: Instant,
    _open: OpenConnection,
}

impl Connection {
    pub fn new(io: Io, open: OpenConnection) -> Self {
        Self { io, received: BytesMut::new(), room: ROOM, opened: Instant::now(), _open: open }
    }

    /// Sends a request and reads the head of the answer. An answer that comes before the request
    /// was taken whole is one too; the connection ends with it.
    ///
    /// # Errors
    /// When there is no answer in HTTP.
    ///
    /// # Cancel safety
    /// Dropping it leaves the connection in the middle of a request: it has to be closed.
    pub async fn ask(&mut self, head: Bytes, body: Body) -> Result<Head, HttpError> {
        let sent = match body {
            Body::Bytes(body) => self.send(head.chain(body)).await,
            Body::Form(form) => self.send_form(head, &form).await,
        };
        let answer = self.head().await;
        match (sent, answer) {
            (Ok(true), answer) => answer,
            (_, Ok(head)) => Ok(Head { stays_open: false, ..head }),
            (Ok(false), Err(error)) => Err(error),
            (Err(error), Err(_)) => Err(closed_or(error, HttpError::Unanswered)),
        }
    }

    /// As [`Self::send`], piece by piece.
    async fn send_form(&mut self, head: Bytes, form: &Outgoing) -> io::Result<bool> {
        let mut goes_on = self.send(head).await?;
        let mut at = Position::START;
        while goes_on && let Some((piece, next)) = form.piece(at).await? {
            goes_on = self.send(piece).await?;
            at = next;
        }
        Ok(goes_on)
    }

    /// Whether all of it was sent before the answer began.
    async fn send(&mut self, mut request: impl Buf) -> io::Result<bool> {
        poll_fn(|context| {
            while request.has_remaining() {
                match pin!(self.io.write_buf(&mut request)).poll(context)? {
                    Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(_) => {}
                    Poll::Pending => match ready!(self.poll_fill(context))? {
                        0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                        _ => return Poll::Ready(Ok(false)),
                    },
                }
            }
            pin!(self.io.flush()).poll(context).map_ok(|()| true)
        })
        .await
    }

    async fn head(&mut self) -> Result<Head, HttpError> {
        let mut interim = 0;
        loop {
            match head::read(&self.received).map_err(HttpError::Malformed)? {
                Some((head, length)) => {
                    self.received.advance(length);
                    if head.status >= 200 {
                        return Ok(head);
                    }
                    interim += 1;
                }
                None => self.fill_head().await?,
            }
            if interim > MAX_INTERIM || self.received.len() > MAX_HEAD {
                return Err(HttpError::Malformed(String::from("a head without an end")));
            }
        }
    }

    async fn fill_head(&mut self) -> Result<(), HttpError> {
        let closed = match self.received.is_empty() {
            true => HttpError::Unanswered,
            false => HttpError::Closed,
        };
        match poll_fn(|context| self.poll_fill(context)).await {
            Ok(0) => Err(closed),
            Ok(_) => Ok(()),
            Err(error) => Err(closed_or(error, closed)),
        }
    }

    /// Receives more; 0 at the end of the connection.
    pub(super) fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.received.capacity() - self.received.len() < LEAST_ROOM {
            self.received.reserve(self.room);
        }
        let room = self.received.capacity() - self.received.len();
        let read = ready!(pin!(self.io.read_buf(&mut self.received)).poll(context))?;
        if read == room {
            self.room = (self.room * 2).min(MAX_ROOM);
        }
        Poll::Ready(Ok(read))
    }

    /// Whether the upstream has neither closed an idle connection nor sent anything on it.
    pub fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let mut context = Context::from_waker(Waker::noop());
        pin!(self.io.read(&mut byte)).poll(&mut context).is_pending()
    }
}

/// `closed` when the connection has ended.
pub(super) fn closed_or(error: io::Error, closed: HttpError) -> HttpError {
    match is_disconnect(&error) {
        true => closed,
        false => HttpError::Io(error),
    }
}

/// Whether the other side has ended the connection, in whatever way the system says so.
pub fn is_disconnect(error: &io::Error) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof, WriteZero,
    };
    matches!(
        error.kind(),
        ConnectionReset | BrokenPipe | ConnectionAborted | UnexpectedEof | NotConnected | WriteZero
    )
}
