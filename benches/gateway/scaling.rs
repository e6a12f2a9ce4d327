//! What a second worker gives, and a third, up to the machine's cores.
//!
//! Load generator and upstream share the cores with the proxy, so requests/s alone cannot double. What can is the number
//! of requests that the workers' CPU would do if each worker had a core of its own: it falls behind the number of workers
//! where one waits for another, spins, or takes its cache lines. The threads that record are counted apart.

use anyhow::Result;

use crate::affinity::Cores;
use crate::exchange::SMALL;
use crate::load::FullLoad;
use crate::options::{Options, RouteName};
use crate::stand::Stand;
use crate::table::{cell, median};

/// All rounds of one proxy with one number of workers.
struct Series {
    route: RouteName,
    workers: usize,
    per_second: Vec<f64>,
    /// Of nginx: all that it uses.
    workers_us: Vec<f64>,
    records_us: Vec<f64>,
    main_us: Vec<f64>,
}

impl Series {
    fn new(route: RouteName, workers: usize) -> Self {
        let (per_second, workers_us) = (Vec::new(), Vec::new());
        let (records_us, main_us) = (Vec::new(), Vec::new());
        Self { route, workers, per_second, workers_us, records_us, main_us }
    }

    fn note(&mut self, load: &FullLoad) {
        self.per_second.push(load.per_second);
        if self.route == RouteName::Nginx {
            self.workers_us.push(load.cpu_us);
        } else {
            self.workers_us.push(load.shares.workers_us);
            self.records_us.push(load.shares.records_us);
            self.main_us.push(load.shares.main_us);
        }
    }
}

/// The table, and how many requests the routers recorded.
pub async fn measure(options: &Options, cores: &Cores) -> Result<(String, u64)> {
    let counts = counts(cores.count_of_proxy());
    let mut all: Vec<_> = counts
        .iter()
        .flat_map(|workers| RouteName::ALL.map(|route| Series::new(route, *workers)))
        .collect();
    let mut recorded = 0;
    for round in 1..=options.plan.rounds {
        let mut in_turn = counts.clone();
        if round.is_multiple_of(2) {
            in_turn.reverse();
        }
        for workers in in_turn {
            let mut stand = Stand::start(options, cores, workers).await?;
            for route in stand.in_turn(round).into_iter().filter(|route| route.is_proxy()) {
                let load = route.load_fully(&SMALL, options.plan).await?;
                eprintln!(
                    "round {round}, {} with {workers}: {:.0} requests/s, {:.1} µs CPU",
                    route.name.as_str(),
                    load.per_second,
                    load.cpu_us
                );
                let of =
                    |series: &&mut Series| series.route == route.name && series.workers == workers;
                if let Some(series) = all.iter_mut().find(of) {
                    series.note(&load);
                }
            }
            recorded += stand.stop().await?;
        }
    }
    Ok((markdown(&all, &counts), recorded))
}

/// 1, 2, 4 … and all cores.
fn counts(cores: usize) -> Vec<usize> {
    let mut counts: Vec<_> = std::iter::successors(Some(1), |count| Some(count * 2))
        .take_while(|n| *n < cores)
        .collect();
    counts.push(cores);
    counts
}

fn markdown(all: &[Series], counts: &[usize]) -> String {
    let mut text = String::from("| workers |");
    for count in counts {
        text.push_str(&format!(" {count} |"));
    }
    text.push_str(&format!("\n|---|{}\n", "---:|".repeat(counts.len())));
    for (route, name) in [
        (RouteName::Nginx, "nginx"),
        (RouteName::Router, "router"),
        (RouteName::NoBodies, "router without bodies"),
    ] {
        if !all.iter().any(|series| series.route == route && !series.per_second.is_empty()) {
            continue;
        }
        let mut row = |label: &str, value: &dyn Fn(&Series) -> Option<f64>, decimals| {
            text.push_str(&format!("| {label} |"));
            for count in counts {
                let series = all.iter().find(|s| s.route == route && s.workers == *count);
                text.push_str(&format!(" {} |", cell(series.and_then(value), decimals)));
            }
            text.push('\n');
        };
        row(&format!("**{name}:** requests/s"), &|series| median(&series.per_second), 0);
        row("CPU a request of the workers, µs", &|series| median(&series.workers_us), 1);
        if route != RouteName::Nginx {
            row("of the threads that record, µs", &|series| median(&series.records_us), 1);
            row("of the first thread, µs", &|series| median(&series.main_us), 1);
        }
        row("requests/s if each worker had a core of its own", &capacity, 0);
        row("in multiples of one worker", &|series| times_one(all, series), 2);
    }
    text
}

fn capacity(series: &Series) -> Option<f64> {
    // Exact up to 2^53 workers.
    Some(series.workers as f64 * 1e6 / median(&series.workers_us)?)
}

/// The median of the rounds' ratios.
fn times_one(all: &[Series], series: &Series) -> Option<f64> {
    let one = all.iter().find(|one| one.route == series.route && one.workers == 1)?;
    let ratios: Vec<_> = one
        .workers_us
        .iter()
        .zip(&series.workers_us)
        .map(|(one, many)| series.workers as f64 * one / many)
        .collect();
    median(&ratios)
}
