//! Requests and answers of HTTP/1.1, as far as the test needs them.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::loopback::{header, position};

/// A whole answer.
pub struct Answer {
    bytes: Vec<u8>,
    head: usize,
}

impl Answer {
    /// Served, without an error in it, and to its end where it is a stream.
    pub fn is_served(&self) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        let is_stream = text.contains("text/event-stream");
        text.starts_with("HTTP/1.1 200")
            && !text.contains("\"error\"")
            && (!is_stream || text.contains("data: [DONE]"))
    }

    /// Whether the connection closes after it.
    pub fn is_last(&self) -> bool {
        header(&self.bytes[..self.head], "connection").is_some_and(|value| value == "close")
    }

    pub fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }
}

pub fn chat(id: &str, model: &str, is_stream: bool) -> String {
    let body = format!(
        r#"{{"model":"{model}","stream":{is_stream},"messages":[{{"role":"user","content":"A short question."}}]}}"#
    );
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         x-request-id: {id}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a request and reads its answer.
pub async fn exchange(stream: &mut TcpStream, request: &str) -> io::Result<Answer> {
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    loop {
        if let Some((head, end)) = ends(&bytes) {
            bytes.truncate(end);
            return Ok(Answer { bytes, head });
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            let text = String::from_utf8_lossy(&bytes);
            return Err(io::Error::other(format!("cut off after `{text}`")));
        }
    }
}

/// Where the head and the whole message end, once they are there.
pub fn ends(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = position(bytes, b"\r\n\r\n")? + 4;
    let is_chunked = header(&bytes[..head], "transfer-encoding").is_some();
    let end = match is_chunked {
        true => bytes.ends_with(b"0\r\n\r\n").then_some(bytes.len())?,
        false => {
            let length = header(&bytes[..head], "content-length");
            head + length.map_or(0, |length| length.parse().unwrap())
        }
    };
    (bytes.len() >= end).then_some((head, end))
}
