//! The mock upstream: a process of its own, so that its CPU is not the load generator's.
//!
//! The path says which answer: `…/messages` is Anthropic's, below `/large` it is large, below `/burst` its chunks come
//! faster. A stream has [`CHUNKS`] chunks, the first at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime;
use tokio::time::{Instant, sleep_until};

use crate::answers::{Answers, Script};
use crate::child::ChildProcess;
use crate::exchange::{BURST_GAP, CHUNKS};
use crate::wire::{HEAD_END, header};

pub struct Upstream {
    pub process: ChildProcess,
    pub address: SocketAddr,
}

impl Upstream {
    /// Starts this program again as the upstream, with so many threads and this time between two chunks, on a free port.
    pub fn start(threads: usize, chunk_gap: Duration) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let gap_ms = chunk_gap.as_millis();
        command.args(["--upstream", &threads.to_string(), &gap_ms.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
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
pub fn serve(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let mut number = || arguments.next().context("how many threads, and which gap?");
    let (threads, gap_ms) = (number()?.parse::<usize>()?, number()?.parse()?);
    let chunk_gap = Duration::from_millis(gap_ms);
    let answers = Arc::new(Answers::new());
    let mut port = 0;
    for _ in 0..threads {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(async { listen(port) })?;
        port = listener.local_addr()?.port();
        let answers = Arc::clone(&answers);
        thread::spawn(move || runtime.block_on(accept(listener, answers, chunk_gap)));
    }
    writeln!(std::io::stdout(), "{port}")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Several listeners share a port; the system spreads the connections over them.
fn listen(port: u16) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    // A proxy opens all connections for its streams at once; one that found no place would try again after a second.
    Ok(socket.listen(4096)?)
}

async fn accept(
    listener: TcpListener,
    answers: Arc<Answers>,
    chunk_gap: Duration,
) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        // A peer that leaves in the middle is not the upstream's concern.
        tokio::spawn(converse(stream, Arc::clone(&answers), chunk_gap));
    }
}

async fn converse(
    mut stream: TcpStream,
    answers: Arc<Answers>,
    chunk_gap: Duration,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        match take_request(&mut buffer) {
            Some(request) => {
                let script = answers.script(request.is_anthropic, request.is_large);
                if request.is_stream {
                    let gap = if request.is_burst { BURST_GAP } else { chunk_gap };
                    stream_answer(&mut stream, script, gap).await?;
                } else {
                    stream.write_all(&script.whole).await?;
                }
            }
            None => {
                if stream.read_buf(&mut buffer).await? == 0 {
                    return Ok(());
                }
            }
        }
    }
}

async fn stream_answer(
    stream: &mut TcpStream,
    script: &Script,
    gap: Duration,
) -> std::io::Result<()> {
    let start = Instant::now();
    stream.write_all(&script.stream_start).await?;
    for chunk in 1..CHUNKS {
        sleep_until(start + gap * chunk).await;
        stream.write_all(&script.stream_chunk).await?;
    }
    stream.write_all(&script.stream_end).await
}

struct Request {
    is_anthropic: bool,
    is_large: bool,
    is_burst: bool,
    is_stream: bool,
}

/// Takes one complete request out of `buffer`.
fn take_request(buffer: &mut Vec<u8>) -> Option<Request> {
    let head_end = memmem::find(buffer, HEAD_END)? + HEAD_END.len();
    let (head, rest) = buffer.split_at_checked(head_end)?;
    let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let body = rest.get(..length)?;
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let request = Request {
        is_anthropic: memmem::find(line, b"/messages").is_some(),
        is_large: line.starts_with(b"POST /large/"),
        is_burst: line.starts_with(b"POST /burst/"),
        is_stream: asks_for_stream(body),
    };
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
