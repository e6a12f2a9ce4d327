//! HTTP/1.1 read by hand from a socket, for both ends: heads, and bodies of every framing.
#![allow(dead_code, reason = "no single test needs all of it")]

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A socket and what was read from it but not yet used.
pub struct Wire {
    pub stream: TcpStream,
    pub buffer: BytesMut,
}

/// First line and headers; names in lower case, in the order they came.
#[derive(Clone, Debug)]
pub struct RawHead {
    pub first_line: String,
    pub headers: Vec<(String, String)>,
}

/// What of a body is still to come.
#[derive(Clone, Copy, Debug)]
pub enum BodyLeft {
    Bytes(usize),
    Chunks { in_this_one: usize },
    UntilClose,
}

/// The value of the first header called `name`, in any case.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Where the first server-sent event in `bytes` ends, its blank line included.
pub fn frame_end(bytes: &[u8]) -> Option<usize> {
    let line_ends =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    line_ends.into_iter().find_map(|at| match &bytes[at..] {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
}

impl RawHead {
    /// The body that the headers announce, or `otherwise`.
    pub fn body_left(&self, otherwise: BodyLeft) -> io::Result<BodyLeft> {
        if header(&self.headers, "transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
        {
            return Ok(BodyLeft::Chunks { in_this_one: 0 });
        }
        let Some(length) = header(&self.headers, "content-length") else {
            return Ok(otherwise);
        };
        length
            .parse()
            .map(BodyLeft::Bytes)
            .map_err(|_| malformed("content-length", length.as_bytes()))
    }
}

impl Wire {
    /// Nagle's delay is switched off, so that one write is one segment.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::new() })
    }

    /// Reads whatever comes next; `UnexpectedEof` at the peer's FIN.
    pub async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    pub async fn head(&mut self) -> io::Result<RawHead> {
        let first_line = self.line().await?;
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(RawHead { first_line, headers });
            }
            let (name, value) =
                line.split_once(':').ok_or_else(|| malformed("header", line.as_bytes()))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// What is left of the body, decoded.
    pub async fn body(&mut self, mut left: BodyLeft) -> io::Result<Bytes> {
        let mut body = BytesMut::new();
        while let Some(piece) = self.body_piece(&mut left).await? {
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// The next bytes of the body as they arrive, decoded; `None` at its proper end.
    pub async fn body_piece(&mut self, left: &mut BodyLeft) -> io::Result<Option<Bytes>> {
        if let BodyLeft::Chunks { in_this_one: 0 } = left {
            *left = self.next_chunk().await?;
        }
        match left {
            BodyLeft::Bytes(0) => Ok(None),
            BodyLeft::Bytes(count) | BodyLeft::Chunks { in_this_one: count } => {
                if self.buffer.is_empty() {
                    self.fill().await?;
                }
                let piece = self.buffer.split_to(self.buffer.len().min(*count));
                *count -= piece.len();
                Ok(Some(piece.freeze()))
            }
            BodyLeft::UntilClose if !self.buffer.is_empty() => {
                Ok(Some(self.buffer.split().freeze()))
            }
            BodyLeft::UntilClose => match self.fill().await {
                Ok(()) => Ok(Some(self.buffer.split().freeze())),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    async fn next_chunk(&mut self) -> io::Result<BodyLeft> {
        let mut line = self.line().await?;
        if line.is_empty() {
            // The line end after the data of the chunk before.
            line = self.line().await?;
        }
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16)
            .map_err(|_| malformed("chunk size", line.as_bytes()))?;
        if size > 0 {
            return Ok(BodyLeft::Chunks { in_this_one: size });
        }
        while !self.line().await?.is_empty() {}
        Ok(BodyLeft::Bytes(0))
    }

    async fn line(&mut self) -> io::Result<String> {
        let end = loop {
            match self.buffer.iter().position(|byte| *byte == b'\n') {
                Some(end) => break end,
                None => self.fill().await?,
            }
        };
        let line = self.buffer.split_to(end + 1);
        let text = std::str::from_utf8(&line).map_err(|_| malformed("line", &line))?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn malformed(what: &str, bytes: &[u8]) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("malformed {what}: `{}`", bytes.escape_ascii()),
    )
}
