//! Between the thread of an export and its answer: a channel of a few pieces. Either end notices
//! that the other one is gone, and both notice a stop.

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{mpsc, oneshot, watch};

use super::error::ExportError;
use crate::http::monitor::live::sockets::Entry;

/// That wait for a slow reader, beside the one that is being made.
const WAITING: usize = 2;

/// What the head of the answer says.
pub struct Opening {
    pub total: u64,
    /// Of a file that is made.
    pub length: Option<u64>,
}

enum Piece {
    Bytes(Bytes),
    /// A channel that closes without it had a thread that failed.
    End,
}

/// The thread's end.
pub struct Outlet {
    opening: Option<oneshot::Sender<Result<Opening, ExportError>>>,
    pieces: mpsc::Sender<Result<Piece, ExportError>>,
    is_stopping: watch::Receiver<bool>,
}

/// The answer's end. Dropping it ends the export.
pub struct Pieces {
    opening: oneshot::Receiver<Result<Opening, ExportError>>,
    body: Body,
}

pub struct Body {
    pieces: mpsc::Receiver<Result<Piece, ExportError>>,
    is_stopping: watch::Receiver<bool>,
    _socket: Entry,
}

/// `socket`: of the reader, so that a stop need not wait for one that reads nothing.
pub fn channel(is_stopping: watch::Receiver<bool>, socket: Entry) -> (Outlet, Pieces) {
    let (opener, opening) = oneshot::channel();
    let (sender, pieces) = mpsc::channel(WAITING);
    let outlet = Outlet { opening: Some(opener), pieces: sender, is_stopping: is_stopping.clone() };
    (outlet, Pieces { opening, body: Body { pieces, is_stopping, _socket: socket } })
}

impl Outlet {
    pub fn is_wanted(&self) -> bool {
        self.check().is_ok()
    }

    /// # Errors
    /// When the reader has left or the router stops.
    pub fn check(&self) -> Result<(), ExportError> {
        if *self.is_stopping.borrow() {
            return Err(ExportError::Stopped);
        }
        match self.pieces.is_closed() {
            true => Err(ExportError::Abandoned),
            false => Ok(()),
        }
    }

    /// Once, before the first piece.
    pub fn open(&mut self, opening: Opening) {
        if let Some(opener) = self.opening.take() {
            // One who has left is noticed by `check`.
            drop(opener.send(Ok(opening)));
        }
    }

    /// Waits until there is room.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn send(&self, bytes: Bytes) -> Result<(), ExportError> {
        self.check()?;
        let sent = self.pieces.blocking_send(Ok(Piece::Bytes(bytes)));
        sent.map_err(|_| self.check().err().unwrap_or(ExportError::Abandoned))
    }

    /// Tells how it ended. To one who has left nothing can be told.
    pub fn end(self, outcome: Result<(), ExportError>) {
        match (outcome, self.opening) {
            (Err(error), Some(opener)) => drop(opener.send(Err(error))),
            (outcome, _) => drop(self.pieces.blocking_send(outcome.map(|()| Piece::End))),
        }
    }
}

impl Pieces {
    /// # Errors
    /// The export's, if it failed before there was anything to send.
    ///
    /// # Cancel safety
    /// Dropping it ends the export.
    pub async fn open(self) -> Result<(Opening, Body), ExportError> {
        let opening = self.opening.await.map_err(|_| ExportError::ThreadGone)??;
        Ok((opening, self.body))
    }
}

impl Body {
    /// After an error the connection is closed in the middle of the answer, so that its reader sees
    /// that it is not whole.
    pub fn stream(self) -> impl Stream<Item = Result<Bytes, ExportError>> {
        unfold(Some(self), |body| async move {
            let mut body = body?;
            match body.next().await {
                Ok(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(body))),
                Ok(Piece::End) => None,
                Err(error) => {
                    error.log();
                    Some((Err(error), None))
                }
            }
        })
    }

    async fn next(&mut self) -> Result<Piece, ExportError> {
        tokio::select! {
            piece = self.pieces.recv() => piece.unwrap_or(Err(ExportError::ThreadGone)),
            Ok(_) = self.is_stopping.wait_for(|is_stopping| *is_stopping) => {
                Err(ExportError::Stopped)
            }
        }
    }
}
