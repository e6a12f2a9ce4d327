//! The mock upstream: a process of its own, so that its CPU is not the load generator's.
//!
//! It knows one answer, and one stream of [`CHUNKS`] chunks with [`CHUNK_GAP`] between them, the first at once.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until};

use crate::child::ChildProcess;
use crate::wire::{HEAD_END, header};

pub const CHUNKS: u32 = 50;
const CHUNK_GAP: Duration = Duration::from_millis(20);
/// Stands once in every content chunk, and nowhere else in a stream.
pub const CONTENT_MARK: &[u8] = b"pebble";

pub struct Upstream {
    pub process: ChildProcess,
    pub address: SocketAddr,
}

impl Upstream {
    /// Starts this program again as the upstream, on a free port.
    pub fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--upstream").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the mock upstream did not start")?;
        let stdout = child.stdout.take().context("the mock upstream has no stdout")?;
        let process = ChildProcess::new("mock upstream", child);
        let mut port = String::new();
        BufReader::new(stdout).read_line(&mut port)?;
        let port = port.trim().parse().context("the mock upstream named no port")?;
        Ok(Self { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) })
    }
}

/// The upstream's main function: serves until its parent closes stdin, so that it never outlives the bench.
pub async fn serve() -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    // A proxy opens all connections for its streams at once; one that found no place would try again after a second.
    let listener = socket.listen(4096)?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
    let answers = Arc::new(Answers::new());
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 64];
    loop {
        tokio::select! {
            read = stdin.read(&mut ignored) => if matches!(read, Ok(0) | Err(_)) { return Ok(()) },
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                // A peer that leaves in the middle is not the upstream's concern.
                tokio::spawn(converse(stream, Arc::clone(&answers)));
            }
        }
    }
}

async fn converse(mut stream: TcpStream, answers: Arc<Answers>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        match take_request(&mut buffer) {
            Some(Request::Whole) => stream.write_all(&answers.whole).await?,
            Some(Request::Stream) => stream_answer(&mut stream, &answers).await?,
            None => {
                if stream.read_buf(&mut buffer).await? == 0 {
                    return Ok(());
                }
            }
        }
    }
}

async fn stream_answer(stream: &mut TcpStream, answers: &Answers) -> std::io::Result<()> {
    let start = Instant::now();
    stream.write_all(&answers.stream_start).await?;
    for chunk in 1..CHUNKS {
        sleep_until(start + CHUNK_GAP * chunk).await;
        stream.write_all(&answers.stream_chunk).await?;
    }
    stream.write_all(&answers.stream_end).await
}

enum Request {
    Whole,
    Stream,
}

/// Takes one complete request out of `buffer`.
fn take_request(buffer: &mut Vec<u8>) -> Option<Request> {
    let head_end = memmem::find(buffer, HEAD_END)? + HEAD_END.len();
    let (head, rest) = buffer.split_at_checked(head_end)?;
    let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let request =
        if asks_for_stream(rest.get(..length)?) { Request::Stream } else { Request::Whole };
    buffer.drain(..head_end + length);
    Some(request)
}

/// Whether `"stream"` is `true`, with or without blanks around the colon.
fn asks_for_stream(body: &[u8]) -> bool {
    const KEY: &[u8] = b"\"stream\"";
    let Some(at) = memmem::find(body, KEY) else {
        return false;
    };
    let value = body.get(at + KEY.len()..).unwrap_or_default();
    let value = value.trim_ascii_start().strip_prefix(b":").unwrap_or_default();
    value.trim_ascii_start().starts_with(b"true")
}

/// Every byte the upstream ever sends, made once.
struct Answers {
    whole: Vec<u8>,
    stream_start: Vec<u8>,
    stream_chunk: Vec<u8>,
    stream_end: Vec<u8>,
}

const ID: &str =
    r#""id":"chatcmpl-bench0000000000000000000001","created":1700000000,"model":"bench-model""#;
const USAGE: &str = r#""usage":{"prompt_tokens":96,"completion_tokens":50,"total_tokens":146,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":0}}"#;

impl Answers {
    fn new() -> Self {
        let text = "A gateway sits on the way of every request, so each microsecond it takes is paid by all callers at once. \
                    Time it does not take is time that they can spend on the answer itself.";
        let body = format!(
            r#"{{{ID},"object":"chat.completion","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],{USAGE}}}"#
        );
        let whole = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mark = String::from_utf8_lossy(CONTENT_MARK);
        let first =
            frame(&choice(&format!(r#"{{"role":"assistant","content":"{mark}"}}"#), "null"));
        let last = frame(&choice("{}", r#""stop""#));
        let usage =
            frame(&format!(r#"{{{ID},"object":"chat.completion.chunk","choices":[],{USAGE}}}"#));
        Self {
            whole: whole.into_bytes(),
            stream_start: format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{first}"
            )
            .into_bytes(),
            stream_chunk: frame(&choice(&format!(r#"{{"content":" {mark}"}}"#), "null")).into_bytes(),
            stream_end: format!("{last}{usage}{}0\r\n\r\n", frame("[DONE]")).into_bytes(),
        }
    }
}

fn choice(delta: &str, finish_reason: &str) -> String {
    format!(
        r#"{{{ID},"object":"chat.completion.chunk","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish_reason}}}]}}"#
    )
}

/// One server-sent event in one chunk of the transfer encoding.
fn frame(data: &str) -> String {
    let event = format!("data: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len())
}
