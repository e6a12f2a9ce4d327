//! The router beside nginx: throughput, added latency, CPU, memory and streams, in one run on one machine.
//!
//! To read in this order: `options` (what can be asked), `upstream` (what answers), `nginx` and `router` (what stands between),
//! `load`, `open_loop` and `streams` (the three measurements), `cpu`, `figures` and `report` (what comes out).

mod child;
mod cpu;
mod figures;
mod load;
mod machine;
mod nginx;
mod open_loop;
mod options;
mod report;
mod router;
mod streams;
mod upstream;
mod wire;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::figures::Figures;
use crate::nginx::Nginx;
use crate::options::{Options, RouteName};
use crate::report::Report;
use crate::router::Router;
use crate::upstream::Upstream;

/// Of nginx and of the router.
const WORKERS: usize = 2;

/// One thread, which is also the load generator.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("--upstream") {
        return upstream::serve().await;
    }
    if cfg!(debug_assertions) {
        eprintln!("skipped: a debug build says nothing about speed; use `cargo bench --bench gateway`");
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
    let machine = machine::describe()?;
    let mut bench = Bench::start(options).await?;
    if let Err(error) = bench.measure(options).await {
        let log = bench.router.as_ref().map(Router::log).unwrap_or_default();
        return Err(error.context(format!("the measurement failed; the router's log: {log}")));
    }
    let recorded = bench.stop().await;
    let routes: Vec<_> = bench.routes.into_iter().map(|route| (route.name, route.figures)).collect();
    let report = Report { routes: &routes, machine, recorded: *recorded.as_ref().unwrap_or(&None) };
    let table = report.table();
    writeln!(std::io::stdout(), "{table}")?;
    recorded?;
    for (name, figures) in &routes {
        ensure!(figures.chunks_lost == 0, "{} chunks were lost on the route `{}`", figures.chunks_lost, name.as_str());
    }
    if let Some(readme) = &options.readme {
        report::write_readme(readme, &table)?;
        eprintln!("written to {}", readme.display());
    }
    Ok(())
}

struct Route {
    name: RouteName,
    whole: SocketAddr,
    streamed: SocketAddr,
    /// Of the proxy; none on the direct route.
    pids: Vec<u32>,
    /// Every request so far.
    sent: u64,
    figures: Figures,
}

/// All processes and what was measured on them. Fields drop in order: the upstream last.
struct Bench {
    routes: Vec<Route>,
    router: Option<Router>,
    nginx: Option<Nginx>,
    upstream: Upstream,
}

impl Bench {
    async fn start(options: &Options) -> Result<Self> {
        let upstream = Upstream::start()?;
        let mut bench = Self { routes: Vec::new(), router: None, nginx: None, upstream };
        let upstream = bench.upstream.address;
        for name in &options.routes {
            let (whole, streamed, pids) = match name {
                RouteName::Direct => (upstream, upstream, Vec::new()),
                RouteName::Nginx => {
                    let nginx = bench.nginx.insert(Nginx::start(upstream, WORKERS).await?);
                    (nginx.whole, nginx.streamed, nginx.pids()?)
                }
                RouteName::Router => {
                    let program = options.router.as_ref().context("which router? name it with `--router PATH`")?;
                    let router = bench.router.insert(Router::start(program, upstream, WORKERS).await?);
                    (router.address, router.address, vec![router.id()])
                }
            };
            bench.routes.push(Route { name: *name, whole, streamed, pids, sent: 0, figures: Figures::default() });
        }
        Ok(bench)
    }

    async fn measure(&mut self, options: &Options) -> Result<()> {
        let plan = options.plan;
        let harness = [std::process::id(), self.upstream.process.id()];
        sleep(Duration::from_secs(1)).await;
        for route in &mut self.routes {
            route.figures.idle_mib = route.resident_mib()?;
        }
        for round in 0..plan.rounds {
            for route in in_turn(&mut self.routes, round) {
                let load = load::run(route.whole, &route.pids, &harness, plan.warm_up, plan.full_load);
                let load = load.await.with_context(|| route.name.as_str())?;
                eprintln!(
                    "round {}, {}: {:.0} requests/s, {:.1} µs CPU",
                    round + 1,
                    route.name.as_str(),
                    load.per_second,
                    load.cpu_us
                );
                route.sent += load.sent;
                route.figures.per_second.push(load.per_second);
                route.figures.full_load_cpu_us.push(load.cpu_us);
                route.figures.harness_cpu_us.push(load.harness_cpu_us);
            }
        }
        for route in &mut self.routes {
            route.figures.loaded_mib = route.resident_mib()?;
        }
        for round in 0..plan.rounds {
            for route in in_turn(&mut self.routes, round) {
                let paced = open_loop::run(route.whole, &route.pids, plan.warm_up, plan.paced);
                let paced = paced.await.with_context(|| route.name.as_str())?;
                eprintln!(
                    "round {}, {}: p50 {:.0} µs, p99 {:.0} µs, {:.1} µs CPU",
                    round + 1,
                    route.name.as_str(),
                    paced.p50_us,
                    paced.p99_us,
                    paced.cpu_us
                );
                route.sent += paced.sent;
                route.figures.p50_us.push(paced.p50_us);
                route.figures.p99_us.push(paced.p99_us);
                route.figures.paced_cpu_us.push(paced.cpu_us);
            }
        }
        for round in 0..plan.rounds {
            for route in in_turn(&mut self.routes, round) {
                let streamed = streams::run(route.streamed, &route.pids).await.with_context(|| route.name.as_str())?;
                eprintln!(
                    "round {}, {}: first chunk p50 {:.1} ms, p99 {:.1} ms, {:.1} µs CPU a chunk, {} lost",
                    round + 1,
                    route.name.as_str(),
                    streamed.first_chunk_p50_ms,
                    streamed.first_chunk_p99_ms,
                    streamed.cpu_us,
                    streamed.chunks_lost
                );
                route.sent += streamed.sent;
                route.figures.first_chunk_p50_ms.push(streamed.first_chunk_p50_ms);
                route.figures.first_chunk_p99_ms.push(streamed.first_chunk_p99_ms);
                route.figures.streams_s.push(streamed.total.as_secs_f64());
                route.figures.chunk_cpu_us.push(streamed.cpu_us);
                route.figures.chunks_lost += streamed.chunks_lost;
            }
        }
        for route in &mut self.routes {
            route.figures.streamed_mib = route.resident_mib()?;
        }
        Ok(())
    }

    /// Checks the router's records, then ends both proxies; the number of requests that the router recorded.
    async fn stop(&mut self) -> Result<Option<u64>> {
        let mut recorded = None;
        if let Some(router) = self.router.take() {
            let sent = self.routes.iter().filter(|route| route.name == RouteName::Router).map(|route| route.sent).sum();
            router.expect_invocations(sent).await?;
            router.stop()?;
            recorded = Some(sent);
        }
        if let Some(nginx) = self.nginx.take() {
            nginx.stop()?;
        }
        Ok(recorded)
    }
}

impl Route {
    fn resident_mib(&self) -> Result<Option<f64>> {
        if self.pids.is_empty() { Ok(None) } else { cpu::resident_mib(&self.pids).map(Some) }
    }
}

/// Forwards in even rounds, backwards in odd ones, so that no route always goes first.
fn in_turn(routes: &mut [Route], round: usize) -> Vec<&mut Route> {
    let mut routes: Vec<_> = routes.iter_mut().collect();
    if round % 2 == 1 {
        routes.reverse();
    }
    routes
}
