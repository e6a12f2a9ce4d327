//! What the numbers depend on: the machine, and its limits.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Two sockets per stream in a proxy, and some to spare.
const OPEN_FILES: u64 = 4096;

/// Raises the limit of open files for the bench and the processes it starts.
pub fn raise_open_files() -> Result<()> {
    let limit = rlimit::increase_nofile_limit(16 * 1024)?;
    ensure!(limit >= OPEN_FILES, "only {limit} open files are allowed; run `ulimit -n {OPEN_FILES}` first");
    Ok(())
}

/// A port that is free now; whoever asked for it takes it at once.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// When and where: one line for above the table.
pub fn describe() -> Result<String> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    let model = model.map_or("unknown CPU", |(_, model)| model);
    let cores = std::thread::available_parallelism()?;
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiler = Command::new(compiler).arg("--version").output().context("`rustc --version`")?;
    let compiler = String::from_utf8(compiler.stdout)?;
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    Ok(format!("{now}, {model}, {cores} cores, {}", compiler.trim()))
}
