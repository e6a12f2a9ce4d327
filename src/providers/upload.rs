//! A body that is too large to be held for long: what is beyond [`HELD`] lies in a file without a
//! name. It can be sent again and again, to one candidate after the other.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use log::warn;
use tokio::task::spawn_blocking;

/// The most that is held in memory.
pub const HELD: usize = 1024 * 1024;

/// What is written to and read from the file at once.
const PIECE: usize = 256 * 1024;

#[derive(Debug)]
pub struct Upload {
    held: Bytes,
    /// What follows.
    spooled: Option<Arc<File>>,
    length: u64,
    /// The client's, with the boundary of its parts.
    pub content_type: String,
}

/// Takes the bytes of an upload as they come.
#[derive(Debug, Default)]
pub struct UploadWriter {
    held: BytesMut,
    file: Option<Arc<File>>,
    /// Not in the file yet.
    pending: BytesMut,
    spooled: u64,
    /// There is no place for a file: all is held.
    has_no_file: bool,
}

impl UploadWriter {
    /// # Cancel safety
    /// Dropping the future loses the upload.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn push(&mut self, piece: &[u8]) -> io::Result<()> {
        if self.file.is_none() && (self.has_no_file || self.held.len() + piece.len() <= HELD) {
            self.held.extend_from_slice(piece);
            return Ok(());
        }
        if self.file.is_none() {
            match spawn_blocking(tempfile::tempfile).await? {
                Ok(file) => self.file = Some(Arc::new(file)),
                Err(error) => {
                    warn!("no temporary file can be made ({error}): uploads are held in memory");
                    self.has_no_file = true;
                    self.held.extend_from_slice(piece);
                    return Ok(());
                }
            }
        }
        self.pending.extend_from_slice(piece);
        if self.pending.len() >= PIECE {
            self.write().await?;
        }
        Ok(())
    }

    async fn write(&mut self) -> io::Result<()> {
        let Some(file) = self.file.clone().filter(|_| !self.pending.is_empty()) else {
            return Ok(());
        };
        let (bytes, at) = (self.pending.split().freeze(), self.spooled);
        self.spooled += bytes.len() as u64;
        spawn_blocking(move || file.write_all_at(&bytes, at)).await?
    }

    /// # Errors
    /// When the file cannot be written.
    ///
    /// # Cancel safety
    /// Dropping the future loses the upload.
    pub async fn finish(mut self, content_type: String) -> io::Result<Upload> {
        self.write().await?;
        Ok(Upload {
            length: self.held.len() as u64 + self.spooled,
            held: self.held.freeze(),
            spooled: self.file,
            content_type,
        })
    }
}

/// An upload for one upstream, with one place of it replaced.
#[derive(Clone, Debug)]
pub struct Outgoing {
    upload: Arc<Upload>,
    replaced: Range<u64>,
    by: Bytes,
}

impl Outgoing {
    pub fn new(upload: Arc<Upload>, (replaced, by): (Range<u64>, String)) -> Self {
        Self { upload, replaced, by: Bytes::from(by) }
    }

    pub fn content_type(&self) -> &str {
        &self.upload.content_type
    }

    pub fn length(&self) -> u64 {
        let Range { start, end } = self.replaced;
        self.upload.length - (end - start) + self.by.len() as u64
    }

    /// The bytes from there on, as many as come at once; none at the end. `at` counts the client's
    /// bytes; the other number is where to go on.
    ///
    /// # Errors
    /// When the file cannot be read.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn piece(&self, at: Position) -> io::Result<Option<(Bytes, Position)>> {
        let Range { start, end } = self.replaced;
        match at {
            Position::At(at) if at == start => Ok(Some((self.by.clone(), Position::Behind(end)))),
            Position::At(at) => self.plain(at, start).await,
            Position::Behind(at) => Ok(self
                .plain(at, self.upload.length)
                .await?
                .map(|(bytes, next)| (bytes, next.behind()))),
        }
    }

    async fn plain(&self, at: u64, end: u64) -> io::Result<Option<(Bytes, Position)>> {
        let Upload { held, spooled, length, .. } = &*self.upload;
        let end = end.min(*length);
        if at >= end {
            return Ok(None);
        }
        let in_memory = held.len() as u64;
        if at < in_memory {
            let end = end.min(in_memory);
            let bytes = held.slice(place(at)?..place(end)?);
            return Ok(Some((bytes, Position::At(end))));
        }
        let Some(file) = spooled.clone() else { return Ok(None) };
        let size = place(end - at)?.min(PIECE);
        let read = move || {
            let mut bytes = vec![0; size];
            file.read_exact_at(&mut bytes, at - in_memory).map(|()| Bytes::from(bytes))
        };
        let bytes = spawn_blocking(read).await??;
        let next = at + bytes.len() as u64;
        Ok(Some((bytes, Position::At(next))))
    }
}

fn place(at: u64) -> io::Result<usize> {
    usize::try_from(at).map_err(io::Error::other)
}

/// How far an upload was sent: before or behind what is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    At(u64),
    Behind(u64),
}

impl Position {
    pub const START: Self = Self::At(0);

    fn behind(self) -> Self {
        match self {
            Self::At(at) | Self::Behind(at) => Self::Behind(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(body: &[u8], replaced: Range<u64>, pieces: usize) -> Vec<u8> {
        let mut writer = UploadWriter::default();
        for piece in body.chunks(pieces) {
            writer.push(piece).await.unwrap();
        }
        let upload = writer.finish(String::from("multipart/form-data")).await.unwrap();
        let outgoing = Outgoing::new(Arc::new(upload), (replaced, String::from("remote")));
        let mut all = Vec::new();
        let mut at = Position::START;
        while let Some((bytes, next)) = outgoing.piece(at).await.unwrap() {
            assert!(bytes.len() <= HELD);
            all.extend_from_slice(&bytes);
            at = next;
        }
        assert_eq!(outgoing.length(), all.len() as u64);
        all
    }

    #[actix::test]
    async fn what_is_replaced_may_stand_anywhere() {
        let large: Vec<u8> = (0..3 * HELD).map(|at| (at % 251) as u8).collect();
        for body in [&large[..100], &large[..HELD], &large[..HELD + 1], &large] {
            let length = body.len();
            for start in [0, 7, length / 2, length - 4] {
                for end in [start, start + 4] {
                    let expected = [&body[..start], b"remote", &body[end..]].concat();
                    let sent = sent(body, start as u64..end as u64, 100_000).await;
                    assert!(sent == expected, "{length} {start} {end}");
                }
            }
        }
    }
}
