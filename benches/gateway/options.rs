//! Command-line options, and how long each measurement takes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub const USAGE: &str = "\
usage: cargo bench --bench gateway -- [--quick] [--only GROUP] [--routes LIST] [--router PATH] [--readme PATH]
  --quick         short durations, to check the bench itself; writes no README
  --only GROUP    only this group of measurements: one-core, all-cores, bodies or scaling
  --routes LIST   only these of direct, nginx, router, no-bodies; a README is written only when all of them ran
  --router PATH   the router to measure, instead of the one cargo built for this bench
  --readme PATH   write the tables of the groups that ran there (default: benches/README.md)";

/// The way a request takes to the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteName {
    Direct,
    Nginx,
    Router,
    /// A router that keeps no bodies of its calls.
    NoBodies,
}

impl RouteName {
    pub const ALL: [Self; 4] = [Self::Direct, Self::Nginx, Self::Router, Self::NoBodies];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::Router => "router",
            Self::NoBodies => "no-bodies",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|name| name.as_str() == text)
            .with_context(|| format!("unknown route `{text}`\n{USAGE}"))
    }
}

/// Measurements that give one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    OneCore,
    AllCores,
    Bodies,
    Scaling,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::OneCore, Self::AllCores, Self::Bodies, Self::Scaling];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneCore => "one-core",
            Self::AllCores => "all-cores",
            Self::Bodies => "bodies",
            Self::Scaling => "scaling",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|group| group.as_str() == text)
            .with_context(|| format!("unknown group `{text}`\n{USAGE}"))
    }
}

/// Durations and repetitions of one run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Each measurement is repeated this often, the routes in alternating order; the median counts. Many short rounds
    /// rather than few long ones: a machine that others share changes its speed from one ten seconds to the next.
    pub rounds: usize,
    /// Of the many kinds of bodies.
    pub body_rounds: usize,
    pub warm_up: Duration,
    /// Closed loop, per route and round.
    pub full_load: Duration,
    /// Open loop, per route and round.
    pub paced: Duration,
    pub streams: u32,
    /// Within which the streams begin that do not begin at once.
    pub spread: Duration,
    /// Between two chunks of these.
    pub chunk_gap: Duration,
}

const FULL: Plan = Plan {
    rounds: 5,
    body_rounds: 3,
    warm_up: Duration::from_millis(1000),
    full_load: Duration::from_secs(3),
    paced: Duration::from_secs(4),
    streams: 1000,
    spread: Duration::from_secs(1),
    chunk_gap: Duration::from_millis(50),
};

const QUICK: Plan = Plan {
    rounds: 1,
    body_rounds: 1,
    warm_up: Duration::from_millis(200),
    full_load: Duration::from_millis(600),
    paced: Duration::from_millis(1000),
    streams: 200,
    spread: Duration::from_millis(200),
    chunk_gap: Duration::from_millis(10),
};

pub struct Options {
    pub plan: Plan,
    pub groups: Vec<Group>,
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
        let mut groups = Group::ALL.to_vec();
        let mut routes = RouteName::ALL.to_vec();
        let mut router = option_env!("CARGO_BIN_EXE_llm-router").map(PathBuf::from);
        let mut readme = None;
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().with_context(|| format!("`{argument}` needs a value\n{USAGE}"));
            match argument.as_str() {
                "--bench" => {}
                "--quick" => (plan, is_quick) = (QUICK, true),
                "--only" => groups = vec![Group::parse(&value()?)?],
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
        Ok(Self { plan, groups, routes, router, readme })
    }
}
