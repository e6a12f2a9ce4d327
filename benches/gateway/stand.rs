//! The processes of a group of measurements: the upstream, what stands before it, and the routes through it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::affinity::Cores;
use crate::cpu;
use crate::exchange::Exchange;
use crate::load::{FullLoad, Load};
use crate::nginx::Nginx;
use crate::open_loop::{self, Paced};
use crate::options::{Options, Plan, RouteName};
use crate::router::{Bodies, Router};
use crate::streams::{self, Streamed};
use crate::upstream::Upstream;

/// Fields drop in order: the upstream last.
pub struct Stand {
    pub routes: Vec<Route>,
    routers: Vec<(RouteName, Router)>,
    nginx: Option<Nginx>,
    /// Keeps the upstream alive.
    _upstream: Upstream,
}

impl Stand {
    /// Starts the upstream and what the wanted routes need, each proxy with `workers` workers.
    pub async fn start(options: &Options, cores: &Cores, workers: usize) -> Result<Self> {
        cores.enter()?;
        let upstream = Upstream::start(cores.harness_threads(), options.plan.chunk_gap)?;
        let harness = Harness {
            pids: [std::process::id(), upstream.process.id()],
            threads: cores.harness_threads(),
        };
        let (at, mut routes) = (upstream.address, Vec::new());
        let (mut routers, mut nginx) = (Vec::new(), None);
        for name in &options.routes {
            let (whole, streamed, pids) = match name {
                RouteName::Direct => (at, at, Vec::new()),
                RouteName::Nginx => {
                    let nginx = nginx.insert(Nginx::start(at, workers, cores).await?);
                    (nginx.whole, nginx.streamed, nginx.pids()?)
                }
                RouteName::Router | RouteName::NoBodies => {
                    let program = options
                        .router
                        .as_ref()
                        .context("which router? name it with `--router PATH`")?;
                    let bodies = Bodies(*name == RouteName::Router);
                    let router = Router::start(program, at, workers, bodies, cores).await?;
                    let (address, pid) = (router.address, router.id());
                    routers.push((*name, router));
                    (address, address, vec![pid])
                }
            };
            routes.push(Route { name: *name, whole, streamed, pids, harness, sent: 0 });
        }
        Ok(Self { routes, routers, nginx, _upstream: upstream })
    }

    /// Forwards in odd rounds, backwards in even ones, so that no route always goes first.
    pub fn in_turn(&mut self, round: usize) -> Vec<&mut Route> {
        let mut routes: Vec<_> = self.routes.iter_mut().collect();
        if round.is_multiple_of(2) {
            routes.reverse();
        }
        routes
    }

    /// Checks the routers' records, then ends all processes; how many requests were sent to routers, each recorded.
    pub async fn stop(mut self) -> Result<u64> {
        let mut recorded = 0;
        for (name, router) in std::mem::take(&mut self.routers) {
            let route = self.routes.iter().find(|route| route.name == name);
            let sent = route.map_or(0, |route| route.sent);
            router
                .expect_invocations(sent)
                .await
                .with_context(|| format!("the router's log: {}", router.log()))?;
            router.stop()?;
            recorded += sent;
        }
        if let Some(nginx) = self.nginx.take() {
            nginx.stop()?;
        }
        Ok(recorded)
    }

    /// What the routers wrote last, for an error message.
    pub fn router_log(&self) -> String {
        self.routers.iter().map(|(_, router)| router.log()).collect::<Vec<_>>().join("\n")
    }
}

/// Load generator and upstream.
#[derive(Clone, Copy)]
struct Harness {
    pids: [u32; 2],
    threads: usize,
}

pub struct Route {
    pub name: RouteName,
    whole: SocketAddr,
    streamed: SocketAddr,
    /// Of the proxy; none on the direct route.
    pids: Vec<u32>,
    harness: Harness,
    /// Every request so far.
    sent: u64,
}

impl Route {
    pub fn is_proxy(&self) -> bool {
        !self.pids.is_empty()
    }

    pub fn is_router(&self) -> bool {
        matches!(self.name, RouteName::Router | RouteName::NoBodies)
    }

    pub async fn load_fully(&mut self, exchange: &Exchange, plan: Plan) -> Result<FullLoad> {
        let load = Load {
            address: self.whole,
            request: &exchange.request(self.name),
            pids: &self.pids,
            harness_pids: &self.harness.pids,
            threads: self.harness.threads,
            warm_up: plan.warm_up,
            duration: plan.full_load,
        };
        let load = load.run().await.with_context(|| self.name.as_str())?;
        self.sent += load.sent;
        Ok(load)
    }

    pub async fn pace(&mut self, exchange: &Exchange, plan: Plan) -> Result<Paced> {
        let request = exchange.request(self.name);
        let paced =
            open_loop::run(self.whole, &request, &self.pids, plan.warm_up, plan.paced).await;
        let paced = paced.with_context(|| self.name.as_str())?;
        self.sent += paced.sent;
        Ok(paced)
    }

    pub async fn stream(
        &mut self,
        exchange: &Exchange,
        count: u32,
        spread: Duration,
    ) -> Result<Streamed> {
        let request = exchange.request(self.name);
        let streamed = streams::run(self.streamed, &request, &self.pids, count, spread).await;
        let streamed = streamed.with_context(|| self.name.as_str())?;
        self.sent += streamed.sent;
        Ok(streamed)
    }

    /// Resident memory of the proxy.
    pub fn weigh_mib(&self) -> Result<f64> {
        cpu::resident_mib(&self.pids)
    }
}
