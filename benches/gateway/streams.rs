//! Many streams at once: how long until each one's first chunk, and whether every chunk arrives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::answers::CONTENT_MARK;
use crate::cpu::CpuMeter;
use crate::exchange::CHUNKS;
use crate::wire::Answer;

/// For all streams together; without a proxy they take some seconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Streamed {
    pub sent: u64,
    pub first_chunk_p50_us: f64,
    pub first_chunk_p99_us: f64,
    /// From the first request to the end of the last stream.
    pub total: Duration,
    /// CPU of the measured processes per chunk.
    pub cpu_us: f64,
}

/// Opens `count` connections, then asks on them one after the other within `spread`.
pub async fn run(
    address: SocketAddr,
    request: &Arc<[u8]>,
    pids: &[u32],
    count: u32,
    spread: Duration,
) -> Result<Streamed> {
    let gate = Arc::new(Barrier::new(usize::try_from(count)? + 1));
    let mut streams = JoinSet::new();
    for number in 0..count {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (request, gate) = (Arc::clone(request), Arc::clone(&gate));
        let wait = spread / count * number;
        streams.spawn(async move {
            gate.wait().await;
            if !wait.is_zero() {
                sleep(wait).await;
            }
            listen(stream, request).await
        });
    }
    let cpu = CpuMeter::start(pids)?;
    gate.wait().await;
    let start = Instant::now();
    let heard = timeout(PATIENCE, streams.join_all()).await.context("the streams took too long")?;
    let (total, cpu) = (start.elapsed(), cpu.used()?);
    let mut first_chunks = Histogram::<u64>::new(3)?;
    for first_chunk in heard {
        first_chunks.record(u64::try_from(first_chunk?.as_micros())?)?;
    }
    Ok(Streamed {
        sent: u64::from(count),
        first_chunk_p50_us: exact(first_chunks.value_at_quantile(0.5)),
        first_chunk_p99_us: exact(first_chunks.value_at_quantile(0.99)),
        total,
        cpu_us: cpu.as_secs_f64() * 1e6 / f64::from(count * CHUNKS),
    })
}

/// Up to 2^53 µs.
fn exact(micros: u64) -> f64 {
    micros as f64
}

/// Asks, and hears the answer to its end; how long the first chunk took.
async fn listen(mut stream: TcpStream, request: Arc<[u8]>) -> Result<Duration> {
    let start = Instant::now();
    stream.write_all(&request).await?;
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut answer = Answer::default();
    let mut lines = Lines::default();
    let mut first_chunk = None;
    loop {
        buffer.clear();
        let count = stream.read_buf(&mut buffer).await?;
        ensure!(count > 0, "a stream broke off after {} chunks", lines.chunks);
        let is_complete = answer.feed(&buffer, |body| lines.feed(body))?;
        if first_chunk.is_none() && lines.chunks > 0 {
            first_chunk = Some(start.elapsed());
        }
        if is_complete {
            break;
        }
    }
    ensure!(answer.status == 200, "status {}", answer.status);
    ensure!(lines.is_done, "a stream ended without its end after {} chunks", lines.chunks);
    ensure!(lines.chunks == CHUNKS, "{} chunks of {CHUNKS} arrived", lines.chunks);
    first_chunk.context("a stream without a chunk")
}

/// The end of a stream of Messages.
const MESSAGE_STOP: &[u8] = br#"{"type":"message_stop""#;

/// Counts the content chunks line by line, however the lines are cut.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
    chunks: u32,
    is_done: bool,
}

impl Lines {
    fn feed(&mut self, body: &[u8]) {
        for piece in body.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if !piece.ends_with(b"\n") {
                return;
            }
            if let Some(data) = self.begun.strip_prefix(b"data:") {
                self.chunks += u32::from(memmem::find(data, CONTENT_MARK.as_bytes()).is_some());
                let data = data.trim_ascii();
                self.is_done |= data == b"[DONE]" || data.starts_with(MESSAGE_STOP);
            }
            self.begun.clear();
        }
    }
}
