//! What the numbers depend on: the machine, and its limits.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;

/// Two sockets per stream in a proxy, and some to spare.
const OPEN_FILES: u64 = 4096;

/// Raises the limit of open files for the bench and the processes it starts.
pub fn raise_open_files() -> Result<()> {
    let limit = rlimit::increase_nofile_limit(16 * 1024)?;
    ensure!(
        limit >= OPEN_FILES,
        "only {limit} open files are allowed; run `ulimit -n {OPEN_FILES}` first"
    );
    Ok(())
}

/// A free port, to be bound at once.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// When and where: one line for above the table.
pub fn describe() -> Result<String> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(": "));
    let model = model.map_or("unknown CPU", |(_, model)| model);
    let cores = std::thread::available_parallelism()?;
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiler = Command::new(compiler).arg("--version").output().context("`rustc --version`")?;
    let compiler = String::from_utf8(compiler.stdout)?;
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    Ok(format!("{now}, {model}, {cores} cores, {}", compiler.trim()))
}

/// How busy the machine is while the bench does nothing: numbers from a busy one are not worth much.
pub async fn busy_percent() -> Result<f64> {
    let start = CpuTimes::read()?;
    sleep(Duration::from_secs(1)).await;
    Ok(CpuTimes::read()?.since(&start).busy_percent())
}

/// Ticks of all cores since boot, from `/proc/stat`.
pub struct CpuTimes {
    busy: f64,
    stolen: f64,
    total: f64,
}

impl CpuTimes {
    pub fn read() -> Result<Self> {
        let stat = std::fs::read_to_string("/proc/stat")?;
        let cpu = stat
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("cpu "))
            .context("unexpected /proc/stat")?;
        let ticks: Vec<f64> =
            cpu.split_ascii_whitespace().filter_map(|ticks| ticks.parse().ok()).collect();
        // The two guest columns that follow are contained in the first two.
        let &[user, nice, system, idle, iowait, irq, softirq, stolen, ..] = ticks.as_slice() else {
            bail!("unexpected /proc/stat");
        };
        let busy = user + nice + system + irq + softirq;
        Ok(Self { busy, stolen, total: busy + idle + iowait + stolen })
    }

    pub fn since(&self, start: &Self) -> Self {
        Self {
            busy: self.busy - start.busy,
            stolen: self.stolen - start.stolen,
            total: self.total - start.total,
        }
    }

    pub fn busy_percent(&self) -> f64 {
        self.busy * 100.0 / self.total
    }

    pub fn stolen_percent(&self) -> f64 {
        self.stolen * 100.0 / self.total
    }
}
