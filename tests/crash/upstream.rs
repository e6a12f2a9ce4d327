//! An upstream on the loopback that always gives the same answer, whole or streamed.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::loopback::{header, position, serve};

const USAGE: &str = r#""usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}"#;

pub struct Upstream {
    pub addr: SocketAddr,
}

impl Upstream {
    pub fn start() -> Self {
        Self { addr: serve(converse) }
    }
}

async fn converse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        while let Some(request) = take_request(&mut buffer) {
            let is_stream = position(&request, b"\"stream\":true").is_some();
            let answer = if is_stream { streamed() } else { whole() };
            stream.write_all(answer.as_bytes()).await?;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

fn take_request(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let head = position(buffer, b"\r\n\r\n")? + 4;
    let length = header(&buffer[..head], "content-length").and_then(|length| length.parse().ok());
    let end = head + length.unwrap_or(0);
    (buffer.len() >= end).then(|| buffer.drain(..end).collect())
}

fn whole() -> String {
    let body = format!(
        r#"{{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"A short answer to it."}},"finish_reason":"stop"}}],{USAGE}}}"#
    );
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn streamed() -> String {
    let event = |choices: &str, rest: &str| {
        format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
             \"choices\":[{choices}]{rest}}}\n\n"
        )
    };
    let body = [
        event(r#"{"index":0,"delta":{"role":"assistant","content":"A short "}}"#, ""),
        event(r#"{"index":0,"delta":{"content":"answer."},"finish_reason":"stop"}"#, ""),
        event("", &format!(",{USAGE}")),
        String::from("data: [DONE]\n\n"),
    ]
    .concat();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
