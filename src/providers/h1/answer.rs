//! The body of an answer, on the connection that it comes over.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};

use super::body::{Framing, Step};
use super::connection::{Connection, HttpError, closed_or};
use super::head::Head;
use super::idle::IdleConnections;

/// A connection that a call uses, and where it goes when its answer has ended.
#[derive(Debug)]
pub struct Leased {
    pub connection: Connection,
    pub home: Rc<IdleConnections>,
}

/// The body of an answer. Its connection serves other calls once it was read to the end; dropping
/// it before that closes the connection.
#[derive(Debug)]
pub struct Answer {
    /// `None` after the end.
    leased: Option<Leased>,
    framing: Framing,
    stays_open: bool,
}

impl Answer {
    pub fn new(leased: Leased, head: &Head) -> Self {
        Self { leased: Some(leased), framing: head.framing, stays_open: head.stays_open }
    }

    /// How long the body is, if the head said so.
    pub fn length(&self) -> Option<u64> {
        match self.framing {
            Framing::Length(length) => Some(length),
            Framing::Chunked(_) | Framing::UntilClose => None,
        }
    }

    /// The next part of the body, as it was read; `None` at its end.
    ///
    /// # Errors
    /// When it is broken, or its connection ends before it does.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Bytes, HttpError>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, HttpError>>> {
        loop {
            let Some(Leased { connection, .. }) = &mut self.leased else {
                return Poll::Ready(None);
            };
            match self.framing.take(&mut connection.received) {
                Ok(Step::Data(data)) => {
                    if self.framing == Framing::Length(0) {
                        self.end();
                    }
                    return Poll::Ready(Some(Ok(data)));
                }
                Ok(Step::End) => {
                    self.end();
                    return Poll::Ready(None);
                }
                Ok(Step::Incomplete) => {
                    if let Err(error) = ready!(self.poll_more(context)) {
                        self.leased = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Err(what) => {
                    self.leased = None;
                    return Poll::Ready(Some(Err(HttpError::Malformed(what.to_owned()))));
                }
            }
        }
    }

    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        let Some(leased) = &mut self.leased else { return Poll::Ready(Err(HttpError::Closed)) };
        Poll::Ready(match ready!(leased.connection.poll_fill(context)) {
            Ok(0) if self.framing.may_end_here() => {
                self.framing = Framing::Length(0);
                Ok(())
            }
            Ok(0) => Err(HttpError::Closed),
            Ok(_) => Ok(()),
            Err(error) => Err(closed_or(error, HttpError::Closed)),
        })
    }

    /// The body as one piece without a copy, of an announced length; `room` is the most that is
    /// reserved before it came.
    ///
    /// # Errors
    /// As [`Self::next`].
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn fill(&mut self, room: usize) -> Result<Option<Bytes>, HttpError> {
        let (Framing::Length(length), Some(leased)) = (self.framing, &mut self.leased) else {
            return Ok(None);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let received = &mut leased.connection.received;
        if received.len() < length {
            let missing = length - received.len();
            received.reserve(missing.min(room));
            poll_fn(|context| self.poll_more(context)).await?;
            return Ok(None);
        }
        let whole = received.split_to(length).freeze();
        self.framing = Framing::Length(0);
        self.end();
        Ok(Some(whole))
    }

    fn end(&mut self) {
        let Some(Leased { mut connection, home }) = self.leased.take() else { return };
        // What came behind the body belongs to no answer.
        if self.stays_open && connection.received.is_empty() {
            connection.received = BytesMut::new();
            home.put(connection);
        }
    }
}
