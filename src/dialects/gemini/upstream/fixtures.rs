//! Golden files of this dialect, in `tests/fixtures/gemini`. Set `UPDATE_FIXTURES` to write the
//! current output, and review the difference.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use crate::domain::chat::{Delta, Message, Part, PartContent};

pub fn read(name: &str) -> String {
    let path = path(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn check(name: &str, found: &str) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(path(name), found).unwrap();
    }
    assert_eq!(found, read(name), "{name}");
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gemini").join(name)
}

pub fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

/// One line each.
pub fn lines(deltas: &[Delta]) -> String {
    deltas.iter().map(|delta| format!("{delta:?}\n")).collect()
}

pub fn text(text: &str) -> Part {
    part(PartContent::Text(text.into()))
}

pub fn part(content: PartContent) -> Part {
    Part { content, cache_control: None }
}

pub fn user(said: &str) -> Message {
    Message::User { content: vec![text(said)] }
}

pub fn tool_result(call_id: &str, said: &str) -> Message {
    Message::Tool { call_id: call_id.into(), content: vec![text(said)], is_error: false }
}
