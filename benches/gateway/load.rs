//! Closed loop: every connection sends its next request as soon as it has the answer to the last one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cpu::CpuMeter;
use crate::wire::{Answer, chat_request};

pub const CONNECTIONS: usize = 64;
/// No single answer may take longer.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct FullLoad {
    /// All requests, those of the warm-up too.
    pub sent: u64,
    pub per_second: f64,
    /// CPU of the measured processes per request.
    pub cpu_us: f64,
    /// CPU of load generator and upstream per request.
    pub harness_cpu_us: f64,
}

/// Loads `address` with [`CONNECTIONS`] connections and measures for `duration` after `warm_up`.
pub async fn run(
    address: SocketAddr,
    pids: &[u32],
    harness_pids: &[u32],
    warm_up: Duration,
    duration: Duration,
) -> Result<FullLoad> {
    let tally = Arc::new(OutlierWindow::default());
    let request: Arc<[u8]> = chat_request(false).into();
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        connections.spawn(converse(address, Arc::clone(&request), Arc::clone(&tally)));
    }
    sleep(warm_up).await;
    let (cpu, harness_cpu) = (CpuMeter::start(pids)?, CpuMeter::start(harness_pids)?);
    let (start, answered_before) = (Instant::now(), tally.answered.load(Relaxed));
    sleep(duration).await;
    let (elapsed, answered) = (start.elapsed(), tally.answered.load(Relaxed) - answered_before);
    let (cpu, harness_cpu) = (cpu.used()?, harness_cpu.used()?);
    tally.is_over.store(true, Relaxed);
    while let Some(ended) = connections.join_next().await {
        ended??;
    }
    ensure!(answered > 0, "no answer within {duration:?}");
    // Exact up to 2^53 requests.
    let answered = answered as f64;
    Ok(FullLoad {
        sent: tally.answered.load(Relaxed),
        per_second: answered / elapsed.as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1e6 / answered,
        harness_cpu_us: harness_cpu.as_secs_f64() * 1e6 / answered,
    })
}

#[derive(Default)]
struct OutlierWindow {
    answered: AtomicU64,
    is_over: AtomicBool,
}

/// Leaves only between two requests, so that every request that was sent has been answered.
async fn converse(
    address: SocketAddr,
    request: Arc<[u8]>,
    tally: Arc<OutlierWindow>,
) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 * 1024);
    while !tally.is_over.load(Relaxed) {
        timeout(PATIENCE, exchange(&mut stream, &request, &mut buffer))
            .await
            .context("an answer took too long")??;
        tally.answered.fetch_add(1, Relaxed);
    }
    Ok(())
}

async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> Result<()> {
    stream.write_all(request).await?;
    let mut answer = Answer::default();
    loop {
        buffer.clear();
        let count = stream.read_buf(buffer).await?;
        ensure!(count > 0, "the connection was closed before the answer was complete");
        if answer.feed(buffer, |_| {})? {
            ensure!(
                answer.status == 200,
                "status {}: {}",
                answer.status,
                String::from_utf8_lossy(buffer)
            );
            return Ok(());
        }
    }
}
