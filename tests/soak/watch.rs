//! The router's memory and open files, second by second, from `/proc`.

use std::fmt;
use std::time::Duration;

/// What may be kept for good reasons: pages of the database, pools that have grown, pieces that the allocator holds.
const MAY_GROW: f64 = 1.1;
const MAY_GROW_KIB: u64 = 16 * 1024;
/// Connections that happen to be open.
const MAY_GROW_FILES: u64 = 64;

#[derive(Clone, Copy, Debug)]
struct Sample {
    rss_kib: u64,
    files: u64,
}

/// Medians of the samples of a while, so that no single moment counts.
#[derive(Clone, Copy, Debug)]
pub struct Samples {
    warm: Sample,
    end: Sample,
    most: Sample,
}

/// The first half is for warming up: the writer's page cache grows with the file up to 64 MiB, which
/// takes about nine minutes.
pub async fn watch(id: u32, length: Duration) -> Samples {
    let mut samples = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.tick().await;
    for _ in 0..length.as_secs() {
        tick.tick().await;
        samples.push(Sample { rss_kib: rss_kib(id), files: files(id) });
    }
    let warm_up = samples.len() / 2;
    let while_ = (samples.len() / 10).max(1);
    Samples {
        warm: median(&samples[warm_up..warm_up + while_]),
        end: median(&samples[samples.len() - while_..]),
        most: Sample {
            rss_kib: samples.iter().map(|sample| sample.rss_kib).max().unwrap(),
            files: samples.iter().map(|sample| sample.files).max().unwrap(),
        },
    }
}

fn median(samples: &[Sample]) -> Sample {
    let middle = |mut numbers: Vec<u64>| {
        numbers.sort_unstable();
        numbers[numbers.len() / 2]
    };
    Sample {
        rss_kib: middle(samples.iter().map(|sample| sample.rss_kib).collect()),
        files: middle(samples.iter().map(|sample| sample.files).collect()),
    }
}

fn rss_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the router lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn files(id: u32) -> u64 {
    std::fs::read_dir(format!("/proc/{id}/fd")).expect("the router lives").count() as u64
}

impl Samples {
    pub fn faults(&self) -> Vec<String> {
        let Self { warm, end, .. } = self;
        let mut faults = Vec::new();
        if end.rss_kib as f64 > warm.rss_kib as f64 * MAY_GROW
            && end.rss_kib > warm.rss_kib + MAY_GROW_KIB
        {
            faults.push(format!("the memory has grown: {self}"));
        }
        if end.files > warm.files + MAY_GROW_FILES {
            faults.push(format!("the open files have grown: {self}"));
        }
        faults
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(
            out,
            "memory {:.1} MiB warm, {:.1} MiB at the end, {:.1} MiB at most; open files {}, {}, {}",
            mib(self.warm.rss_kib),
            mib(self.end.rss_kib),
            mib(self.most.rss_kib),
            self.warm.files,
            self.end.files,
            self.most.files
        )
    }
}
