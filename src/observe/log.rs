//! The log's format and level. `RUST_LOG` takes precedence over `LLM_ROUTER_LOG_LEVEL`.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, Log, Metadata, Record};

use crate::config::settings::process_env;

/// actix logs its own starts and stops; the router's lines say more.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// actix-server 2.10 tries to accept twice a second for as long as it cannot, with a line each time.
const REPEATED: &str = "actix_server::accept";

/// Of such lines one is written in this time.
const REPEAT_EVERY: Duration = Duration::from_secs(60);

/// Starts logging to standard error, once for the process.
pub fn start() {
    let set = process_env("RUST_LOG").or_else(|| process_env("LLM_ROUTER_LOG_LEVEL"));
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(set.as_deref().unwrap_or(DEFAULT_FILTER));
    match is_journal() {
        true => builder.format(for_journal),
        false => builder.format_target(false),
    };
    let lines = builder.build();
    let level = lines.filter();
    let logger = Logger { lines, begun: Instant::now(), next: AtomicU64::new(0) };
    // A second start, as in tests, keeps the first logger.
    if log::set_boxed_logger(Box::new(logger)).is_ok() {
        log::set_max_level(level);
    }
}

/// actix-http logs each body that ends with an error as an error of its own, also one that is meant to,
/// to cut a stream.
fn is_intended(record: &Record<'_>) -> bool {
    record.target().starts_with("actix_http")
        && record.level() == Level::Error
        && record.args().to_string().contains("CutAfterFailure")
}

struct Logger {
    lines: env_logger::Logger,
    begun: Instant,
    /// From when on, in seconds since it began, a repeated line is written again.
    next: AtomicU64,
}

impl Logger {
    fn is_repetition(&self, record: &Record<'_>) -> bool {
        let now = self.begun.elapsed().as_secs();
        record.target() == REPEATED
            && self
                .next
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                    (now >= next).then(|| now + REPEAT_EVERY.as_secs())
                })
                .is_err()
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.lines.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.lines.matches(record) && !self.is_repetition(record) && !is_intended(record) {
            self.lines.log(record);
        }
    }

    fn flush(&self) {
        self.lines.flush();
    }
}

/// Whether standard error leads into systemd's journal, which `JOURNAL_STREAM` names by its device
/// and inode.
fn is_journal() -> bool {
    let named = std::env::var("JOURNAL_STREAM").ok();
    let stat = rustix::fs::fstat(io::stderr()).ok();
    let of_stderr = stat.map(|stat| format!("{}:{}", stat.st_dev, stat.st_ino));
    named.is_some() && named == of_stderr
}

/// The journal has times of its own, and reads the level from `<4>` before a line.
fn for_journal(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut text = record.args().to_string();
    // Writing to a string does not fail.
    let _ = record.key_values().visit(&mut Pairs(&mut text));
    let priority = priority(record.level());
    for line in text.lines() {
        writeln!(out, "<{priority}>{line}")?;
    }
    Ok(())
}

/// The syslog levels: error, warning, informational, debug.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// Appends ` key=value`.
struct Pairs<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        write!(self.0, " {key}={value}").map_err(Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_comes_again_and_again_is_written_once() {
        let lines = env_logger::Builder::new().build();
        let logger = Logger { lines, begun: Instant::now(), next: AtomicU64::new(0) };
        let repeats = |target: &str| {
            logger.is_repetition(&Record::builder().target(target).args(format_args!("x")).build())
        };
        assert_eq!([(); 3].map(|()| repeats(REPEATED)), [false, true, true]);
        assert_eq!([(); 2].map(|()| repeats("llm_router")), [false, false]);
        logger.next.store(0, Ordering::Relaxed);
        assert!(!repeats(REPEATED), "after a while it is written again");
    }
}
