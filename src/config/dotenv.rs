//! Reads a `.env`, line by line, so that a bad line costs itself only. A problem is told by its
//! line and variable, never by its value.
//!
//! A reader of our own: dotenvy 0.15 ends at the first line that it does not understand, and its
//! error holds the line.

use std::fmt;

/// What a `.env` says.
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
    /// Where the line has one that can be read.
    pub variable: Option<String>,
    pub reason: &'static str,
    /// Whether what was not read may decide who may call.
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

const OPEN_QUOTE: &str = "not read: its quote is not closed";
const BEHIND_QUOTE: &str = "not read: there is text behind the closing quote; quote it as a whole";
const NUL: &str = "not read: it holds a NUL, which no variable can";
const BACKSLASH: &str = "not read: it ends with a backslash; a value goes on in the next line only \
    within quotes, and one that ends so stands in single quotes";
const OPEN_REFERENCE: &str =
    "not read: `${` begins no `${NAME}`; in single quotes nothing is substituted";
const UNSET: &str = "not read: it names a `${NAME}` that is not set";
const SEVERAL: &str = "not read: another variable stands in the same line";
const NO_ASSIGNMENT: &str = "not read: this is no NAME=VALUE";
const TWICE: &str = "is set twice in the file; this line counts";
const LATIN_1: &str = "is not UTF-8, and is read as Latin-1";

/// `env` is the environment without the file, which wins over it.
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
            // A shell's `export NAME`: it gives no value.
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

/// Line ends of every system; UTF-8, UTF-16 where its mark says so, and Latin-1 in lines that are
/// not UTF-8.
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

/// The name, and what stands behind the `=`.
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

/// Whether a line without a readable name may mean one of the router's own variables.
fn may_hold_access(text: &str) -> bool {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_uppercase();
    ["LLMROUTER", "REQUIREAUTH", "ALLOWLOCAL"].iter().any(|word| letters.contains(word))
}

/// `A=1 LLM_ROUTER_REQUIRE_AUTH=true` sets two variables in a shell, and must not lose one here.
fn holds_router_variable(value: &str) -> bool {
    let is_quoted = value.trim_start().starts_with(['"', '\'']);
    let mut words = unquoted(value).split_whitespace().skip(usize::from(!value.starts_with(' ')));
    !is_quoted && words.any(|word| word.starts_with("LLM_ROUTER_") && word.contains('='))
}

/// Whether a line within quotes is rather the next variable behind a quote that was left open.
/// The last line of a certificate ends with `=`, and has no `_`.
fn begins_variable(line: &str) -> bool {
    assignment(line).is_some_and(|(name, value)| {
        let is_padding = value.trim_end().bytes().all(|byte| byte == b'=');
        name.contains('_') || !is_padding || line.trim_start().starts_with("export")
    })
}

/// The value, and how many of the following lines belong to it.
fn read_value(
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
fn unquoted(text: &str) -> &str {
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
            let (name, otherwise) = match inside.split_once(":-") {
                Some((name, otherwise)) => (name, Some(otherwise)),
                None => (inside, None),
            };
            if name_at_start(name) != name || name.is_empty() {
                return Err(OPEN_REFERENCE);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        (name == "HOME").then(|| String::from("/home/me"))
    }

    /// The value of `A`, or the problems.
    fn value(line: &str) -> String {
        let found = read(line.as_bytes(), &env);
        found.get("A").unwrap_or_else(|| told(&found))
    }

    fn told(found: &Dotenv) -> String {
        found.problems.iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn values_are_what_a_user_of_dotenv_or_a_shell_expects() {
        for (line, expected) in [
            ("A=b", "b"),
            ("  export A = b ", "b"),
            ("export\tA=b", "b"),
            ("A=", ""),
            ("A= # empty", ""),
            ("A=sk-one, sk-two # two keys", "sk-one, sk-two"),
            ("A=a#b", "a#b"),
            ("A=\"a # b\" # c", "a # b"),
            ("A='a \\n $HOME ${HOME} \"'", "a \\n $HOME ${HOME} \""),
            ("A=\"a\\n\\t\\\"\\\\ \\$HOME \\d\"", "a\n\t\"\\ $HOME \\d"),
            ("A=$HOME/x ${HOME}/y", "/home/me/x /home/me/y"),
            ("A=\"${HOME}\"", "/home/me"),
            ("A=pa$$word$", "pa$$word$"),
            ("A=$2a$10$abc", "$2a$10$abc"),
            ("A=\\$HOME", "$HOME"),
            ("A=C:\\new\\table", "C:\\new\\table"),
            ("A=it's", "it's"),
            ("A={\"a\": 1}", "{\"a\": 1}"),
            ("A=a=b==", "a=b=="),
            ("A=${NONE:-fall back}", "fall back"),
            ("A=$(date) `date`", "$(date) `date`"),
            ("B='$HOME'\nA=${B}", "$HOME"),
            ("A=\"-----BEGIN\nAbc+/==\nAbc=\n-----END\"\n", "-----BEGIN\nAbc+/==\nAbc=\n-----END"),
            ("A='one\n\ntwo'", "one\n\ntwo"),
            ("A=\"a\\\nb\"", "ab"),
            ("A=schlüssel", "schlüssel"),
        ] {
            assert_eq!(value(line), expected, "{line}");
        }
    }

    #[test]
    fn the_file_may_come_from_any_system() {
        let utf16 = |unit: fn(u16) -> [u8; 2]| {
            let text = "\u{feff}A=ä\r\nB=2\r\n".encode_utf16();
            text.flat_map(unit).collect::<Vec<u8>>()
        };
        for bytes in [
            "\u{feff}A=ä\r\nB=2\r\n".as_bytes(),
            "A=ä\rB=2".as_bytes(),
            b"# sch\xfcssel\nA=\xe4\nB=2",
            &utf16(u16::to_le_bytes),
            &utf16(u16::to_be_bytes),
        ] {
            let found = read(bytes, &env);
            assert_eq!([found.get("A"), found.get("B")], ["ä", "2"].map(|it| Some(it.to_owned())));
        }
        insta::assert_snapshot!(told(&read(b"A=\xe4", &env)), @"1: A: is not UTF-8, and is read as Latin-1");
    }

    #[test]
    fn a_bad_line_costs_itself_only_and_its_value_is_not_told() {
        for bad in [
            "A=\"sk-SECRET",
            "A='sk-SECRET",
            "A=\"sk-SECRET\", \"sk-SECRET\"",
            "A=\"sk-SECRET\"x",
            "A=sk-SECRET\0x",
            "A='sk-SECRET\0x'",
            "A=\"sk-SECRET\0x\"",
            "A=sk-SECRET\\",
            "A=sk-SECRET${",
            "A=sk-SECRET${a b}",
            "A=sk-SECRET${NOT_SET}",
            "sk-SECRET",
            "sk-SECRET=x",
            "A SECRET=x",
            "A-SECRET=x",
            "1=SECRET",
            "=SECRET",
            "source SECRET",
            "A: SECRET",
            "export SECRET",
        ] {
            for next in ["B_KEY=two", "B=two", "export B_KEY=two"] {
                let text = format!("C=three\n{bad}\n{next}\nD=\"four\"\n");
                let found = read(text.as_bytes(), &env);
                let names: Vec<&str> = found.variables.iter().map(|(it, _)| it.as_str()).collect();
                let name = next.trim_start_matches("export ").trim_end_matches("=two");
                assert_eq!(names, ["C", name, "D"], "{bad}");
                assert_eq!(found.problems.len(), 1, "{bad}");
                assert!(told(&found).starts_with("2: "), "{bad}");
                assert!(!told(&found).contains("SECRET"), "{bad}");
                assert!(!found.problems[0].may_concern_access, "{bad}");
            }
        }
    }

    #[test]
    fn an_open_quote_swallows_no_other_variable() {
        let found = read(b"A=\"sk-one\nB_KEY=\"sk-two\"\nC=\"\nLLM_ROUTER_PORT=1\nD=\"\n", &env);
        assert_eq!(found.get("B_KEY").as_deref(), Some("sk-two"));
        assert_eq!(found.get("LLM_ROUTER_PORT").as_deref(), Some("1"));
        insta::assert_snapshot!(told(&found), @r"
        1: A: not read: its quote is not closed
        3: C: not read: its quote is not closed
        5: D: not read: its quote is not closed
        ");
    }

    #[test]
    fn what_may_concern_access_is_marked() {
        for (line, expected) in [
            ("LLM_ROUTER_REQUIRE_AUTH=\"true", true),
            ("LLM_ROUTER_API_KEYS=\"a\", \"b\"", true),
            ("LLM_ROUTER_API_KEYS sk-one", true),
            ("LLM-ROUTER-REQUIRE-AUTH=true", true),
            ("set LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH=false", true),
            ("require_auth: true", true),
            ("export LLM_ROUTER_API_KEYS", true),
            ("A=1 LLM_ROUTER_REQUIRE_AUTH=true", true),
            ("export LLM_ROUTER_REQUIRE_AUTH=true LLM_ROUTER_API_KEYS=sk-one", true),
            ("OPENAI_API_KEY=\"sk", false),
            ("hello world", false),
        ] {
            let problems = read(line.as_bytes(), &env).problems;
            assert_eq!(problems[0].may_concern_access, expected, "{line}");
        }
        let env = |name: &str| (name == "LLM_ROUTER_REQUIRE_AUTH").then(|| String::from("true"));
        let problems = read(b"LLM_ROUTER_REQUIRE_AUTH=\"true", &env).problems;
        assert!(!problems[0].may_concern_access, "the environment says it, and wins");
    }

    #[test]
    fn the_last_of_two_lines_counts_as_in_a_shell() {
        let found = read(b"A=1\nB=$A\nA=2\n", &env);
        assert_eq!((found.get("A"), found.get("B")), (Some("2".into()), Some("1".into())));
        insta::assert_snapshot!(told(&found), @"3: A: is set twice in the file; this line counts");
    }
}
