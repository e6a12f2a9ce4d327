//! What a table of calls shows of each: the columns of CSV and spreadsheets.

use crate::domain::money::NanoUsd;
use crate::domain::times::as_millis;
use crate::store::invocations::{FLAG_ESTIMATED, FLAG_PARTIAL, InvocationRow};

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    /// Microseconds since 1970.
    Time(i64),
}

type Column = (&'static str, fn(&InvocationRow) -> Cell);

/// The first twelve are those that other programs know; their order stays.
#[rustfmt::skip]
pub const COLUMNS: &[Column] = &[
    ("ID", |row| Cell::Whole(row.call.id)),
    ("Model", |row| text(row.target.as_ref().map(|target| &target.model_name))),
    ("Provider", |row| text(row.target.as_ref().map(|target| &target.provider_name))),
    ("Status", |row| text(Some(row.status()))),
    ("Started At", |row| Cell::Time(row.call.started_at_us)),
    ("Completed At", |row| {
        Cell::Time(row.call.started_at_us.saturating_add(row.call.duration_us))
    }),
    ("Duration (ms)", |row| millis(Some(row.call.duration_us))),
    ("Prompt Tokens", |row| whole(row.call.prompt_tokens)),
    ("Completion Tokens", |row| whole(row.call.completion_tokens)),
    ("Total Tokens", |row| whole(row.call.total_tokens)),
    ("Cost (USD)", |row| {
        let cost = row.call.cost_nano_usd.map(|nano| NanoUsd(nano).as_dollars());
        cost.map_or(Cell::Empty, Cell::Number)
    }),
    ("Error", error),
    ("Error Code", |row| text(row.error_code.as_ref())),
    ("HTTP Status", |row| Cell::Whole(row.call.http_status.into())),
    ("Request ID", |row| text(Some(row.request_id()))),
    ("Endpoint", |row| text(Some(&row.endpoint))),
    ("Requested", |row| text(Some(row.requested()))),
    ("Tags", |row| {
        let tags = row.target.as_ref().map(|target| target.tags.trim_matches(','));
        text(tags.filter(|tags| !tags.is_empty()))
    }),
    ("API Key", |row| text(row.api_key.as_ref())),
    ("API Key ID", |row| whole(row.call.api_key_id)),
    ("Model ID", |row| whole(row.target.as_ref().map(|target| target.model_id))),
    ("Provider ID", |row| whole(row.target.as_ref().map(|target| target.provider_id))),
    ("Stream", |row| Cell::Flag(row.is_stream())),
    ("Finish Reason", |row| text(row.call.finish_reason.as_ref())),
    ("Attempts", |row| Cell::Whole(row.call.attempts.into())),
    ("Cached Tokens", |row| whole(row.call.cached_tokens)),
    ("Cache Write Tokens", |row| whole(row.call.cache_write_tokens)),
    ("Reasoning Tokens", |row| whole(row.call.reasoning_tokens)),
    ("Usage Estimated", |row| Cell::Flag(row.call.flags & FLAG_ESTIMATED != 0)),
    ("Usage Partial", |row| Cell::Flag(row.call.flags & FLAG_PARTIAL != 0)),
    ("Price Source", |row| text(row.price.as_ref().map(|price| &price.source))),
    ("First Token (ms)", |row| millis(row.call.ttft_us)),
    ("Router (ms)", |row| millis(row.call.router_us)),
    ("Wait (ms)", |row| millis(row.call.wait_us)),
    ("Prompt", |row| text(row.texts.as_ref().and_then(|texts| texts.prompt.as_ref()))),
    ("Answer", |row| text(row.texts.as_ref().and_then(|texts| texts.answer.as_ref()))),
    ("Session ID", |row| text(row.session_id())),
];

/// A program that opens the table takes a text for a formula if it begins like one, and formulas
/// can call other programs or send data away. An apostrophe keeps it a text.
pub fn defused(text: String) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{text}")
        }
        _ => text,
    }
}

fn error(row: &InvocationRow) -> Cell {
    let message = row.texts.as_ref().and_then(|texts| texts.error_message.as_ref());
    text(message.or(row.error_code.as_ref()))
}

fn text(text: Option<impl AsRef<str>>) -> Cell {
    text.map_or(Cell::Empty, |text| Cell::Text(text.as_ref().to_owned()))
}

fn whole(number: Option<impl Into<i64>>) -> Cell {
    number.map_or(Cell::Empty, |number| Cell::Whole(number.into()))
}

fn millis(microseconds: Option<i64>) -> Cell {
    microseconds.map_or(Cell::Empty, |us| Cell::Number(as_millis(us)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_a_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(defused(text.to_owned()), format!("'{text}"));
        }
        for text in ["", "a=1", "1", "'=1", " =1", "你好"] {
            assert_eq!(defused(text.to_owned()), text);
        }
    }
}
