//! The common part of all decoders of Server-Sent Events: splits the stream into frames and passes
//! each to the dialect's reader, until one of them is a fault.

use std::ops::Range;

use bytes::Bytes;

use super::sse::{FrameTooLong, Splitter};

#[derive(Debug, Default)]
pub(in crate::dialects) struct FrameReader {
    splitter: Splitter,
}

impl FrameReader {
    /// Takes the next bytes and reads the frames that they complete. After a fault none is read.
    ///
    /// # Errors
    /// The fault of a frame, or else that of one that is too long.
    pub fn push<E: From<FrameTooLong>>(
        &mut self,
        piece: Bytes,
        mut read: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.push_placed(piece, |bytes, place| read(bytes.get(place).unwrap_or_default()))
    }

    /// The same for a reader that passes on what it reads: with the bytes that contain a frame, and
    /// its range.
    ///
    /// # Errors
    /// As for [`Self::push`].
    pub fn push_placed<E: From<FrameTooLong>>(
        &mut self,
        piece: Bytes,
        mut read: impl FnMut(&Bytes, Range<usize>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut outcome = Ok(());
        let pushed = self.splitter.push(piece, |bytes, place| {
            if outcome.is_ok() {
                outcome = read(bytes, place);
            }
        });
        outcome?;
        Ok(pushed?)
    }

    /// The stream has ended: a last frame without its empty line still counts.
    ///
    /// # Errors
    /// The fault of a frame.
    pub fn finish<E>(&mut self, read: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut read = read;
        self.splitter.finish().iter().try_for_each(|frame| read(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::sse::MAX_FRAME_BYTES;

    #[derive(Debug, PartialEq)]
    enum Fault {
        Bad,
        TooLong,
    }

    impl From<FrameTooLong> for Fault {
        fn from(_: FrameTooLong) -> Self {
            Self::TooLong
        }
    }

    #[test]
    fn behind_a_fault_no_frame_is_read_and_it_goes_before_a_frame_that_is_too_long() {
        let mut read = Vec::new();
        let mut take = |frame: &[u8]| {
            read.push(frame.to_vec());
            if frame.starts_with(b"data: bad") { Err(Fault::Bad) } else { Ok(()) }
        };
        let mut reader = FrameReader::default();
        assert_eq!(reader.push(Bytes::from_static(b"data: 1\n\ndata"), &mut take), Ok(()));
        let mut piece = b": bad\n\ndata: 3\n\n".to_vec();
        piece.resize(piece.len() + MAX_FRAME_BYTES + 1, b'x');
        assert_eq!(reader.push(Bytes::from(piece), &mut take), Err(Fault::Bad));
        assert_eq!(read, [b"data: 1\n\n".to_vec(), b"data: bad\n\n".to_vec()]);
        let more = reader.push(Bytes::from_static(b"x"), |_| Ok(()));
        assert_eq!(more, Err(Fault::TooLong));
    }

    #[test]
    fn a_last_frame_counts_without_its_empty_line() {
        let mut reader = FrameReader::default();
        assert_eq!(reader.push(Bytes::from_static(b"data: 1"), |_| Err(Fault::Bad)), Ok(()));
        assert_eq!(reader.finish(|_| Err(Fault::Bad)), Err(Fault::Bad));
    }
}
