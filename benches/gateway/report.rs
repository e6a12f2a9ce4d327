//! The table: medians of the rounds, and the median of the ratios that the rounds had.

use crate::figures::{Figures, median};
use crate::options::RouteName;

/// The figures of the routes that were measured.
pub struct Report<'a> {
    pub routes: &'a [(RouteName, Figures)],
    /// When and where.
    pub heading: String,
    /// Requests sent to the router and found in its table of invocations.
    pub recorded: Option<u64>,
}

impl Report<'_> {
    pub fn table(&self) -> String {
        let rows = [
            self.row("**64 connections, closed loop:** requests/s", 0, |f| f.per_second.clone()),
            self.row("CPU per request of the proxy, µs", 1, |f| f.full_load_cpu_us.clone()),
            self.row("requests per second of proxy CPU", 0, |f| {
                f.full_load_cpu_us.iter().map(|cpu_us| 1e6 / cpu_us).collect()
            }),
            self.row("CPU per request of load generator and upstream, µs", 1, |f| {
                f.harness_cpu_us.clone()
            }),
            self.row("**1,000 requests/s, open loop:** p50, µs", 0, |f| f.p50_us.clone()),
            self.row("p99, µs", 0, |f| f.p99_us.clone()),
            self.added_row("p50 added, µs", |f| &f.p50_us),
            self.added_row("p99 added, µs", |f| &f.p99_us),
            self.row("CPU per request of the proxy, µs", 1, |f| f.paced_cpu_us.clone()),
            self.row("**1,000 streams of 50 chunks:** first chunk p50, ms", 1, |f| {
                f.first_chunk_p50_ms.clone()
            }),
            self.row("first chunk p99, ms", 1, |f| f.first_chunk_p99_ms.clone()),
            self.row("until the last one ended, s", 2, |f| f.streams_s.clone()),
            self.row("CPU per chunk of the proxy, µs", 1, |f| f.chunk_cpu_us.clone()),
            self.row("chunks lost, all rounds", 0, |f| {
                f.chunks_lost.iter().copied().reduce(|a, b| a + b).into_iter().collect()
            }),
            self.row("**Resident memory:** idle, MiB", 1, |f| f.idle_mib.clone()),
            self.row("after the 64 connections, MiB", 1, |f| f.loaded_mib.clone()),
            self.row("after the streams, MiB", 1, |f| f.streamed_mib.clone()),
        ];
        let recorded = self.recorded.map_or_else(blank, |rows| format!("{rows} of {rows}"));
        format!(
            "{}\n\n| | direct | nginx | router | router/nginx |\n|---|---:|---:|---:|---:|\n{}\
             | **Requests recorded**, all rounds | – | – | {recorded} | – |\n",
            self.heading,
            rows.concat()
        )
    }

    fn row(&self, label: &str, decimals: usize, values: impl Fn(&Figures) -> Vec<f64>) -> String {
        let [direct, nginx, router] =
            RouteName::ALL.map(|name| self.figures(name).map(&values).unwrap_or_default());
        // Within a round the machine was the same for both; between rounds it may not have been.
        let ratios: Vec<_> =
            router.iter().zip(&nginx).map(|(router, nginx)| router / nginx).collect();
        let ratio = median(&ratios).filter(|ratio| ratio.is_finite());
        let cell = |value: Option<f64>, decimals| {
            value.map_or_else(blank, |value| format!("{value:.decimals$}"))
        };
        let [direct, nginx, router] =
            [direct, nginx, router].map(|values| cell(median(&values), decimals));
        format!("| {label} | {direct} | {nginx} | {router} | {} |\n", cell(ratio, 2))
    }

    /// What a proxy adds to the direct route's latency of the same round.
    fn added_row(&self, label: &str, latencies: impl Fn(&Figures) -> &Vec<f64>) -> String {
        let direct = self.figures(RouteName::Direct);
        self.row(label, 0, |figures| {
            let Some(direct) = direct.filter(|direct| !std::ptr::eq(*direct, figures)) else {
                return Vec::new();
            };
            latencies(figures)
                .iter()
                .zip(latencies(direct))
                .map(|(proxied, direct)| proxied - direct)
                .collect()
        })
    }

    fn figures(&self, name: RouteName) -> Option<&Figures> {
        self.routes.iter().find(|(other, _)| *other == name).map(|(_, figures)| figures)
    }
}

fn blank() -> String {
    "–".to_owned()
}
