//! How fast figures are read, alone and while calls are written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use llm_router::report::{
    Division, Granularity, GroupBy, Metric, Period, Question, buckets, grouped, histogram, series,
    statistics,
};
use llm_router::store::call_log::CallLog;
use llm_router::store::invocations::Filter;
use llm_router::store::reader::Reader;
use llm_router::store::{Connection, StoreError};

use crate::writing::{Writer, cpu_ns};

const DAY_US: i64 = 86_400_000_000;

/// As over REST.
const TIME_LIMIT: Duration = Duration::from_millis(150);

/// Each reading this often.
const TIMES: usize = 9;

type Read = Box<dyn Fn(&mut Connection, &CallLog) -> Result<(), StoreError>>;

pub struct Reading {
    what: &'static str,
    most_ms: f64,
    read: Read,
}

pub struct Took {
    pub what: &'static str,
    pub most_ms: f64,
    pub median_ms: f64,
    pub slowest_ms: f64,
    /// CPU time, median.
    pub cpu_ms: f64,
}

pub fn readings(now_us: i64) -> Vec<Reading> {
    let of = |filter: &Filter| question(filter, now_us, 90);
    let (all, model) = (Filter::default(), Filter { model_id: Some(1), ..Filter::default() });
    let key = Filter { api_key_id: Some(1), ..Filter::default() };
    let both = Filter { model_id: Some(1), ..key.clone() };
    let tag = Filter { tag: Some(String::from("tag-1")), ..Filter::default() };
    let with_days = |filter: &Filter, days: i64, granularity: Granularity| {
        let question = question(filter, now_us, days);
        let buckets = buckets(Some(granularity), question.period, &TimeZone::UTC).unwrap();
        let zone_name = String::from("UTC");
        (question, Division { buckets, zone: TimeZone::UTC, zone_name })
    };
    let mut readings = Vec::new();
    let mut add = |what, most_ms, read: Read| readings.push(Reading { what, most_ms, read });
    let totals = |question: Question, compare: bool| -> Read {
        Box::new(move |connection, log| {
            statistics(connection, log, &question, (10, compare)).map(drop)
        })
    };
    add("statistics, 90 days", 100.0, totals(of(&all), false));
    add("the same, with the 90 days before", 100.0, totals(of(&all), true));
    add("45 days, with the 45 before", 100.0, totals(question(&all, now_us, 45), true));
    add("of a model", 100.0, totals(of(&model), true));
    add("of a key", 100.0, totals(of(&key), true));
    add("of a key and a model", 100.0, totals(of(&both), true));
    add("of a tag", 100.0, totals(of(&tag), true));
    let (hours, by_hour) = with_days(&all, 30, Granularity::Hour);
    let (question, division) = (hours.clone(), by_hour.clone());
    add(
        "hourly series, 30 days",
        50.0,
        Box::new(move |connection, log| series(connection, log, &question, &division).map(drop)),
    );
    for (what, by) in [
        ("by model", GroupBy::Model),
        ("by key", GroupBy::Key),
        ("by tag", GroupBy::Tag),
        ("by error", GroupBy::Error),
    ] {
        let (question, division) = (hours.clone(), by_hour.clone());
        let read: Read = Box::new(move |connection, log| {
            grouped(connection, log, &question, &division, (by, 8)).map(drop)
        });
        add(what, 50.0, read);
    }
    for (what, metric) in
        [("histogram of durations", Metric::Duration), ("of first tokens", Metric::Ttft)]
    {
        let (question, division) = (hours.clone(), by_hour.clone());
        let read: Read = Box::new(move |connection, log| {
            histogram(connection, log, &question, &division, metric).map(drop)
        });
        add(what, 50.0, read);
    }
    readings
}

fn question(filter: &Filter, now_us: i64, days: i64) -> Question {
    let start_us = now_us - days * DAY_US;
    let period = Period { start_us, end_us: now_us, until_us: now_us, now_us };
    Question { filter: filter.clone(), period, time_limit: Some(TIME_LIMIT) }
}

pub fn measure(reader: &Reader, log: &CallLog, readings: &[Reading]) -> Vec<Took> {
    let took = |reading: &Reading| {
        let (mut times, mut cpu): (Vec<f64>, Vec<f64>) = (0..TIMES)
            .map(|_| {
                let (begun, cpu_before) = (Instant::now(), cpu_ns());
                reader.read(|connection| (reading.read)(connection, log)).unwrap();
                (begun.elapsed().as_secs_f64() * 1e3, (cpu_ns() - cpu_before) as f64 / 1e6)
            })
            .unzip();
        times.sort_by(f64::total_cmp);
        cpu.sort_by(f64::total_cmp);
        let Reading { what, most_ms, .. } = *reading;
        let (median_ms, slowest_ms) = (times[TIMES / 2], times[TIMES - 1]);
        Took { what, most_ms, median_ms, slowest_ms, cpu_ms: cpu[TIMES / 2] }
    };
    readings.iter().map(took).collect()
}

/// The same, while a thread writes as fast as it can; with the calls that it wrote in a second.
pub fn measure_while_writing(
    reader: &Reader,
    writer: &mut Writer,
    readings: &[Reading],
    from_us: i64,
) -> (Vec<Took>, f64) {
    let (log, is_over) = (writer.log.clone(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let written = scope.spawn(|| {
            llm_router::store::priority::lower();
            let begun = Instant::now();
            let written = writer.write_until(from_us, || is_over.load(Ordering::Relaxed));
            written as f64 / begun.elapsed().as_secs_f64()
        });
        let took = measure(reader, &log, readings);
        is_over.store(true, Ordering::Relaxed);
        (took, written.join().unwrap())
    })
}
