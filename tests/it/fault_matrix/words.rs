//! The end of a call in the words of each API, as it was seen, and the table of them in `docs/FAULTS.md`.

use std::fs::File;

use serde_json::Value;

use super::document;
use super::door::Door;
use super::fault::Fault;
use super::moment::Calls;
use super::rows::{ROWS, Row};
use crate::support::client::{BodyEnd, Head};

pub const HEADING: &str = "\n## By client\n";

const OPENING: &str = "
The same rows once more, alone, as the client of each API sees them: of an ordinary error the status and the API's own
word for it, of a stream what its last frame says. They are written down as they were seen over the sockets. \"-\": not
played there.

";

const DOORS: [(Door, &str); 7] = [
    (Door::Chat, "chat"),
    (Door::Completions, "completions"),
    (Door::Messages, "Messages"),
    (Door::Responses, "Responses"),
    (Door::Gemini, "Gemini"),
    (Door::Ollama, "Ollama"),
    (Door::Route, "`/route/invoke`"),
];

/// What came of a cell that was played alone.
pub struct Seen<'r> {
    pub row: &'r Row,
    pub door: Door,
    pub is_stream: bool,
    pub words: String,
}

/// Of a whole answer or an ordinary error.
pub fn of_whole(door: Door, head: &Head, body: &Value) -> String {
    let status = head.status;
    let word = match door {
        _ if status == 200 => return String::from("200"),
        Door::Gemini => &body["error"]["status"],
        // Its errors are a text.
        Door::Ollama => return status.to_string(),
        Door::Route => &body["code"],
        _ => &body["error"]["type"],
    };
    format!("{status} `{}`", word.as_str().unwrap_or_else(|| panic!("{door:?}: {body}")))
}

/// Of a stream's last frame.
pub fn of_stream(door: Door, body: &str, end: BodyEnd) -> String {
    let lines: Vec<&str> = body.lines().filter(|line| !line.is_empty()).collect();
    let last = lines.last().copied().unwrap_or_default();
    let data = last.strip_prefix("data: ").unwrap_or(last);
    let json: Value = serde_json::from_str(data).unwrap_or_default();
    let event = lines.iter().rev().find_map(|line| line.strip_prefix("event: "));
    let words = match (door, &json["error"]) {
        (Door::Responses, _) => {
            let code = json["response"]["error"]["code"].as_str();
            let code = code.map(|code| format!(", `{code}`")).unwrap_or_default();
            format!("`{}`{code}", event.unwrap_or_default())
        }
        (Door::Gemini, error) if error.is_object() => said("error", &error["status"]),
        (Door::Gemini, _) => said("", &json["candidates"][0]["finishReason"]),
        (Door::Ollama, error) if error.is_string() => String::from("error"),
        (Door::Ollama, _) => said("done", &json["done_reason"]),
        (Door::Route, error) if error.is_object() => said("error", &error["code"]),
        (Door::Route, _) => String::from("`is_final`"),
        (Door::Messages, error) if error.is_object() => said("`event: error`", &error["type"]),
        (Door::Messages, _) => format!("`event: {}`", event.unwrap_or_default()),
        (Door::Chat | Door::Completions, error) if error.is_object() => {
            said("error", &error["type"])
        }
        (Door::Chat | Door::Completions, _) => format!("`{data}`"),
    };
    if end == BodyEnd::Complete { words } else { format!("{words}, cut") }
}

fn said(what: &str, word: &Value) -> String {
    let word = word.as_str().map(|word| format!("`{word}`")).unwrap_or_default();
    [what, &word].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The lines of the table for what was seen, in the order of the rows.
fn lines(seen: &[Seen<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in ROWS.iter().filter(|row| is_shown(row)) {
        let of = |is_stream: bool| -> Vec<String> {
            let words = |(door, _): &(Door, &str)| {
                let is_it = |it: &&Seen<'_>| {
                    are_same(it.row, row) && it.door == *door && it.is_stream == is_stream
                };
                seen.iter().find(is_it).map_or_else(|| String::from("-"), |it| it.words.clone())
            };
            DOORS.iter().map(words).collect()
        };
        let kinds: Vec<_> = row.calls.are_streams().iter().map(|kind| (*kind, of(*kind))).collect();
        if kinds.iter().all(|(_, words)| words.iter().all(|word| word == "-")) {
            continue;
        }
        let are_alike = kinds.windows(2).all(|two| two[0].1 == two[1].1);
        for (is_stream, words) in kinds.iter().take(if are_alike { 1 } else { 2 }) {
            let call = match (are_alike, is_stream) {
                (true, _) => row.calls.shown(),
                (false, true) => "stream",
                (false, false) => "whole",
            };
            lines.push(format!("{} {call} | {} |", key(row), words.join(" | ")));
        }
    }
    lines
}

/// Nobody hears what is said to a client that has left.
fn is_shown(row: &Row) -> bool {
    !matches!(row.fault, Fault::Leaves(_))
}

fn are_same(one: &Row, other: &Row) -> bool {
    (one.fault, one.calls, one.moment) == (other.fault, other.calls, other.moment)
}

fn key(row: &Row) -> String {
    format!("| {}, {} |", row.fault.shown(), row.moment.shown())
}

/// Whether a line is one of this row's, which may have one for each kind of call.
fn is_of(line: &str, row: &Row) -> bool {
    let calls: &[&str] = match row.calls {
        Calls::Both => &["both", "whole", "stream"],
        _ => &[row.calls.shown()],
    };
    let key = key(row);
    calls.iter().any(|call| line.starts_with(&format!("{key} {call} |")))
}

/// Compares what was seen with the document, or writes it there. Answers the lines that differ.
pub fn check(rows: &[&Row], seen: &[Seen<'_>]) -> Vec<String> {
    let path = document::path();
    let found = lines(seen);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        // Another test may write other rows of it.
        let file = File::open(&path).unwrap();
        file.lock().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, updated(&text, rows, &found)).unwrap();
        return Vec::new();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, section, _) = split(&text);
    let is_of_these = |line: &&str| rows.iter().any(|row| is_of(line, row));
    let written: Vec<&str> = section.lines().filter(is_of_these).collect();
    let missing = found.iter().filter(|line| !written.contains(&line.as_str()));
    let gone = written.iter().filter(|line| !found.iter().any(|it| it == *line));
    missing
        .map(|line| format!("docs/FAULTS.md has not what was seen: {line}"))
        .chain(gone.map(|line| format!("docs/FAULTS.md has what was not seen: {line}")))
        .collect()
}

/// Before the section, the section, and after it.
fn split(text: &str) -> (&str, &str, &str) {
    let begin = text.find(HEADING).unwrap_or_else(|| text.find(document::AFTERWARDS).unwrap());
    let end = text.find(document::AFTERWARDS).unwrap();
    (&text[..begin], &text[begin..end], &text[end..])
}

fn updated(text: &str, rows: &[&Row], found: &[String]) -> String {
    let (before, section, after) = split(text);
    let mut out = format!("{before}{HEADING}{OPENING}| fault | call |");
    for (_, title) in DOORS {
        out.push_str(&format!(" {title} |"));
    }
    out.push_str(&format!("\n|---|---|{}\n", "---|".repeat(DOORS.len())));
    for row in ROWS {
        let is_played = rows.iter().any(|played| are_same(played, row));
        let written: Vec<&str> = match is_played {
            true => found.iter().map(String::as_str).collect(),
            false => section.lines().collect(),
        };
        for line in written.into_iter().filter(|line| is_of(line, row)) {
            if !out.lines().any(|known| known == line) {
                out.push_str(&format!("{line}\n"));
            }
        }
    }
    out + after
}
