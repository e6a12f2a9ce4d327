//! The router beside nginx: throughput, added latency, CPU, memory and streams, in one run on one machine.
//!
//! To read in this order: `options` (what can be asked), `exchange`, `answers` and `upstream` (what is asked, and what
//! answers), `affinity`, `nginx`, `router` and `stand` (what stands between, and on which cores), `load`, `open_loop` and
//! `streams` (the three measurements), `overview`, `bodies` and `scaling` (the groups of measurements), `table` and
//! `readme` (what comes out).

mod affinity;
mod answers;
mod bodies;
mod child;
mod cpu;
mod exchange;
mod load;
mod machine;
mod nginx;
mod open_loop;
mod options;
mod overview;
mod prose;
mod readme;
mod router;
mod scaling;
mod stand;
mod streams;
mod table;
mod upstream;
mod wire;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::affinity::Cores;
use crate::machine::CpuTimes;
use crate::options::{Group, Options};
use crate::stand::Stand;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|argument| argument == "--upstream").is_some() {
        return upstream::serve(arguments);
    }
    if cfg!(debug_assertions) {
        eprintln!(
            "skipped: a debug build says nothing about speed; use `cargo bench --bench gateway`"
        );
        return Ok(());
    }
    let options = Options::parse(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        // Leaving by a signal drops the run, and with it every process that it started.
        tokio::select! {
            result = run(&options) => result,
            _ = terminate.recv() => bail!("stopped by SIGTERM"),
            _ = tokio::signal::ctrl_c() => bail!("stopped by SIGINT"),
        }
    })
}

async fn run(options: &Options) -> Result<()> {
    machine::raise_open_files()?;
    let cores = Cores::all()?;
    for group in &options.groups {
        eprintln!("## {}", group.as_str());
        cores.enter()?;
        let mut text = machine::describe()?;
        let busy_before = machine::busy_percent().await?;
        let start = CpuTimes::read()?;
        let (table, recorded) =
            measure(*group, options, cores).await.with_context(|| group.as_str())?;
        let stolen = CpuTimes::read()?.since(&start).stolen_percent();
        let busy_after = machine::busy_percent().await?;
        text.push_str(&format!(
            ". Other processes took {busy_before:.0} % of the CPU before and {busy_after:.0} % after, \
             the hypervisor {stolen:.0} % meanwhile. {recorded} of {recorded} requests were recorded.\n\n{table}"
        ));
        writeln!(std::io::stdout(), "{text}")?;
        if let Some(path) = &options.readme {
            readme::write(path, *group, &text)?;
            eprintln!("written to {}", path.display());
        }
    }
    Ok(())
}

/// The group's table, and how many requests the routers got and recorded.
async fn measure(group: Group, options: &Options, cores: Cores) -> Result<(String, u64)> {
    let cores = match group {
        Group::OneCore | Group::Bodies => cores.with_proxy_on_one(),
        Group::AllCores => cores,
        Group::Scaling => return scaling::measure(options, &cores).await,
    };
    let mut stand = Stand::start(options, &cores, cores.count_of_proxy()).await?;
    let measured = match group {
        Group::Bodies => bodies::measure(&mut stand, options.plan).await,
        Group::OneCore | Group::AllCores | Group::Scaling => {
            overview::measure(&mut stand, options.plan).await
        }
    };
    let table = measured.with_context(|| {
        format!("the measurement failed; the routers' logs: {}", stand.router_log())
    })?;
    Ok((table.markdown(), stand.stop().await?))
}
