//! `[recording]`: what is kept of calls, and for how long.

use std::sync::Arc;

use serde_json::Value;

use super::byte_size;
use super::reader::{Located, TableReader};
use crate::domain::redaction::Redaction;
use crate::domain::retention::Retention;

#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    pub bodies: BodyRule,
    pub retention: Retention,
    pub redaction: Arc<Redaction>,
    /// How long responses are kept from which a later request may go on; `None`: not at all.
    pub responses_us: Option<i64>,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            bodies: BodyRule::default(),
            retention: Retention::default(),
            redaction: Arc::default(),
            responses_us: Some(RESPONSE_DAYS * DAY_US),
        }
    }
}

/// OpenAI's own service keeps them for a month; what is kept here is on the operator's disk.
const RESPONSE_DAYS: i64 = 7;

const DAY_US: i64 = 86_400_000_000;

/// How much of the bodies is kept with each call's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyRule {
    pub of: BodiesOf,
    /// The limit for each of the two bodies.
    pub max_bytes: usize,
}

/// The calls whose bodies are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodiesOf {
    All,
    /// Calls that failed, not those whose client left.
    Errors,
    None,
}

impl Default for BodyRule {
    fn default() -> Self {
        Self { of: BodiesOf::All, max_bytes: 64 * 1024 }
    }
}

impl BodyRule {
    /// The rule for calls of a key, which may say that none are kept.
    pub fn for_key(self, record_bodies: Option<bool>) -> Self {
        match record_bodies {
            Some(false) => Self { of: BodiesOf::None, ..self },
            Some(true) | None => self,
        }
    }

    /// Whether bodies of a call may be kept, whatever its end.
    pub fn keeps_any(self) -> bool {
        self.of != BodiesOf::None
    }
}

/// A hundred years.
const MAX_DAYS: u64 = 36_500;

/// A database of a few calls has this size already.
const MIN_SIZE: u64 = 16 * 1024 * 1024;

pub fn read(table: Option<TableReader<'_>>) -> Recording {
    let Some(table) = table else { return Recording::default() };
    let default = BodyRule::default();
    let calls_us = read_days(&table, "keep_days");
    let bodies_us = read_days(&table, "keep_bodies_days");
    if let (Some(calls), Some(bodies)) = (&calls_us, &bodies_us)
        && bodies.value > calls.value
    {
        let message = "`keep_bodies_days` is more than `keep_days`: bodies go with their calls";
        table.warning(bodies.at, message);
    }
    let recording = Recording {
        bodies: BodyRule {
            of: read_bodies(&table).unwrap_or(default.of),
            max_bytes: table
                .u64("max_body_bytes")
                .and_then(|max| usize::try_from(max).ok())
                .unwrap_or(default.max_bytes),
        },
        retention: Retention {
            calls_us: calls_us.map(|days| days.value),
            bodies_us: bodies_us.map(|days| days.value),
            max_bytes: read_size(&table),
        },
        redaction: Arc::new(read_redaction(&table)),
        responses_us: read_response_days(&table),
    };
    table.finish();
    recording
}

fn read_bodies(table: &TableReader<'_>) -> Option<BodiesOf> {
    let Located { value, at } = table.any("bodies")?;
    match value {
        Value::Bool(true) => Some(BodiesOf::All),
        Value::Bool(false) => Some(BodiesOf::None),
        Value::String(word) if word == "errors" => Some(BodiesOf::Errors),
        _ => {
            table.error(at, "`bodies` must be true, false or \"errors\"");
            None
        }
    }
}

/// As microseconds.
fn read_days(table: &TableReader<'_>, key: &'static str) -> Option<Located<i64>> {
    let Located { value, at } = table.any(key)?;
    let days = value.as_u64().filter(|days| (1..=MAX_DAYS).contains(days));
    let days = days.and_then(|days| i64::try_from(days).ok());
    if days.is_none() {
        let message = format!("`{key}` must be a whole number of days from 1 to {MAX_DAYS}");
        table.error(at, format!("{message}; without it nothing is deleted for its age"));
    }
    days.map(|days| Located { value: days * DAY_US, at })
}

/// As microseconds; 0 keeps none.
fn read_response_days(table: &TableReader<'_>) -> Option<i64> {
    let Some(Located { value, at }) = table.any("keep_responses_days") else {
        return Recording::default().responses_us;
    };
    let days = value.as_u64().filter(|days| *days <= MAX_DAYS);
    let days = days.and_then(|days| i64::try_from(days).ok());
    if days.is_none() {
        let message =
            format!("`keep_responses_days` must be a whole number of days from 0 to {MAX_DAYS}");
        table.error(at, message);
    }
    days.filter(|days| *days > 0).map(|days| days * DAY_US)
}

fn read_size(table: &TableReader<'_>) -> Option<u64> {
    let Located { value, at } = table.any("max_size")?;
    let bytes = byte_size::parse(&value);
    match bytes {
        None => {
            table.error(at, "`max_size` must be like \"10GB\", \"500MiB\" or 10000000000 bytes")
        }
        Some(bytes) if bytes < MIN_SIZE => {
            table.error(at, "`max_size` must be at least 16MiB: the database is more than calls");
        }
        Some(_) => return bytes,
    }
    None
}

fn read_redaction(table: &TableReader<'_>) -> Redaction {
    let mut redaction = Redaction::default();
    for (place, Located { value: pattern, at }) in
        table.located_strings("redact").iter().enumerate()
    {
        if let Err(reason) = redaction.add(pattern) {
            table.error(*at, format!("pattern {} of `redact` {reason}", place + 1));
        }
    }
    redaction
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::problems::tests::problems_of;

    fn recording(text: &str) -> Recording {
        let (file, warnings) = crate::config::read(text).unwrap();
        assert_eq!(warnings, []);
        file.recording
    }

    #[test]
    fn everything_is_read() {
        let found = recording(
            "[recording]\nbodies = \"errors\"\nmax_body_bytes = 10\nkeep_days = 90\n\
             keep_bodies_days = 7\nmax_size = \"10GB\"\nredact = ['sk-\\w+', '\\d{16}$']\n",
        );
        const DAY_US: i64 = 86_400_000_000;
        assert_eq!(found.bodies, BodyRule { of: BodiesOf::Errors, max_bytes: 10 });
        let Retention { calls_us, bodies_us, max_bytes } = found.retention;
        assert_eq!((calls_us, bodies_us), (Some(90 * DAY_US), Some(7 * DAY_US)));
        assert_eq!(max_bytes, Some(10_000_000_000));
        let text = found.redaction.redact_text("a sk-live");
        assert_eq!(text.as_deref(), Some("a [redacted]"));
        let other = recording("[recording]\nredact = ['sk-\\w+']\n");
        assert_ne!(other, found);
        assert_eq!(recording("[recording]\nbodies = true\n"), Recording::default());
    }

    #[test]
    fn every_problem_has_its_place() {
        let text = "[recording]\nbodies = \"some\"\nkeep_days = 0\nkeep_bodies_days = -1\n\
            max_size = \"1 page\"\nredact = [\n  'ok',\n  '(a',\n  '.*',\n  5,\n]\n";
        insta::assert_snapshot!(problems_of(text), @r#"
        2:10: error: [recording] `bodies` must be true, false or "errors"
        3:13: error: [recording] `keep_days` must be a whole number of days from 1 to 36500; without it nothing is deleted for its age
        4:20: error: [recording] `keep_bodies_days` must be a whole number of days from 1 to 36500; without it nothing is deleted for its age
        5:12: error: [recording] `max_size` must be like "10GB", "500MiB" or 10000000000 bytes
        8:3: error: [recording] pattern 2 of `redact` is no regular expression: unclosed group
        9:3: error: [recording] pattern 3 of `redact` matches the empty text
        10:3: error: [recording] `redact` must be a list of strings, not 5
        "#);
        let text = "[recording]\nkeep_days = 1e9\nkeep_bodies_days = 99999999999999999999\n\
            max_size = 4095\nredact = \"x\"\n";
        insta::assert_snapshot!(problems_of(text), @"
        2:13: error: [recording] `keep_days` must be a whole number of days from 1 to 36500; without it nothing is deleted for its age
        3:20: error: [recording] `keep_bodies_days` must be a whole number of days from 1 to 36500; without it nothing is deleted for its age
        4:12: error: [recording] `max_size` must be at least 16MiB: the database is more than calls
        5:10: error: [recording] `redact` must be a list of strings, not string
        ");
        let text = "[recording]\nkeep_days = 5\nkeep_bodies_days = 6\nmax_size = -1\n";
        insta::assert_snapshot!(problems_of(text), @r#"
        3:20: warning: [recording] `keep_bodies_days` is more than `keep_days`: bodies go with their calls
        4:12: error: [recording] `max_size` must be like "10GB", "500MiB" or 10000000000 bytes
        "#);
    }
}
