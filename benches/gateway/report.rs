//! The table, and its place in the README.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::figures::{Figures, median};
use crate::options::RouteName;

const BEGIN: &str = "<!-- table:begin -->";
const END: &str = "<!-- table:end -->";
const FRAME: &str = include_str!("README.frame.md");

/// The figures of the routes that were measured.
pub struct Report<'a> {
    pub routes: &'a [(RouteName, Figures)],
    /// When and where.
    pub machine: String,
    /// Requests sent to the router and found in its table of invocations.
    pub recorded: Option<u64>,
}

impl Report<'_> {
    pub fn table(&self) -> String {
        let mut table = format!("{}\n\n", self.machine);
        table.push_str("| | direct | nginx | router | router/nginx |\n|---|---:|---:|---:|---:|\n");
        self.row(&mut table, "**64 connections, closed loop:** requests per second", 0, |f| median(&f.per_second));
        self.row(&mut table, "CPU per request of the proxy, µs", 1, |f| proxy(median(&f.full_load_cpu_us)));
        self.row(&mut table, "requests per second of proxy CPU", 0, |f| {
            proxy(median(&f.full_load_cpu_us)).map(|cpu_us| 1e6 / cpu_us)
        });
        self.row(&mut table, "CPU per request of load generator and upstream, µs", 1, |f| median(&f.harness_cpu_us));
        let direct = self.figures(RouteName::Direct);
        let (direct_p50, direct_p99) =
            (direct.and_then(|f| median(&f.p50_us)), direct.and_then(|f| median(&f.p99_us)));
        self.row(&mut table, "**1,000 requests/s, open loop:** p50, µs", 0, |f| median(&f.p50_us));
        self.row(&mut table, "p99, µs", 0, |f| median(&f.p99_us));
        self.row(&mut table, "p50 added, µs", 0, |f| added(median(&f.p50_us), direct_p50));
        self.row(&mut table, "p99 added, µs", 0, |f| added(median(&f.p99_us), direct_p99));
        self.row(&mut table, "CPU per request of the proxy, µs", 1, |f| proxy(median(&f.paced_cpu_us)));
        self.row(&mut table, "**1,000 streams of 50 chunks:** first chunk p50, ms", 1, |f| median(&f.first_chunk_p50_ms));
        self.row(&mut table, "first chunk p99, ms", 1, |f| median(&f.first_chunk_p99_ms));
        self.row(&mut table, "until the last one ended, s", 2, |f| median(&f.streams_s));
        self.row(&mut table, "CPU per chunk of the proxy, µs", 1, |f| proxy(median(&f.chunk_cpu_us)));
        self.row(&mut table, "chunks lost", 0, |f| Some(f64::from(f.chunks_lost)));
        self.row(&mut table, "**Resident memory:** idle, MiB", 1, |f| f.idle_mib);
        self.row(&mut table, "after the 64 connections, MiB", 1, |f| f.loaded_mib);
        self.row(&mut table, "after the streams, MiB", 1, |f| f.streamed_mib);
        let recorded = self.recorded.map_or_else(blank, |rows| format!("{rows} of {rows}"));
        table.push_str(&format!("| **Requests recorded** | – | – | {recorded} | – |\n"));
        table
    }

    fn figures(&self, name: RouteName) -> Option<&Figures> {
        self.routes.iter().find(|(other, _)| *other == name).map(|(_, figures)| figures)
    }

    fn row(&self, table: &mut String, label: &str, decimals: usize, value: impl Fn(&Figures) -> Option<f64>) {
        let value_of = |name| self.figures(name).and_then(&value);
        let [direct, nginx, router] = RouteName::ALL.map(|name| {
            value_of(name).map_or_else(blank, |value| format!("{value:.decimals$}"))
        });
        let ratio = match (value_of(RouteName::Router), value_of(RouteName::Nginx)) {
            (Some(router), Some(nginx)) if nginx > 0.0 => format!("{:.2}", router / nginx),
            _ => blank(),
        };
        table.push_str(&format!("| {label} | {direct} | {nginx} | {router} | {ratio} |\n"));
    }
}

fn blank() -> String {
    "–".to_owned()
}

/// On the direct route there is no proxy whose CPU could be measured.
fn proxy(cpu_us: Option<f64>) -> Option<f64> {
    cpu_us.filter(|cpu_us| *cpu_us > 0.0)
}

fn added(latency_us: Option<f64>, direct_us: Option<f64>) -> Option<f64> {
    // The direct route itself adds nothing, which is not a measurement.
    Some(latency_us? - direct_us?).filter(|added| *added != 0.0)
}

/// Puts the table between its markers in the README at `path` and leaves the rest, which people write, alone.
pub fn write_readme(path: &Path, table: &str) -> Result<()> {
    let old = if path.exists() { std::fs::read_to_string(path)? } else { FRAME.to_owned() };
    let markers = || format!("`{}` has no `{BEGIN}` … `{END}`", path.display());
    let (before, rest) = old.split_once(BEGIN).with_context(markers)?;
    let (_, after) = rest.split_once(END).with_context(markers)?;
    let mut new = String::new();
    write!(new, "{before}{BEGIN}\n{table}{END}{after}")?;
    std::fs::write(path, new).with_context(|| format!("`{}` was not written", path.display()))
}
