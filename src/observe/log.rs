//! The log's format and level. `RUST_LOG` takes precedence over `LLM_ROUTER_LOG_LEVEL`.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, Record};

use crate::config::settings::process_env;

/// actix logs its own starts and stops; the router's lines say more.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// Starts logging to standard error, once for the process.
pub fn start() {
    let set = process_env("RUST_LOG").or_else(|| process_env("LLM_ROUTER_LOG_LEVEL"));
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(set.as_deref().unwrap_or(DEFAULT_FILTER));
    match is_journal() {
        true => builder.format(for_journal),
        false => builder.format_target(false),
    };
    // A second start, as in tests, keeps the first logger.
    let _ = builder.try_init();
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
