//! The value of one line: quotes, escapes, comments and substitutions.

use super::super::variable;
use super::{Line, begins_variable};

const OPEN_QUOTE: &str = "ignored: its quote is not closed";
const AFTER_QUOTE: &str = "ignored: there is text after the closing quote; quote the whole value";
const NUL: &str = "ignored: it contains a NUL, which no variable can";
const BACKSLASH: &str = "ignored: it ends with a backslash; only a quoted value may continue on the \
next line, and a value that ends with a backslash needs single quotes";
const OPEN_REFERENCE: &str =
    "ignored: its `${` starts no valid `${NAME}`; nothing is substituted within single quotes";
const UNSET: &str = "ignored: it refers to a `${NAME}` that is not set";

/// The value, and the number of following lines that belong to it.
pub fn read_value(
    text: &str,
    following: &[Line],
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<(String, usize), &'static str> {
    let Some(quote @ ('"' | '\'')) = text.trim_start().chars().next() else {
        let value = unquoted(text);
        if value.ends_with('\\') {
            return Err(BACKSLASH);
        }
        return Ok((expand(value, false, lookup)?, 0));
    };
    let mut quoted = text.trim_start().get(1..).unwrap_or_default().to_owned();
    let mut further_lines = 0;
    let end = loop {
        if let Some(end) = closing(&quoted, quote) {
            break end;
        }
        match following.get(further_lines) {
            Some(line) if !begins_variable(&line.text) => {
                quoted.push('\n');
                quoted.push_str(&line.text);
                further_lines += 1;
            }
            _ => return Err(OPEN_QUOTE),
        }
    };
    let (inside, behind) = quoted.split_at(end);
    let behind = behind.get(1..).unwrap_or_default();
    let is_comment = behind.starts_with([' ', '\t']) && behind.trim_start().starts_with('#');
    if !behind.trim().is_empty() && !is_comment {
        return Err(AFTER_QUOTE);
    }
    let value = match quote {
        '\'' if inside.contains('\0') => return Err(NUL),
        '\'' => inside.to_owned(),
        _ => expand(inside, true, lookup)?,
    };
    Ok((value, further_lines))
}

/// The text up to a comment, which begins with a `#` after a space.
pub fn unquoted(text: &str) -> &str {
    let mut before = None;
    for (at, c) in text.char_indices() {
        if c == '#' && before.is_some_and(char::is_whitespace) {
            return text.get(..at).unwrap_or_default().trim();
        }
        before = Some(c);
    }
    text.trim()
}

/// The index of the closing quote.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote == '"' => is_escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Substitutes `${NAME}`, `${NAME:-default}`, and `$NAME` if it is set; the result is not expanded
/// again. A backslash escapes within double quotes; outside of quotes it escapes `$` only.
fn expand(
    text: &str,
    is_quoted: bool,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<String, &'static str> {
    if text.contains('\0') {
        return Err(NUL);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        let behind = special.get(1..).unwrap_or_default();
        rest = behind;
        if special.starts_with('\\') {
            let Some(c) = behind.chars().next() else {
                out.push('\\');
                break;
            };
            rest = behind.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '$' => out.push('$'),
                'n' if is_quoted => out.push('\n'),
                'r' if is_quoted => out.push('\r'),
                't' if is_quoted => out.push('\t'),
                '\\' | '"' | '\'' | '`' if is_quoted => out.push(c),
                '\n' => {}
                _ => {
                    // Not an escape: a Windows path, for example.
                    out.push('\\');
                    rest = behind;
                }
            }
        } else if let Some(block) = behind.strip_prefix('{') {
            let (inside, after) = block.split_once('}').ok_or(OPEN_REFERENCE)?;
            let (name, otherwise) = variable::block(inside).ok_or(OPEN_REFERENCE)?;
            let set = lookup(name).filter(|value| !value.is_empty() || otherwise.is_none());
            out.push_str(&set.or_else(|| otherwise.map(str::to_owned)).ok_or(UNSET)?);
            rest = after;
        } else {
            let name = name_at_start(behind);
            match lookup(name).filter(|_| !name.is_empty()) {
                Some(value) => {
                    out.push_str(&value);
                    rest = behind.get(name.len()..).unwrap_or_default();
                }
                None => out.push('$'),
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The longest prefix that is a variable's name.
fn name_at_start(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if name.starts_with(|c: char| c.is_ascii_digit()) { "" } else { name }
}
