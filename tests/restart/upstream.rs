//! An upstream on the loopback: `m` answers at once, the streams of `slow` take STREAM_MS.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::loopback::{position, serve};
use crate::number;
use crate::wire::ends;

const CHUNKS: u32 = 20;
const USAGE: &str = r#""usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}"#;

pub fn start() -> SocketAddr {
    serve(converse)
}

async fn converse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        while let Some((_, end)) = ends(&buffer) {
            let request: Vec<u8> = buffer.drain(..end).collect();
            let has = |text: &[u8]| position(&request, text).is_some();
            match has(b"\"stream\":true") {
                true => send_stream(&mut stream, has(b"\"slow\"")).await?,
                false => stream.write_all(whole().as_bytes()).await?,
            }
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

async fn send_stream(stream: &mut TcpStream, is_slow: bool) -> std::io::Result<()> {
    let event = |choices: &str, rest: &str| {
        let event = format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
             \"choices\":[{choices}]{rest}}}\n\n"
        );
        format!("{:x}\r\n{event}\r\n", event.len())
    };
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..CHUNKS {
        let chunk = event(r#"{"index":0,"delta":{"role":"assistant","content":"word "}}"#, "");
        stream.write_all(chunk.as_bytes()).await?;
        if is_slow {
            tokio::time::sleep(Duration::from_millis(number("STREAM_MS", 1_500)) / CHUNKS).await;
        }
    }
    let end = [
        event(r#"{"index":0,"delta":{},"finish_reason":"stop"}"#, ""),
        event("", &format!(",{USAGE}")),
        String::from("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"),
    ];
    stream.write_all(end.concat().as_bytes()).await
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
