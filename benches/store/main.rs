//! What a record costs, how fast figures are read, and how much memory that takes, on ten million
//! calls: `make bench-store`. `cargo bench --bench store -- [CALLS] [--database FILE]`: with fewer
//! calls, or on a file that is kept, and whose calls are not written anew. With `--served` only the
//! router is started on such a file, which tells how much memory it takes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench that cannot go on should say so and stop; it prints its figures"
)]

mod calls;
mod lists;
mod reading;
mod serving;
mod writing;

use std::path::{Path, PathBuf};

use llm_router::store::reader::Reader;
use llm_router::store::{Database, checkpoint, sums};

use calls::Kept;
use reading::Took;
use serving::{Router, Served};
use writing::{BUSY_US, Cost, QUIET_US, Writer};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls that are written at the busy rate, of each kind.
const LIVE_CALLS: u64 = 300_000;

/// Calls of an export.
const EXPORTED: i64 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let calls = arguments.iter().find_map(|text| text.parse().ok()).unwrap_or(10_000_000);
    let kept = arguments.iter().skip_while(|text| *text != "--database").nth(1);
    let folder = tempfile::tempdir().unwrap();
    let path = kept.map_or_else(|| folder.path().join("router.db"), PathBuf::from);
    println!("{}, {calls} calls", machine());
    match arguments.iter().any(|text| text == "--served") {
        true => serve(&path, jiff::Timestamp::now().as_microsecond()),
        false => measure(&path, calls),
    }
}

fn measure(path: &Path, calls: u64) {
    let is_new = !path.exists();
    let database = Database::at(&path.display().to_string());
    database.prepare().unwrap();
    let mut writer = Writer::open(&database, path.to_owned());
    let now = jiff::Timestamp::now().as_microsecond();
    println!(
        "{:<52}{:>9}{:>9}{:>9}{:>9}{:>8}",
        "µs of CPU a call", "packing", "writing", "all", "rows/s", "bytes"
    );
    if is_new {
        // The last ones have begun now.
        let start = now - i64::try_from(calls).unwrap() * QUIET_US;
        show_cost(
            "history: 1.3 calls a second",
            &writer.write(calls, (start, QUIET_US), Kept::Row),
        );
        println!(
            "{:<52}{:>44.1}",
            "bytes a call, with indexes and sums",
            writer.size() / calls as f64
        );
    }
    lists::measure(&database, &writer.log);
    let mut from = jiff::Timestamp::now().as_microsecond();
    for (what, kept) in [
        ("30,000 calls a second: the row alone", Kept::Row),
        ("with its trace, as without bodies", Kept::Trace),
        ("with its trace and 1 kB of bodies", Kept::Bodies),
    ] {
        let count = LIVE_CALLS.min(calls.max(1_000));
        show_cost(what, &writer.write(count, (from, BUSY_US), kept));
        from += i64::try_from(count).unwrap() * BUSY_US;
    }

    let reader = Reader::of(&database);
    let readings = reading::readings(now);
    let log = writer.log.clone();
    println!("\n{:<52}{:>9}{:>9}{:>9}{:>9}", "ms", "aim", "median", "slowest", "CPU");
    reading::measure(&reader, &log, &readings).iter().for_each(show_took);
    let (took, rate) = reading::measure_while_writing(&reader, &mut writer, &readings, from);
    println!("while {rate:.0} calls a second are written:");
    took.iter().for_each(show_took);
    sums::flush(&mut writer.connection, &writer.log).unwrap();
    drop(reader);
    checkpoint(&mut writer.connection).unwrap();
    drop(writer);
    serve(path, now);
}

fn serve(path: &Path, now_us: i64) {
    let router = Router::start(path);
    let time = |us: i64| jiff::Timestamp::from_microsecond(us).unwrap();
    let range =
        format!("start_time={}&end_time={}", time(now_us - EXPORTED * QUIET_US), time(now_us));
    println!("\n{:<52}{:>9}{:>9}{:>12}{:>10}", "over HTTP", "MiB peak", "s", "bytes", "lines");
    println!("{:<52}{:>9.1}", "resident at the start", router.resident_mib());
    let show = |what: &str, Served { bytes, lines, took, peak_mib }: Served| {
        println!("{what:<52}{peak_mib:>9.1}{:>9.2}{bytes:>12}{lines:>10}", took.as_secs_f64());
    };
    for path in [
        "/monitor/statistics?time_range=90d&compare=true",
        "/monitor/time-series?time_range=30d&granularity=hour",
        "/monitor/time-series/grouped?time_range=30d&granularity=hour&group_by=key",
        "/monitor/histogram?time_range=30d",
        "/monitor/invocations?limit=100",
    ] {
        show(path, router.get(path));
    }
    // What an export leaves behind would be in the peak of the next ones.
    for format in ["csv", "csv", "excel", "json", "csv"] {
        let what = format!("{EXPORTED} calls as {format}");
        show(&what, router.get(&format!("/monitor/export/{format}?{range}")));
    }
    println!("{:<52}{:>9.1}", "resident at the end", router.resident_mib());
}

fn show_cost(what: &str, cost: &Cost) {
    let Cost { packing_us, writing_us, rows_per_second, bytes } = cost;
    let all = packing_us + writing_us;
    println!(
        "{what:<52}{packing_us:>9.2}{writing_us:>9.2}{all:>9.2}{rows_per_second:>9.0}{bytes:>8.0}"
    );
}

fn show_took(took: &Took) {
    let Took { what, most_ms, median_ms, slowest_ms, cpu_ms } = took;
    println!("{what:<52}{most_ms:>9.0}{median_ms:>9.1}{slowest_ms:>9.1}{cpu_ms:>9.1}");
}

/// When and where.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let model = cpus.lines().find(|line| line.starts_with("model name"));
    let model =
        model.and_then(|line| line.split_once(": ")).map_or("unknown CPU", |(_, name)| name);
    let cores = std::thread::available_parallelism().unwrap();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap();
    let load = load.split(' ').next().unwrap().to_owned();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    format!("{now}, {model}, {cores} cores, load {load}")
}
