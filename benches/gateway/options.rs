//! Command-line options, and how long each measurement takes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub const USAGE: &str = "\
usage: cargo bench --bench gateway -- [--quick] [--routes direct,nginx,router] [--router PATH] [--readme PATH]
  --quick         short durations, to check the bench itself; writes no README
  --routes LIST   only these routes; a README is written only when all three ran
  --router PATH   the router to measure, instead of the one cargo built for this bench
  --readme PATH   write the table there (default: benches/README.md)";

/// The way a request takes to the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteName {
    Direct,
    Nginx,
    Router,
}

impl RouteName {
    pub const ALL: [Self; 3] = [Self::Direct, Self::Nginx, Self::Router];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::Router => "router",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|name| name.as_str() == text)
            .with_context(|| format!("unknown route `{text}`\n{USAGE}"))
    }
}

/// Durations and repetitions of one run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Each measurement is repeated this often, the routes in alternating order; the median counts. Many short rounds
    /// rather than few long ones: a machine that others share changes its speed from one ten seconds to the next.
    pub rounds: usize,
    pub warm_up: Duration,
    /// Closed loop, per route and round.
    pub full_load: Duration,
    /// Open loop, per route and round.
    pub paced: Duration,
}

const FULL: Plan = Plan {
    rounds: 5,
    warm_up: Duration::from_millis(1500),
    full_load: Duration::from_secs(5),
    paced: Duration::from_secs(6),
};

const QUICK: Plan = Plan {
    rounds: 1,
    warm_up: Duration::from_millis(500),
    full_load: Duration::from_secs(2),
    paced: Duration::from_secs(2),
};

pub struct Options {
    pub plan: Plan,
    pub routes: Vec<RouteName>,
    pub router: Option<PathBuf>,
    /// `None`: this run is not one to keep.
    pub readme: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments after the program's name. `--bench`, which cargo adds, says nothing.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = arguments;
        let mut plan = FULL;
        let mut is_quick = false;
        let mut routes = RouteName::ALL.to_vec();
        let mut router = option_env!("CARGO_BIN_EXE_llm-router").map(PathBuf::from);
        let mut readme = None;
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().with_context(|| format!("`{argument}` needs a value\n{USAGE}"));
            match argument.as_str() {
                "--bench" => {}
                "--quick" => (plan, is_quick) = (QUICK, true),
                "--routes" => {
                    routes = value()?.split(',').map(RouteName::parse).collect::<Result<_>>()?
                }
                "--router" => router = Some(PathBuf::from(value()?)),
                "--readme" => readme = Some(PathBuf::from(value()?)),
                _ => bail!("unknown argument `{argument}`\n{USAGE}"),
            }
        }
        let is_complete = RouteName::ALL.iter().all(|name| routes.contains(name));
        if readme.is_none() && is_complete && !is_quick {
            readme = Some(PathBuf::from("benches/README.md"));
        }
        Ok(Self { plan, routes, router, readme })
    }
}
