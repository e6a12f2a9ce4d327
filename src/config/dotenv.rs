//! Reads a `.env` line by line, so that a bad line affects no other. A problem is reported with its
//! line and variable, never with the value.
//!
//! Not dotenvy: version 0.15 stops at the first line that it cannot parse, and its error contains
//! the line.

mod value;

use std::fmt;

use value::{read_value, unquoted};

/// The content of a `.env`.
#[derive(Debug, Default)]
pub struct Dotenv {
    /// In the order of the file, each name once.
    pub variables: Vec<(String, String)>,
    pub problems: Vec<DotenvProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotenvProblem {
    /// From 1.
    pub line: usize,
    /// The line's variable, if its name can be read.
    pub variable: Option<String>,
    pub reason: &'static str,
    /// Whether the ignored line may control access to the router.
    pub may_concern_access: bool,
}

impl fmt::Display for DotenvProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, variable, reason, .. } = self;
        match variable {
            Some(name) => write!(out, "{line}: {name}: {reason}"),
            None => write!(out, "{line}: {reason}"),
        }
    }
}

const SEVERAL: &str = "ignored: another variable is on the same line";
const NO_ASSIGNMENT: &str = "ignored: this is not NAME=VALUE";
const TWICE: &str = "is set twice in the file; this line counts";
const LATIN_1: &str = "is not UTF-8; read as Latin-1";

/// `env` is the environment, which takes precedence over the file.
pub fn read(bytes: &[u8], env: &dyn Fn(&str) -> Option<String>) -> Dotenv {
    let lines = lines(bytes);
    let mut found = Dotenv::default();
    let mut rest = lines.as_slice();
    while let Some((line, following)) = rest.split_first() {
        rest = following;
        let number = lines.len() - following.len();
        let text = line.text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let Some((name, value)) = assignment(text) else {
            // A shell's `export NAME` without a value.
            let exported = text.strip_prefix("export ").map(str::trim);
            if exported.is_none_or(|name| env(name).is_none() && found.get(name).is_none()) {
                found.problem(number, None, NO_ASSIGNMENT, may_hold_access(text));
            }
            continue;
        };
        let is_access = name.starts_with("LLM_ROUTER_") && env(name).is_none();
        if holds_router_variable(value) {
            found.problem(number, Some(name), SEVERAL, true);
            continue;
        }
        match read_value(value, following, |name| env(name).or_else(|| found.get(name))) {
            Ok((value, further_lines)) => {
                rest = following.get(further_lines..).unwrap_or_default();
                if !line.is_utf8 {
                    found.problem(number, Some(name), LATIN_1, false);
                }
                found.set(number, name, value);
            }
            Err(reason) => found.problem(number, Some(name), reason, is_access),
        }
    }
    found
}

/// The line that sets a variable to this value.
pub fn line(name: &str, value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/+=@".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return format!("{name}={value}\n");
    }
    if !value.contains(['\'', '\n', '\r']) {
        return format!("{name}='{value}'\n");
    }
    let mut line = format!("{name}=\"");
    for c in value.chars() {
        match c {
            '\\' | '"' | '$' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            c => line.push(c),
        }
    }
    line + "\"\n"
}

impl Dotenv {
    fn get(&self, name: &str) -> Option<String> {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    }

    fn set(&mut self, line: usize, name: &str, value: String) {
        let count = self.variables.len();
        self.variables.retain(|(known, _)| known != name);
        if self.variables.len() < count {
            self.problem(line, Some(name), TWICE, false);
        }
        self.variables.push((name.to_owned(), value));
    }

    fn problem(&mut self, line: usize, name: Option<&str>, reason: &'static str, access: bool) {
        let variable = name.map(str::to_owned);
        self.problems.push(DotenvProblem { line, variable, reason, may_concern_access: access });
    }
}

struct Line {
    text: String,
    is_utf8: bool,
}

/// Splits at the line ends of every system. UTF-8; UTF-16 if a byte order mark says so; Latin-1
/// for lines that are not UTF-8.
fn lines(bytes: &[u8]) -> Vec<Line> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2);
        let units: Vec<u16> = pairs.filter_map(|pair| pair.try_into().ok().map(unit)).collect();
        String::from_utf16_lossy(&units).into_bytes()
    };
    let bytes = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        bytes => bytes.to_vec(),
    };
    let decode = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Line { text: text.to_owned(), is_utf8: true },
        Err(_) => Line { text: bytes.iter().copied().map(char::from).collect(), is_utf8: false },
    };
    let whole = bytes.split(|byte| *byte == b'\n');
    let whole = whole.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    whole.flat_map(|line| line.split(|byte| *byte == b'\r')).map(decode).collect()
}

/// The name, and the text after the `=`.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let exported = text.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let (name, value) = exported.unwrap_or(text).split_once('=')?;
    let name = name.trim();
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let is_name = !name.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && !name.is_empty()
        && name.chars().all(is_name_char);
    is_name.then_some((name, value))
}

/// Whether a line without a readable name may be about one of the router's own variables.
fn may_hold_access(text: &str) -> bool {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_uppercase();
    ["LLMROUTER", "REQUIREAUTH", "ALLOWLOCAL"].iter().any(|word| letters.contains(word))
}

/// `A=1 LLM_ROUTER_REQUIRE_AUTH=true` sets two variables in a shell; the second must not be lost.
fn holds_router_variable(value: &str) -> bool {
    let is_quoted = value.trim_start().starts_with(['"', '\'']);
    let mut words = unquoted(value).split_whitespace().skip(usize::from(!value.starts_with(' ')));
    !is_quoted && words.any(|word| word.starts_with("LLM_ROUTER_") && word.contains('='))
}

/// Whether a line within quotes is probably the next variable after an unclosed quote. The last
/// line of a certificate ends with `=`, but has no `_`.
fn begins_variable(line: &str) -> bool {
    assignment(line).is_some_and(|(name, value)| {
        let is_padding = value.trim_end().bytes().all(|byte| byte == b'=');
        name.contains('_') || !is_padding || line.trim_start().starts_with("export")
    })
}

#[cfg(test)]
mod tests;
