//! Small calls and streams from every side: throughput, added latency, CPU, memory. Once with the proxy on one core,
//! once with all processes on all cores.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::exchange::{BURST, SMALL, STREAM};
use crate::open_loop::PER_SECOND;
use crate::options::Plan;
use crate::stand::{Route, Stand};
use crate::table::Table;

const PER_S: &str = "**64 connections, closed loop:** requests/s";
const CPU: &str = "CPU a request, µs";
const PER_CPU_S: &str = "requests per second of the proxy's CPU";
const WORKERS: &str = "of it the workers, µs";
const RECORDS: &str = "of it the threads that record, µs";
const HARNESS: &str = "CPU a request of load generator and upstream, µs";
const P50: &str = "**2,000 requests/s, open loop:** p50, µs";
const P99: &str = "p99, µs";
const P50_ADDED: &str = "p50 added, µs";
const P99_ADDED: &str = "p99 added, µs";
const PACED_CPU: &str = "CPU a request at 2,000/s, µs";
const FIRST_P50: &str = "**1,000 streams begin within a second:** first chunk p50, µs";
const FIRST_P99: &str = "first chunk p99, µs";
const FIRST_P50_ADDED: &str = "first chunk p50 added, µs";
const FIRST_P99_ADDED: &str = "first chunk p99 added, µs";
const CHUNK_CPU: &str = "CPU a chunk, µs";
const BURST_P50: &str = "**1,000 streams begin at once:** first chunk p50, ms";
const BURST_P99: &str = "first chunk p99 of these, ms";
const BURST_S: &str = "until the last one ended, s";
const BURST_CPU: &str = "CPU a chunk in that crowd, µs";
const IDLE: &str = "**Resident memory:** idle, MiB";
const LOADED: &str = "after the 64 connections, MiB";
const STREAMED: &str = "after the streams, MiB";

pub async fn measure(stand: &mut Stand, plan: Plan) -> Result<Table> {
    let mut table = table();
    sleep(Duration::from_secs(1)).await;
    weigh(stand, &mut table, IDLE)?;
    for round in 1..=plan.rounds {
        for route in stand.in_turn(round) {
            load_fully(route, plan, round, &mut table).await?;
        }
    }
    weigh(stand, &mut table, LOADED)?;
    for round in 1..=plan.rounds {
        for route in stand.in_turn(round) {
            pace(route, plan, round, &mut table).await?;
        }
    }
    for round in 1..=plan.rounds {
        for route in stand.in_turn(round) {
            stream(route, plan, round, &mut table).await?;
        }
    }
    for round in 1..=plan.rounds {
        for route in stand.in_turn(round) {
            burst(route, plan, round, &mut table).await?;
        }
    }
    weigh(stand, &mut table, STREAMED)?;
    Ok(table)
}

fn table() -> Table {
    let mut table = Table::new();
    table.row(PER_S, 0);
    table.row(CPU, 1);
    table.row(WORKERS, 1);
    table.row(RECORDS, 1);
    table.row(PER_CPU_S, 0);
    table.row(HARNESS, 1);
    table.row(P50, 0);
    table.row(P99, 0);
    table.added_row(P50_ADDED, P50);
    table.added_row(P99_ADDED, P99);
    table.row(PACED_CPU, 1);
    table.row(FIRST_P50, 0);
    table.row(FIRST_P99, 0);
    table.added_row(FIRST_P50_ADDED, FIRST_P50);
    table.added_row(FIRST_P99_ADDED, FIRST_P99);
    table.row(CHUNK_CPU, 1);
    table.row(BURST_P50, 1);
    table.row(BURST_P99, 1);
    table.row(BURST_S, 2);
    table.row(BURST_CPU, 1);
    table.row(IDLE, 1);
    table.row(LOADED, 1);
    table.row(STREAMED, 1);
    table
}

async fn load_fully(route: &mut Route, plan: Plan, round: usize, table: &mut Table) -> Result<()> {
    let load = route.load_fully(&SMALL, plan).await?;
    let name = route.name;
    let (per_second, cpu_us) = (load.per_second, load.cpu_us);
    eprintln!("round {round}, {}: {per_second:.0} requests/s, {cpu_us:.1} µs CPU", name.as_str());
    table.note(PER_S, name, per_second);
    table.note(HARNESS, name, load.harness_cpu_us);
    if route.is_proxy() {
        table.note(CPU, name, cpu_us);
        table.note(PER_CPU_S, name, 1e6 / cpu_us);
    }
    if route.is_router() {
        table.note(WORKERS, name, load.shares.workers_us);
        table.note(RECORDS, name, load.shares.records_us);
    }
    Ok(())
}

async fn pace(route: &mut Route, plan: Plan, round: usize, table: &mut Table) -> Result<()> {
    let paced = route.pace(&SMALL, plan).await?;
    let name = route.name;
    eprintln!(
        "round {round}, {}, {PER_SECOND}/s: p50 {:.0} µs, p99 {:.0} µs, {:.1} µs CPU",
        name.as_str(),
        paced.p50_us,
        paced.p99_us,
        paced.cpu_us
    );
    table.note(P50, name, paced.p50_us);
    table.note(P99, name, paced.p99_us);
    if route.is_proxy() {
        table.note(PACED_CPU, name, paced.cpu_us);
    }
    Ok(())
}

async fn stream(route: &mut Route, plan: Plan, round: usize, table: &mut Table) -> Result<()> {
    let streamed = route.stream(&STREAM, plan.streams, plan.spread).await?;
    let (name, p50_us, p99_us) =
        (route.name, streamed.first_chunk_p50_us, streamed.first_chunk_p99_us);
    eprintln!(
        "round {round}, {}: first chunk p50 {p50_us:.0} µs, p99 {p99_us:.0} µs",
        name.as_str()
    );
    table.note(FIRST_P50, name, p50_us);
    table.note(FIRST_P99, name, p99_us);
    if route.is_proxy() {
        table.note(CHUNK_CPU, name, streamed.cpu_us);
    }
    Ok(())
}

async fn burst(route: &mut Route, plan: Plan, round: usize, table: &mut Table) -> Result<()> {
    let streamed = route.stream(&BURST, plan.streams, Duration::ZERO).await?;
    let (p50_ms, p99_ms) = (streamed.first_chunk_p50_us / 1e3, streamed.first_chunk_p99_us / 1e3);
    let name = route.name;
    eprintln!(
        "round {round}, {}, at once: first chunk p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms",
        name.as_str()
    );
    table.note(BURST_P50, name, p50_ms);
    table.note(BURST_P99, name, p99_ms);
    table.note(BURST_S, name, streamed.total.as_secs_f64());
    if route.is_proxy() {
        table.note(BURST_CPU, name, streamed.cpu_us);
    }
    Ok(())
}

/// Notes the resident memory of every proxy.
fn weigh(stand: &Stand, table: &mut Table, label: &str) -> Result<()> {
    for route in stand.routes.iter().filter(|route| route.is_proxy()) {
        table.note(label, route.name, route.weigh_mib()?);
    }
    Ok(())
}
