//! CPU time and memory of other processes, from `/proc`.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// `/proc/PID/stat` counts in these (`USER_HZ`, 100 a second on every Linux).
const TICK: Duration = Duration::from_millis(10);

/// The CPU time that a set of processes uses from now on.
pub struct CpuMeter {
    pids: Vec<u32>,
    start: Usage,
}

impl CpuMeter {
    pub fn start(pids: &[u32]) -> Result<Self> {
        Ok(Self { pids: pids.to_vec(), start: Usage::read(pids)? })
    }

    /// To the nanosecond; of each thread by its name, which is the process's own where a thread was given none.
    /// What a thread used that has ended meanwhile is missing.
    pub fn used_by_thread(&self) -> Result<Vec<(String, Duration)>> {
        let now = Usage::read(&self.pids)?;
        Ok(now
            .threads
            .iter()
            .map(|(thread, time)| {
                let before = self.start.threads.get(thread).copied().unwrap_or_default();
                let is_main = self.pids.contains(thread);
                let name = if is_main { MAIN.to_owned() } else { thread_name(*thread) };
                (name, time.saturating_sub(before))
            })
            .collect())
    }

    /// To the nanosecond, unless a thread has ended meanwhile: then to the tick.
    pub fn used(&self) -> Result<Duration> {
        let now = Usage::read(&self.pids)?;
        let threads = now.threads.iter().map(|(thread, time)| {
            time.saturating_sub(self.start.threads.get(thread).copied().unwrap_or_default())
        });
        let precise: Duration = threads.sum();
        let coarse = now.processes.saturating_sub(self.start.processes);
        // A thread that ended took its own count with it; the process's count still has it.
        let rounding = TICK * 2 * u32::try_from(self.pids.len())?;
        Ok(if coarse > precise + rounding { coarse } else { precise })
    }
}

/// In place of the name of a process's first thread.
pub const MAIN: &str = "main";

/// Empty for a thread that has ended.
fn thread_name(thread: u32) -> String {
    // Any thread has a folder here, though only processes are listed.
    let name = fs::read_to_string(format!("/proc/{thread}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

struct Usage {
    threads: HashMap<u32, Duration>,
    processes: Duration,
}

impl Usage {
    fn read(pids: &[u32]) -> Result<Self> {
        let mut threads = HashMap::new();
        let mut processes = Duration::ZERO;
        for pid in pids {
            for entry in fs::read_dir(format!("/proc/{pid}/task"))
                .with_context(|| format!("process {pid} is gone"))?
            {
                let entry = entry?;
                let thread = entry.file_name().to_string_lossy().parse()?;
                // A thread that ended since the listing.
                let Ok(schedule) = fs::read_to_string(entry.path().join("schedstat")) else {
                    continue;
                };
                let nanos =
                    schedule.split_ascii_whitespace().next().and_then(|nanos| nanos.parse().ok());
                threads
                    .insert(thread, Duration::from_nanos(nanos.context("unexpected schedstat")?));
            }
            let ticks: u32 = stat_fields(*pid)?
                .iter()
                .skip(11)
                .take(2)
                .filter_map(|field| field.parse::<u32>().ok())
                .sum();
            processes += TICK * ticks;
        }
        Ok(Self { threads, processes })
    }
}

/// The fields of `/proc/PID/stat` after the command's name: state, parent, …
fn stat_fields(pid: u32) -> Result<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("unexpected stat")?;
    Ok(fields.split_ascii_whitespace().map(str::to_owned).collect())
}

/// `pid` and its child processes.
pub fn family(pid: u32) -> Result<Vec<u32>> {
    let mut pids = vec![pid];
    for entry in fs::read_dir("/proc")? {
        let Ok(other) = entry?.file_name().to_string_lossy().parse() else {
            continue;
        };
        // A process that ended since the listing has no parent any more.
        let parent = stat_fields(other).ok().and_then(|fields| fields.get(1)?.parse().ok());
        if parent == Some(pid) {
            pids.push(other);
        }
    }
    Ok(pids)
}

/// Resident memory of all `pids`, in MiB; pages that they share count for each.
pub fn resident_mib(pids: &[u32]) -> Result<f64> {
    let mut kib = 0;
    for pid in pids {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let resident: u32 = line.trim().trim_end_matches("kB").trim().parse()?;
        kib += resident;
    }
    Ok(f64::from(kib) / 1024.0)
}
