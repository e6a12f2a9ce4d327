//! The router beside nginx: throughput, added latency, CPU, memory and streams, in one run on one machine.
//!
//! To read in this order: `options` (what can be asked), `upstream` (what answers), `nginx` and `router` (what stands
//! between), `bench` (the rounds), `load`, `open_loop` and `streams` (the three measurements), `figures`, `report` and
//! `readme` (what comes out).

mod bench;
mod child;
mod cpu;
mod figures;
mod load;
mod machine;
mod nginx;
mod open_loop;
mod options;
mod readme;
mod report;
mod router;
mod streams;
mod upstream;
mod wire;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use tokio::signal::unix::{SignalKind, signal};

use crate::bench::Bench;
use crate::machine::CpuTimes;
use crate::options::Options;
use crate::report::Report;

/// One thread, which is also the load generator.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("--upstream") {
        return upstream::serve().await;
    }
    if cfg!(debug_assertions) {
        eprintln!(
            "skipped: a debug build says nothing about speed; use `cargo bench --bench gateway`"
        );
        return Ok(());
    }
    let options = Options::parse(std::env::args().skip(1))?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Leaving by a signal drops the run, and with it every process that it started.
    tokio::select! {
        result = run(&options) => result,
        _ = terminate.recv() => bail!("stopped by SIGTERM"),
        _ = tokio::signal::ctrl_c() => bail!("stopped by SIGINT"),
    }
}

async fn run(options: &Options) -> Result<()> {
    machine::raise_open_files()?;
    let mut heading = machine::describe()?;
    let busy_before = machine::busy_percent().await?;
    let mut bench = Bench::start(options).await?;
    let start = CpuTimes::read()?;
    if let Err(error) = bench.measure().await {
        return Err(error
            .context(format!("the measurement failed; the router's log: {}", bench.router_log())));
    }
    let stolen = CpuTimes::read()?.since(&start).stolen_percent();
    let recorded = bench.stop().await;
    let figures = bench.into_figures();
    let busy_after = machine::busy_percent().await?;
    heading.push_str(&format!(
        ". Other processes took {busy_before:.0} % of the CPU before and {busy_after:.0} % after the run, \
         the hypervisor {stolen:.0} % meanwhile."
    ));
    let table =
        Report { routes: &figures, heading, recorded: recorded.as_ref().ok().copied().flatten() }
            .table();
    writeln!(std::io::stdout(), "{table}")?;
    recorded?;
    for (name, figures) in &figures {
        let lost: f64 = figures.chunks_lost.iter().sum();
        ensure!(lost == 0.0, "{lost} chunks were lost on the route `{}`", name.as_str());
    }
    if let Some(path) = &options.readme {
        readme::write(path, &table)?;
        eprintln!("written to {}", path.display());
    }
    Ok(())
}
