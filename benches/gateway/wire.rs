//! As much of HTTP/1.1 as the bench needs: a reader of answers that knows no socket.

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;

pub const HEAD_END: &[u8] = b"\r\n\r\n";

pub fn get_request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

/// The trimmed value of the header `name` in `head`.
pub fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let (key, value) = line.split_at_checked(colon)?;
        if !key.eq_ignore_ascii_case(name.as_bytes()) {
            return None;
        }
        std::str::from_utf8(value.get(1..)?).ok().map(str::trim)
    })
}

/// One answer, fed piece by piece as it comes off a socket.
#[derive(Default)]
pub struct Answer {
    pub status: u16,
    head: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Head,
    /// Bytes left of a body of known length.
    Length(usize),
    /// In the line that gives the size of the next chunk; the digits so far, and whether they have ended.
    ChunkSize(usize, bool),
    ChunkData(usize),
    /// In the line end after a chunk.
    ChunkEnd,
    /// In the trailer: length of the current line.
    Trailer(usize),
    Complete,
}

impl Answer {
    /// Takes the next bytes, gives those of the body to `on_body`, and says whether the answer is complete.
    pub fn feed(&mut self, bytes: &[u8], mut on_body: impl FnMut(&[u8])) -> Result<bool> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.state {
                State::Head => self.take_head(rest)?,
                State::Length(left) => {
                    let (body, after) = rest.split_at_checked(left).unwrap_or((rest, &[]));
                    on_body(body);
                    self.state = if body.len() == left {
                        State::Complete
                    } else {
                        State::Length(left - body.len())
                    };
                    after
                }
                State::ChunkData(left) => {
                    let (body, after) = rest.split_at_checked(left).unwrap_or((rest, &[]));
                    on_body(body);
                    self.state = if body.len() == left {
                        State::ChunkEnd
                    } else {
                        State::ChunkData(left - body.len())
                    };
                    after
                }
                State::ChunkSize(..) | State::ChunkEnd | State::Trailer(_) => {
                    self.take_frame_byte(rest)?
                }
                State::Complete => bail!("{} bytes after the end of the answer", rest.len()),
            };
        }
        Ok(matches!(self.state, State::Complete))
    }

    fn take_head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8]> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = memmem::find(&self.head, HEAD_END) else {
            return Ok(&[]);
        };
        let taken = end + HEAD_END.len() - before;
        self.head.truncate(end);
        let status = self.head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        self.status = status
            .and_then(|digits| digits.parse().ok())
            .context("the answer has no status line")?;
        self.state = if let Some(length) = header(&self.head, "content-length") {
            match length.parse().with_context(|| format!("bad content-length `{length}`"))? {
                0 => State::Complete,
                length => State::Length(length),
            }
        } else if header(&self.head, "transfer-encoding").is_some() {
            State::ChunkSize(0, false)
        } else {
            bail!(
                "the answer has neither a length nor chunks: {}",
                String::from_utf8_lossy(&self.head)
            );
        };
        Ok(bytes.get(taken..).unwrap_or_default())
    }

    fn take_frame_byte<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8]> {
        let Some((byte, after)) = bytes.split_first() else {
            return Ok(bytes);
        };
        self.state = match (self.state, *byte) {
            (State::ChunkSize(0, _), b'\n') => State::Trailer(0),
            (State::ChunkSize(size, _), b'\n') => State::ChunkData(size),
            (State::ChunkSize(size, false), digit) => match char::from(digit).to_digit(16) {
                Some(digit) => {
                    ensure!(size < 1 << 32, "a chunk of more than 4 GiB");
                    State::ChunkSize(size * 16 + digit as usize, false)
                }
                None => State::ChunkSize(size, true),
            },
            (State::ChunkEnd, b'\n') => State::ChunkSize(0, false),
            (State::Trailer(0), b'\n') => State::Complete,
            (State::Trailer(_), b'\n') => State::Trailer(0),
            (State::Trailer(length), byte) if byte != b'\r' => State::Trailer(length + 1),
            (state, _) => state,
        };
        Ok(after)
    }
}
