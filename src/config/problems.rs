//! The problems of a `router.toml`: all at once, each with line and column.

use utoipa::ToSchema;

use std::cell::RefCell;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file is rejected.
    Error,
    /// The file is accepted, but may not mean what its author intended.
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[schema(as = ConfigProblem)]
pub struct Problem {
    pub severity: Severity,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
    /// The key in question, as `providers.settings.timeout`, where there is one.
    #[serde(skip)]
    pub field: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(out, "{}:{}: {severity}: {}", self.line, self.column, self.message)
    }
}

/// Collects problems while a file is read.
pub struct Problems<'a> {
    text: &'a str,
    found: RefCell<Vec<Problem>>,
}

impl<'a> Problems<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { text, found: RefCell::default() }
    }

    pub fn error(&self, at: usize, message: impl Into<String>) {
        self.push(Severity::Error, at, message.into(), None);
    }

    pub fn warning(&self, at: usize, message: impl Into<String>) {
        self.push(Severity::Warning, at, message.into(), None);
    }

    pub fn push(&self, severity: Severity, at: usize, message: String, field: Option<String>) {
        let (line, column) = line_and_column(self.text, at);
        self.found.borrow_mut().push(Problem { severity, line, column, message, field });
    }

    pub fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// In the order of the file.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|problem| (problem.line, problem.column));
        found
    }
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.chars().count() - before.get(..line_start).map_or(0, |s| s.chars().count()) + 1)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The problems of a file, one a line.
    pub fn problems_of(text: &str) -> String {
        let problems = match crate::config::read(text) {
            Ok((_, warnings)) => warnings,
            Err(problems) => problems,
        };
        problems.iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        assert_eq!(line_and_column("a\nüb = 1", 0), (1, 1));
        assert_eq!(line_and_column("a\nüb = 1", "a\nü".len()), (2, 2));
        assert_eq!(line_and_column("a", 99), (1, 2));
    }
}
