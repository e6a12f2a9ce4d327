//! Which cores the proxy runs on, and which are left for load generator and upstream.

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A thread that is started, and a process, runs on the cores of the thread that started it. So cores are set for the
/// bench's own thread before it starts anything, and a proxy with all its threads and workers needs nothing else.
#[derive(Clone, Copy)]
pub struct Cores {
    proxy: CpuSet,
    /// Load generator and upstream.
    harness: CpuSet,
}

impl Cores {
    /// Every core that the bench may use, for all of them.
    pub fn all() -> Result<Self> {
        let all = sched_getaffinity(None).context("which cores may the bench use?")?;
        Ok(Self { proxy: all, harness: all })
    }

    /// The first core for the proxy, the others for the harness; a machine of one core has it for both.
    pub fn with_proxy_on_one(self) -> Self {
        let Some(first) = (0..CpuSet::MAX_CPU).find(|core| self.harness.is_set(*core)) else {
            return self;
        };
        let (mut proxy, mut harness) = (CpuSet::new(), self.harness);
        proxy.set(first);
        harness.unset(first);
        Self { proxy, harness: if harness.count() == 0 { proxy } else { harness } }
    }

    pub fn count_of_proxy(&self) -> usize {
        self.proxy.count() as usize
    }

    /// How many threads generate load and answer: one for four cores, so that neither is what a proxy waits for.
    pub fn harness_threads(&self) -> usize {
        (self.harness.count() as usize / 4).max(1)
    }

    /// Brings this thread, and all that it starts from now on, to the cores of the harness.
    pub fn enter(&self) -> Result<()> {
        sched_setaffinity(None, &self.harness).context("the bench's cores cannot be chosen")
    }

    /// Runs `start`, which starts a proxy, on the proxy's cores.
    pub fn for_proxy<T>(&self, start: impl FnOnce() -> T) -> Result<T> {
        sched_setaffinity(None, &self.proxy).context("the proxy's core cannot be chosen")?;
        let started = start();
        self.enter()?;
        Ok(started)
    }
}
