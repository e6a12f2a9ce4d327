//! Splits a stream of JSON lines, for a client that is passed what came. What is no line of the
//! format, as an empty one or a proxy's comment, is left out: a client would stumble over it.

use bytes::{Bytes, BytesMut};

use super::sse::{FrameTooLong, MAX_FRAME_BYTES};

#[derive(Debug, Default)]
pub(in crate::dialects) struct LineReader {
    /// The incomplete last line.
    rest: BytesMut,
}

impl LineReader {
    /// Takes the next bytes and reads the lines that they complete, each with its line break. After
    /// a fault none is read.
    ///
    /// # Errors
    /// The fault of a line, or else that of one that is too long.
    pub fn push<E: From<FrameTooLong>>(
        &mut self,
        mut piece: Bytes,
        mut read: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = memchr::memchr(b'\n', &piece) {
            let line = piece.split_to(end + 1);
            let line = if self.rest.is_empty() { line } else { self.completed(&line)? };
            if is_line(&line) {
                read(line)?;
            }
        }
        self.keep(&piece)?;
        Ok(())
    }

    /// The stream has ended: a last line without its line break still counts.
    ///
    /// # Errors
    /// The fault of the line.
    pub fn finish<E>(&mut self, read: impl FnOnce(Bytes) -> Result<(), E>) -> Result<(), E> {
        let mut line = std::mem::take(&mut self.rest);
        if !is_line(&line) {
            return Ok(());
        }
        line.extend_from_slice(b"\n");
        read(line.freeze())
    }

    fn completed(&mut self, end: &[u8]) -> Result<Bytes, FrameTooLong> {
        self.keep(end)?;
        Ok(std::mem::take(&mut self.rest).freeze())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), FrameTooLong> {
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > MAX_FRAME_BYTES { Err(FrameTooLong) } else { Ok(()) }
    }
}

fn is_line(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    !line.is_empty() && !line.starts_with(b":") && line != b"data:"
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"{\"a\":1}\n\n: ping\r\n  {\"b\":2}\r\n{\"c\":3}";

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = LineReader::default();
        let mut lines = Vec::new();
        let mut read = |line: Bytes| {
            lines.push(String::from_utf8(line.to_vec()).unwrap());
            Ok::<_, FrameTooLong>(())
        };
        for piece in pieces {
            reader.push(Bytes::copy_from_slice(piece), &mut read).unwrap();
        }
        reader.finish(&mut read).unwrap();
        lines
    }

    #[test]
    fn lines_are_the_same_wherever_the_stream_is_cut() {
        let expected = ["{\"a\":1}\n", "  {\"b\":2}\r\n", "{\"c\":3}\n"];
        for at in 0..=STREAM.len() {
            let (one, other) = STREAM.split_at(at);
            assert_eq!(read(&[one, other]), expected, "{at}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut reader = LineReader::default();
        let piece = Bytes::from(vec![b'a'; MAX_FRAME_BYTES]);
        let mut none = |_| Ok::<_, FrameTooLong>(());
        assert_eq!(reader.push(piece, &mut none), Ok(()));
        assert_eq!(reader.push(Bytes::from_static(b"a"), &mut none), Err(FrameTooLong));
    }
}
