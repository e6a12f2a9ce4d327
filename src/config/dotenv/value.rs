//! The value of one line: quotes, escapes, comments, and what `$` stands for.

use super::super::variable;
use super::{Line, begins_variable};

const OPEN_QUOTE: &str = "not read: its quote is not closed";
const BEHIND_QUOTE: &str = "not read: there is text behind the closing quote; quote it as a whole";
const NUL: &str = "not read: it holds a NUL, which no variable can";
const BACKSLASH: &str = "not read: it ends with a backslash; a value goes on in the next line only \
    within quotes, and one that ends so stands in single quotes";
const OPEN_REFERENCE: &str =
    "not read: `${` begins no `${NAME}`; in single quotes nothing is substituted";
const UNSET: &str = "not read: it names a `${NAME}` that is not set";

/// The value, and how many of the following lines belong to it.
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
        return Err(BEHIND_QUOTE);
    }
    let value = match quote {
        '\'' if inside.contains('\0') => return Err(NUL),
        '\'' => inside.to_owned(),
        _ => expand(inside, true, lookup)?,
    };
    Ok((value, further_lines))
}

/// Up to a comment, which begins with a `#` behind a space.
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

/// Where the quote closes.
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

/// Puts in what `${NAME}`, `${NAME:-otherwise}` and a `$NAME` that is set stand for; what comes
/// of it is not looked at again. Within double quotes a backslash escapes, without it only a `$`.
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
                    // Nothing that is escaped: a folder of Windows, say.
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

/// As long as it is a variable's name.
fn name_at_start(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if name.starts_with(|c: char| c.is_ascii_digit()) { "" } else { name }
}
