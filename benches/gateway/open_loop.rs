//! Open loop: requests leave on a fixed schedule, whether the answers come or not.
//!
//! A latency counts from the moment that the schedule names, so a request that had to wait for a slow one before it on
//! its connection shows the wait (no coordinated omission). One thread per connection, because a thread's own sleep is exact
//! to some 50 µs where an event loop's timer is to a millisecond; the threads sleep nearly all the time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use hdrhistogram::Histogram;
use tokio::time::sleep_until;

use crate::cpu::CpuMeter;
use crate::load::{CONNECTIONS, PATIENCE};
use crate::wire::Answer;

pub const PER_SECOND: u32 = 2000;

pub struct Paced {
    /// All requests, those of the warm-up too.
    pub sent: u64,
    pub p50_us: f64,
    pub p99_us: f64,
    /// CPU of the measured processes per request.
    pub cpu_us: f64,
}

#[derive(Clone, Copy)]
struct Schedule {
    start: Instant,
    /// Requests before this one are the warm-up.
    first_measured: u32,
    total: u32,
}

impl Schedule {
    fn due(&self, request: u32) -> Instant {
        self.start + Duration::from_secs(1) / PER_SECOND * request
    }
}

/// Sends [`PER_SECOND`] requests a second for `warm_up` and `duration`, measured in the latter.
pub async fn run(
    address: SocketAddr,
    request: &Arc<[u8]>,
    pids: &[u32],
    warm_up: Duration,
    duration: Duration,
) -> Result<Paced> {
    let schedule = Schedule {
        // Time to open the connections.
        start: Instant::now() + Duration::from_millis(200),
        first_measured: requests_in(warm_up)?,
        total: requests_in(warm_up + duration)?,
    };
    let threads: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let request = Arc::clone(request);
            thread::Builder::new()
                .stack_size(256 * 1024)
                .spawn(move || converse(address, &request, u32::try_from(connection)?, schedule))
        })
        .collect::<std::io::Result<_>>()?;
    sleep_until(schedule.due(schedule.first_measured).into()).await;
    let cpu = CpuMeter::start(pids)?;
    sleep_until(schedule.due(schedule.total).into()).await;
    let cpu = cpu.used()?;
    let mut latencies = Histogram::<u64>::new(3)?;
    for ended in threads {
        latencies.add(ended.join().map_err(|_| anyhow!("a connection's thread panicked"))??)?;
    }
    Ok(Paced {
        sent: u64::from(schedule.total),
        p50_us: micros(latencies.value_at_quantile(0.5)),
        p99_us: micros(latencies.value_at_quantile(0.99)),
        cpu_us: cpu.as_secs_f64() * 1e6 / f64::from(schedule.total - schedule.first_measured),
    })
}

fn requests_in(duration: Duration) -> Result<u32> {
    Ok(u32::try_from(duration.as_millis() * u128::from(PER_SECOND) / 1000)?)
}

/// Exact up to 2^53 ns, which is a hundred days.
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

/// Sends every [`CONNECTIONS`]th request of the schedule; returns the measured latencies in nanoseconds.
fn converse(
    address: SocketAddr,
    request: &[u8],
    connection: u32,
    schedule: Schedule,
) -> Result<Histogram<u64>> {
    let mut latencies = Histogram::new(3)?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut buffer = [0; 16 * 1024];
    for number in (connection..schedule.total).step_by(CONNECTIONS) {
        let due = schedule.due(number);
        wait_until(due);
        ensure!(
            due.elapsed() < PATIENCE,
            "the route does not keep up with {PER_SECOND} requests a second"
        );
        stream.write_all(request)?;
        let mut answer = Answer::default();
        loop {
            let count = stream.read(&mut buffer).context("no answer in time")?;
            ensure!(count > 0, "the connection was closed before the answer was complete");
            if answer.feed(buffer.get(..count).unwrap_or_default(), |_| {})? {
                break;
            }
        }
        let latency = due.elapsed();
        ensure!(answer.status == 200, "status {}", answer.status);
        if number >= schedule.first_measured {
            latencies.record(u64::try_from(latency.as_nanos())?)?;
        }
    }
    Ok(latencies)
}

fn wait_until(due: Instant) {
    while let Some(left) = due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    {
        thread::park_timeout(left);
    }
}
