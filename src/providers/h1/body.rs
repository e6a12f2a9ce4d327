//! The body of an answer: takes its bytes out of what was received, as slices of it.

use bytes::{Buf as _, Bytes, BytesMut};

/// A chunk's size with its extensions, or a line of the trailer.
const MAX_LINE: usize = 8 * 1024;

/// Lines behind the last chunk.
const MAX_TRAILERS: u8 = 64;

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes more.
    Length(u64),
    Chunked(Chunked),
    /// With its connection.
    UntilClose,
}

/// What comes next of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunked {
    Size,
    /// So many bytes of a chunk, never none.
    Data(u64),
    /// The end of a chunk's line.
    DataEnd,
    /// So many lines may come.
    Trailer(u8),
    Ended,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Data(Bytes),
    /// More has to be received.
    Incomplete,
    End,
}

impl Framing {
    pub fn chunked() -> Self {
        Self::Chunked(Chunked::Size)
    }

    /// Takes the next part of the body.
    ///
    /// # Errors
    /// Says what is wrong with the body.
    pub fn take(&mut self, received: &mut BytesMut) -> Result<Step, &'static str> {
        match self {
            Self::Length(0) => Ok(Step::End),
            Self::Length(left) => Ok(piece(left, received)),
            Self::UntilClose if received.is_empty() => Ok(Step::Incomplete),
            Self::UntilClose => Ok(Step::Data(received.split().freeze())),
            Self::Chunked(state) => state.take(received),
        }
    }

    /// Whether the body is complete when the connection ends here.
    pub fn may_end_here(self) -> bool {
        matches!(self, Self::UntilClose | Self::Length(0) | Self::Chunked(Chunked::Ended))
    }
}

/// At most `left` bytes.
fn piece(left: &mut u64, received: &mut BytesMut) -> Step {
    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(received.len());
    if length == 0 {
        return Step::Incomplete;
    }
    *left -= length as u64;
    Step::Data(received.split_to(length).freeze())
}

impl Chunked {
    fn take(&mut self, received: &mut BytesMut) -> Result<Step, &'static str> {
        loop {
            *self = match self {
                Self::Ended => return Ok(Step::End),
                Self::Data(left) => {
                    let step = piece(left, received);
                    if *left == 0 {
                        *self = Self::DataEnd;
                    }
                    return Ok(step);
                }
                Self::Size => match line(received)? {
                    None => return Ok(Step::Incomplete),
                    Some(line) => match size(&line)? {
                        0 => Self::Trailer(MAX_TRAILERS),
                        size => Self::Data(size),
                    },
                },
                Self::DataEnd => match line(received)? {
                    None => return Ok(Step::Incomplete),
                    Some(line) if line.is_empty() => Self::Size,
                    Some(_) => return Err("a chunk is longer than its size"),
                },
                Self::Trailer(left) => match line(received)? {
                    None => return Ok(Step::Incomplete),
                    Some(line) if line.is_empty() => Self::Ended,
                    Some(_) => Self::Trailer(left.checked_sub(1).ok_or("too many trailers")?),
                },
            };
        }
    }
}

/// A line without its end.
fn line(received: &mut BytesMut) -> Result<Option<BytesMut>, &'static str> {
    let Some(end) = memchr::memchr(b'\n', received) else {
        return if received.len() > MAX_LINE { Err("a line is too long") } else { Ok(None) };
    };
    if end > MAX_LINE {
        return Err("a line is too long");
    }
    let mut line = received.split_to(end);
    received.advance(1);
    match line.last() {
        Some(b'\r') => line.truncate(end - 1),
        _ => return Err("a line ends without a carriage return"),
    }
    Ok(Some(line))
}

/// The size of a chunk, which an extension may follow.
fn size(line: &[u8]) -> Result<u64, &'static str> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex);
    digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).ok_or("a chunk has no size")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of a body whose bytes come in the parts given, and whether it has ended.
    fn pieces(mut framing: Framing, parts: &[&[u8]]) -> Result<(Vec<u8>, bool), &'static str> {
        let (mut received, mut out) = (BytesMut::new(), Vec::new());
        for part in parts {
            received.extend_from_slice(part);
            loop {
                match framing.take(&mut received)? {
                    Step::Data(data) => out.extend_from_slice(&data),
                    Step::Incomplete => break,
                    Step::End => return Ok((out, true)),
                }
            }
        }
        Ok((out, framing.may_end_here()))
    }

    #[test]
    fn a_chunked_body_is_read_however_its_bytes_come() {
        let body = b"5\r\nhello\r\n7;name=\"x\"\r\n, world\r\n0\r\nx-trailer: 1\r\n\r\n";
        for cut in 0..body.len() {
            let (first, rest) = body.split_at(cut);
            let read = pieces(Framing::chunked(), &[first, rest]);
            assert_eq!(read, Ok((b"hello, world".to_vec(), true)), "{cut}");
        }
        let single: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(pieces(Framing::chunked(), &single), Ok((b"hello, world".to_vec(), true)));
    }

    #[test]
    fn a_body_that_stops_early_is_not_complete() {
        let body = b"5\r\nhello\r\n0\r\n\r\n";
        for end in 0..body.len() {
            let (_, is_complete) = pieces(Framing::chunked(), &[&body[..end]]).unwrap();
            assert!(!is_complete, "{end}");
        }
        assert_eq!(pieces(Framing::Length(5), &[b"hell"]), Ok((b"hell".to_vec(), false)));
        assert_eq!(pieces(Framing::Length(5), &[b"hel", b"lo"]), Ok((b"hello".to_vec(), true)));
        assert_eq!(pieces(Framing::UntilClose, &[b"hel", b"lo"]), Ok((b"hello".to_vec(), true)));
    }

    #[test]
    fn what_is_behind_the_body_is_left() {
        let mut received = BytesMut::from(&b"abcNEXT"[..]);
        let mut framing = Framing::Length(3);
        assert_eq!(framing.take(&mut received), Ok(Step::Data(Bytes::from_static(b"abc"))));
        assert_eq!(framing.take(&mut received), Ok(Step::End));
        assert_eq!(received, "NEXT");
    }

    #[test]
    fn a_broken_chunk_is_refused() {
        let long = vec![b'1'; MAX_LINE + 2];
        for body in [
            &b"\r\n"[..],
            b"x\r\n",
            b"-1\r\n",
            b"5\nhello",
            b"5\r\nhelloX\r\n",
            b"11111111111111111\r\n",
            &long,
        ] {
            let read = pieces(Framing::chunked(), &[body]);
            assert!(read.is_err(), "{}", String::from_utf8_lossy(body));
        }
        let trailers = format!("0\r\n{}", "a: b\r\n".repeat(100));
        assert!(pieces(Framing::chunked(), &[trailers.as_bytes()]).is_err());
    }
}
