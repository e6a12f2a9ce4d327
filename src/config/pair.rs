//! `[[routing.pairs]]`: a strong and a weak model, and how the choice between them is made.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::reader::TableReader;

/// The target of `pair:NAME`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub name: String,
    /// A model, `tag:…` or an alias; the same for `weak`.
    pub strong: String,
    pub weak: String,
    /// A prompt with this score or more goes to the strong model, 0 to 1.
    pub threshold: f64,
    pub analyzer: Option<Analyzer>,
}

/// A model that scores prompts in place of the built-in rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Analyzer {
    pub model: String,
    pub deadline: Duration,
    /// The side that serves when the analyzer gives no verdict.
    pub fallback: Side,
}

/// A side of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Strong,
    Weak,
}

impl Side {
    pub fn other(self) -> Self {
        match self {
            Self::Strong => Self::Weak,
            Self::Weak => Self::Strong,
        }
    }
}

impl Pair {
    /// The model, or expression, of a side.
    pub fn target(&self, side: Side) -> &str {
        match side {
            Side::Strong => &self.strong,
            Side::Weak => &self.weak,
        }
    }
}

pub(super) fn read_pairs(routing: &TableReader<'_>) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for table in routing.tables("pairs") {
        let at = table.at;
        let Some(pair) = read_pair(table) else { continue };
        if pairs.iter().any(|known| known.name == pair.name) {
            routing.error(at, format!("pair `{}` is defined twice", pair.name));
            continue;
        }
        pairs.push(pair);
    }
    pairs
}

fn read_pair(table: TableReader<'_>) -> Option<Pair> {
    let name = table.required_string("name");
    let strong = read_side(&table, "strong");
    let weak = read_side(&table, "weak");
    let threshold = table.f64("threshold", 0.0, 1.0).unwrap_or(0.5);
    let analyzer = read_analyzer(&table);
    table.finish();
    Some(Pair { name: name?.value, strong: strong?, weak: weak?, threshold, analyzer })
}

/// A pair of pairs would judge the same prompt twice.
fn read_side(table: &TableReader<'_>, key: &'static str) -> Option<String> {
    let written = table.required_string(key)?;
    if written.value.starts_with("pair:") {
        table.error(written.at, format!("`{key}` must not be a pair itself"));
        return None;
    }
    Some(written.value)
}

fn read_analyzer(table: &TableReader<'_>) -> Option<Analyzer> {
    let seconds = table.f64("analyzer_timeout", 0.001, 60.0).unwrap_or(2.0);
    let fallback = table.located_string("analyzer_fallback").map(|written| {
        match written.value.as_str() {
            "weak" => return Side::Weak,
            "strong" => {}
            other => table.error(
                written.at,
                format!("`analyzer_fallback` must be \"strong\" or \"weak\", not `{other}`"),
            ),
        }
        Side::Strong
    });
    if !table.has("analyzer_model") {
        for key in ["analyzer_timeout", "analyzer_fallback"] {
            if table.has(key) {
                table.warning(table.at, format!("`{key}` has no effect without `analyzer_model`"));
            }
        }
    }
    Some(Analyzer {
        model: read_side_if_there(table, "analyzer_model")?,
        deadline: Duration::from_secs_f64(seconds),
        fallback: fallback.unwrap_or(Side::Strong),
    })
}

fn read_side_if_there(table: &TableReader<'_>, key: &'static str) -> Option<String> {
    if table.has(key) { read_side(table, key) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::file::read;
    use super::super::problems::tests::problems_of;
    use super::*;

    const PAIR: &str = "[[routing.pairs]]\nname = \"p\"\nstrong = \"a/s\"\nweak = \"tag:cheap\"\n";

    #[test]
    fn a_pair_is_read_with_its_analyzer() {
        let text = format!(
            "{PAIR}analyzer_model = \"a/w\"\nanalyzer_timeout = 0.5\nanalyzer_fallback = \"weak\"\n"
        );
        let (file, warnings) = read(&text).unwrap();
        assert_eq!(warnings, []);
        let analyzer = Analyzer {
            model: String::from("a/w"),
            deadline: Duration::from_millis(500),
            fallback: Side::Weak,
        };
        assert_eq!(file.routing.pairs[0].analyzer, Some(analyzer));
        assert_eq!(file.routing.pairs[0].target(Side::Weak), "tag:cheap");
    }

    #[test]
    fn a_problem_of_a_pair_is_reported_with_its_place() {
        insta::assert_snapshot!(
            problems_of("[[routing.pairs]]\nname = \"p\"\nstrong = \"pair:q\"\nanalyzer_timeout = 1\n"),
            @r"
        1:1: error: [routing.pairs] `weak` is missing
        1:1: warning: [routing.pairs] `analyzer_timeout` has no effect without `analyzer_model`
        3:10: error: [routing.pairs] `strong` must not be a pair itself
        "
        );
        insta::assert_snapshot!(
            problems_of(&format!("{PAIR}{PAIR}")),
            @"5:1: error: [routing] pair `p` is defined twice"
        );
    }
}
