//! Closed loop: every connection sends its next request as soon as it has the answer to the last one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cpu::{CpuMeter, MAIN};
use crate::wire::Answer;

pub const CONNECTIONS: usize = 64;
/// No single answer may take longer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Who is asked, by whom, and for how long.
pub struct Load<'a> {
    pub address: SocketAddr,
    pub request: &'a Arc<[u8]>,
    /// Of the proxy.
    pub pids: &'a [u32],
    /// Of load generator and upstream.
    pub harness_pids: &'a [u32],
    pub threads: usize,
    pub warm_up: Duration,
    pub duration: Duration,
}

pub struct FullLoad {
    /// All requests, those of the warm-up too.
    pub sent: u64,
    pub per_second: f64,
    /// CPU of the measured processes per request: from the first one until the proxy is at rest again, so that what it
    /// puts off until after the answer is counted.
    pub cpu_us: f64,
    /// The same by threads.
    pub shares: Shares,
    /// CPU of load generator and upstream per request.
    pub harness_cpu_us: f64,
}

/// CPU per request by what the router's threads do.
#[derive(Clone, Copy, Default)]
pub struct Shares {
    pub workers_us: f64,
    /// Packing, writing, checkpoints.
    pub records_us: f64,
    /// The first thread, on which the recorder and other actors are.
    pub main_us: f64,
}

impl Load<'_> {
    /// Loads the address with [`CONNECTIONS`] connections, and measures after the warm-up.
    pub async fn run(&self) -> Result<FullLoad> {
        let tally = Arc::new(Tally::default());
        let cpu = CpuMeter::start(self.pids)?;
        let threads = (0..self.threads).map(|number| self.generate(number, Arc::clone(&tally)));
        let threads: Vec<_> = threads.collect::<Result<_>>()?;
        sleep(self.warm_up).await;
        let harness_cpu = CpuMeter::start(self.harness_pids)?;
        let (start, answered_before) = (Instant::now(), tally.answered.load(Relaxed));
        sleep(self.duration).await;
        let (elapsed, answered) = (start.elapsed(), tally.answered.load(Relaxed) - answered_before);
        let harness_used = harness_cpu.used()?;
        tally.is_over.store(true, Relaxed);
        for ended in threads {
            ended.join().map_err(|_| anyhow!("a thread of the load generator panicked"))??;
        }
        ensure!(answered > 0, "no answer within {:?}", self.duration);
        let sent = tally.answered.load(Relaxed);
        let used = until_at_rest(&cpu).await?;
        let mut shares = Shares::default();
        for (thread, time) in &cpu.used_by_thread()? {
            *shares.of(thread) += micros_each(*time, sent);
        }
        Ok(FullLoad {
            sent,
            // Exact up to 2^53 requests.
            per_second: answered as f64 / elapsed.as_secs_f64(),
            cpu_us: micros_each(used, sent),
            shares,
            harness_cpu_us: micros_each(harness_used, answered),
        })
    }

    /// One thread with its part of the connections.
    fn generate(&self, number: usize, tally: Arc<Tally>) -> Result<thread::JoinHandle<Result<()>>> {
        let (address, request) = (self.address, Arc::clone(self.request));
        let connections = (number..CONNECTIONS).step_by(self.threads).count();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let all = async move {
            let mut conversations = JoinSet::new();
            for _ in 0..connections {
                conversations.spawn(converse(address, Arc::clone(&request), Arc::clone(&tally)));
            }
            while let Some(ended) = conversations.join_next().await {
                ended??;
            }
            Ok(())
        };
        Ok(thread::Builder::new().spawn(move || runtime.block_on(all))?)
    }
}

/// Exact up to 2^53 requests.
fn micros_each(time: Duration, requests: u64) -> f64 {
    time.as_secs_f64() * 1e6 / requests as f64
}

/// The CPU used until a tenth of a second goes by with next to nothing of it; waits no longer than [`PATIENCE`].
async fn until_at_rest(cpu: &CpuMeter) -> Result<Duration> {
    const PAUSE: Duration = Duration::from_millis(100);
    let start = Instant::now();
    let mut used = cpu.used()?;
    while start.elapsed() < PATIENCE {
        sleep(PAUSE).await;
        let now = cpu.used()?;
        if now - used < PAUSE / 50 {
            return Ok(now);
        }
        used = now;
    }
    Ok(used)
}

impl Shares {
    /// By the name of a thread: those that the router's server starts have it from actix; all others but the first one
    /// work on records.
    fn of(&mut self, thread: &str) -> &mut f64 {
        if thread.starts_with("actix-rt") {
            &mut self.workers_us
        } else if thread == MAIN {
            &mut self.main_us
        } else {
            &mut self.records_us
        }
    }
}

#[derive(Default)]
struct Tally {
    answered: AtomicU64,
    is_over: AtomicBool,
}

/// Leaves only between two requests, so that every request that was sent has been answered.
async fn converse(address: SocketAddr, request: Arc<[u8]>, tally: Arc<Tally>) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 * 1024);
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
