//! All processes of a run, and the rounds of measurements on them.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::sleep;

use crate::cpu;
use crate::figures::Figures;
use crate::load;
use crate::nginx::Nginx;
use crate::open_loop;
use crate::options::{Options, Plan, RouteName};
use crate::router::Router;
use crate::streams;
use crate::upstream::Upstream;

/// Of nginx and of the router.
const WORKERS: usize = 2;

/// Fields drop in order: the upstream last.
pub struct Bench {
    plan: Plan,
    routes: Vec<Route>,
    router: Option<Router>,
    nginx: Option<Nginx>,
    upstream: Upstream,
}

impl Bench {
    /// Starts the upstream and what the wanted routes need.
    pub async fn start(options: &Options) -> Result<Self> {
        let upstream = Upstream::start()?;
        let mut bench =
            Self { plan: options.plan, routes: Vec::new(), router: None, nginx: None, upstream };
        let upstream = bench.upstream.address;
        for name in &options.routes {
            let (whole, streamed, pids) = match name {
                RouteName::Direct => (upstream, upstream, Vec::new()),
                RouteName::Nginx => {
                    let nginx = bench.nginx.insert(Nginx::start(upstream, WORKERS).await?);
                    (nginx.whole, nginx.streamed, nginx.pids()?)
                }
                RouteName::Router => {
                    let program = options
                        .router
                        .as_ref()
                        .context("which router? name it with `--router PATH`")?;
                    let router =
                        bench.router.insert(Router::start(program, upstream, WORKERS).await?);
                    (router.address, router.address, vec![router.id()])
                }
            };
            bench.routes.push(Route {
                name: *name,
                whole,
                streamed,
                pids,
                sent: 0,
                figures: Figures::default(),
            });
        }
        Ok(bench)
    }

    pub async fn measure(&mut self) -> Result<()> {
        sleep(Duration::from_secs(1)).await;
        self.weigh(|figures| &mut figures.idle_mib)?;
        let harness = [std::process::id(), self.upstream.process.id()];
        for round in 1..=self.plan.rounds {
            for route in in_turn(&mut self.routes, round) {
                route
                    .load_fully(self.plan, &harness, round)
                    .await
                    .with_context(|| route.name.as_str())?;
            }
        }
        self.weigh(|figures| &mut figures.loaded_mib)?;
        for round in 1..=self.plan.rounds {
            for route in in_turn(&mut self.routes, round) {
                route.pace(self.plan, round).await.with_context(|| route.name.as_str())?;
            }
        }
        for round in 1..=self.plan.rounds {
            for route in in_turn(&mut self.routes, round) {
                route.stream(round).await.with_context(|| route.name.as_str())?;
            }
        }
        self.weigh(|figures| &mut figures.streamed_mib)
    }

    /// Notes the resident memory of every proxy.
    fn weigh(&mut self, of: impl Fn(&mut Figures) -> &mut Vec<f64>) -> Result<()> {
        for route in self.routes.iter_mut().filter(|route| !route.pids.is_empty()) {
            of(&mut route.figures).push(cpu::resident_mib(&route.pids)?);
        }
        Ok(())
    }

    /// Checks the router's records, then ends both proxies; the number of requests that the router recorded.
    pub async fn stop(&mut self) -> Result<Option<u64>> {
        let mut recorded = None;
        if let Some(router) = self.router.take() {
            let sent = self
                .routes
                .iter()
                .filter(|route| route.name == RouteName::Router)
                .map(|route| route.sent)
                .sum();
            router
                .expect_invocations(sent)
                .await
                .with_context(|| format!("the router's log: {}", router.log()))?;
            router.stop()?;
            recorded = Some(sent);
        }
        if let Some(nginx) = self.nginx.take() {
            nginx.stop()?;
        }
        Ok(recorded)
    }

    /// What the router wrote last, for an error message.
    pub fn router_log(&self) -> String {
        self.router.as_ref().map_or_else(|| "no router".to_owned(), Router::log)
    }

    pub fn into_figures(self) -> Vec<(RouteName, Figures)> {
        self.routes.into_iter().map(|route| (route.name, route.figures)).collect()
    }
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

impl Route {
    async fn load_fully(&mut self, plan: Plan, harness: &[u32], round: usize) -> Result<()> {
        let load = load::run(self.whole, &self.pids, harness, plan.warm_up, plan.full_load).await?;
        eprintln!(
            "round {round}, {}: {:.0} requests/s, {:.1} µs CPU",
            self.name.as_str(),
            load.per_second,
            load.cpu_us
        );
        self.sent += load.sent;
        self.figures.per_second.push(load.per_second);
        self.figures.harness_cpu_us.push(load.harness_cpu_us);
        if !self.pids.is_empty() {
            self.figures.full_load_cpu_us.push(load.cpu_us);
        }
        Ok(())
    }

    async fn pace(&mut self, plan: Plan, round: usize) -> Result<()> {
        let paced = open_loop::run(self.whole, &self.pids, plan.warm_up, plan.paced).await?;
        let (name, p50_us, p99_us) = (self.name.as_str(), paced.p50_us, paced.p99_us);
        eprintln!(
            "round {round}, {name}: p50 {p50_us:.0} µs, p99 {p99_us:.0} µs, {:.1} µs CPU",
            paced.cpu_us
        );
        self.sent += paced.sent;
        self.figures.p50_us.push(p50_us);
        self.figures.p99_us.push(p99_us);
        if !self.pids.is_empty() {
            self.figures.paced_cpu_us.push(paced.cpu_us);
        }
        Ok(())
    }

    async fn stream(&mut self, round: usize) -> Result<()> {
        let streamed = streams::run(self.streamed, &self.pids).await?;
        let (name, p50_ms, p99_ms) =
            (self.name.as_str(), streamed.first_chunk_p50_ms, streamed.first_chunk_p99_ms);
        eprintln!(
            "round {round}, {name}: first chunk p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, {} lost",
            streamed.chunks_lost
        );
        self.sent += streamed.sent;
        self.figures.first_chunk_p50_ms.push(p50_ms);
        self.figures.first_chunk_p99_ms.push(p99_ms);
        self.figures.streams_s.push(streamed.total.as_secs_f64());
        self.figures.chunks_lost.push(f64::from(streamed.chunks_lost));
        if !self.pids.is_empty() {
            self.figures.chunk_cpu_us.push(streamed.cpu_us);
        }
        Ok(())
    }
}

/// Forwards in odd rounds, backwards in even ones, so that no route always goes first.
fn in_turn(routes: &mut [Route], round: usize) -> Vec<&mut Route> {
    let mut routes: Vec<_> = routes.iter_mut().collect();
    if round.is_multiple_of(2) {
        routes.reverse();
    }
    routes
}
