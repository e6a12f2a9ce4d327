//! The body of a streamed answer.

use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::h1::{Answer, HttpError};
use super::waited::poll_once;
use crate::domain::failure::Fault;

/// Dropping it before its end closes the connection.
#[derive(Debug)]
pub struct BodyStream(Source);

#[derive(Debug)]
enum Source {
    /// With the right to the connection.
    Http(Box<(Answer, OwnedSemaphorePermit)>),
    Queue(mpsc::Receiver<Bytes>),
    Piece(Option<Bytes>),
}

impl BodyStream {
    pub(super) fn of(answer: Answer, permit: OwnedSemaphorePermit) -> Self {
        Self(Source::Http(Box::new((answer, permit))))
    }

    pub(super) fn queued(pieces: mpsc::Receiver<Bytes>) -> Self {
        Self(Source::Queue(pieces))
    }

    /// A body that is there already.
    pub fn whole(body: Bytes) -> Self {
        Self(Source::Piece(Some(body)))
    }

    /// The next bytes; `None` when the upstream ended the body properly.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        match &mut self.0 {
            Source::Http(http) => {
                let next = http.0.next().await?;
                Some(next.map_err(|error| body_fault(&error)))
            }
            Source::Queue(pieces) => pieces.recv().await.map(Ok),
            Source::Piece(piece) => piece.take().map(Ok),
        }
    }

    /// Whether its end is there, so that nothing has to be waited for.
    ///
    /// # Cancel safety
    /// It never waits.
    pub async fn has_ended(&mut self) -> bool {
        matches!(poll_once(pin!(self.next())).await, Poll::Ready(None))
    }
}

pub(super) fn body_fault(error: &HttpError) -> Fault {
    match error {
        HttpError::Malformed(what) => Fault::BadAnswer(format!("sent a broken body ({what})")),
        HttpError::Unanswered | HttpError::Closed | HttpError::Io(_) => Fault::Closed,
    }
}
