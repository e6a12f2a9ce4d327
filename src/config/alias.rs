//! `[routing.aliases]`: a name for another name, optionally with its own strategy and fallbacks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reader::{Entry, TableReader};
use super::strategy::read_strategy;
use crate::domain::strategy::Strategy;

/// The longest chain of aliases.
pub const MAX_STEPS: usize = 5;

/// All aliases: those of one name, and wildcards such as `claude-*`, which stand for every name with
/// that beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    exact: BTreeMap<String, Arc<Alias>>,
    /// Each with its beginning, the longest first.
    wildcards: Vec<(String, Arc<Alias>)>,
}

impl Aliases {
    pub fn new() -> Self {
        Self::default()
    }

    /// `name`: a wildcard where it ends with `*`.
    pub fn insert(&mut self, name: String, alias: Arc<Alias>) {
        let Some(beginning) = name.strip_suffix('*') else {
            self.exact.insert(name, alias);
            return;
        };
        let place = self.wildcards.partition_point(|(known, _)| known.len() > beginning.len());
        self.wildcards.insert(place, (beginning.to_owned(), alias));
    }

    /// The alias of exactly this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Alias>> {
        self.exact.get(name)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.exact.contains_key(name)
    }

    /// The wildcard with the longest beginning of this name.
    pub fn wildcard(&self, name: &str) -> Option<&Arc<Alias>> {
        let mut wildcards = self.wildcards.iter();
        wildcards.find(|(beginning, _)| name.starts_with(beginning)).map(|(_, alias)| alias)
    }

    /// The names that are not wildcards.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.exact.keys()
    }

    /// All, with their names; wildcards last.
    pub fn iter(&self) -> impl Iterator<Item = (String, &Arc<Alias>)> {
        let exact = self.exact.iter().map(|(name, alias)| (name.clone(), alias));
        let wildcards =
            self.wildcards.iter().map(|(beginning, alias)| (format!("{beginning}*"), alias));
        exact.chain(wildcards)
    }

    /// Whether the chain of aliases ends at something else than an alias. A wildcard stands for what
    /// a request names, and not for the target of another alias.
    fn has_end(&self, alias: &Alias) -> bool {
        let mut name = &alias.target;
        for _ in 1..MAX_STEPS {
            let Some(alias) = self.exact.get(name) else { return true };
            name = &alias.target;
        }
        !self.exact.contains_key(name)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alias {
    /// As it is configured: `quick`, `claude-*`.
    pub name: String,
    /// A model, `tag:…`, `pair:…`, `auto` or another alias.
    pub target: String,
    pub strategy: Option<Strategy>,
    pub fallbacks: Fallbacks,
}

/// Names or `tag:…` that replace a failed model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fallbacks {
    /// After a failure that another model may not share.
    pub usual: Vec<String>,
    /// When the prompt is too long.
    pub context: Vec<String>,
    /// When the provider's content policy forbids the request.
    pub content: Vec<String>,
}

/// `quick = "tag:fast"`, `"claude-*" = "tag:coding"`, or `quick = { target = "tag:fast", strategy = "sticky", … }`.
pub(super) fn read_aliases(table: Option<TableReader<'_>>) -> Aliases {
    let Some(table) = table else { return Aliases::new() };
    let mut aliases = Aliases::new();
    for (name, at, entry) in table.entries() {
        if name.strip_suffix('*').unwrap_or(&name).contains('*') {
            let problem = format!(
                "alias `{name}`: a wildcard is one `*` at the end of the name, such as `claude-*`"
            );
            table.error(at, problem);
            continue;
        }
        let alias = match entry {
            Entry::Text(target) => Alias { target, ..Alias::default() },
            Entry::Table(table) => match read_alias(table) {
                Some(alias) => alias,
                None => continue,
            },
        };
        aliases.insert(name.clone(), Arc::new(Alias { name, ..alias }));
    }
    for (name, _) in aliases.iter().filter(|(_, alias)| !aliases.has_end(alias)) {
        let problem = format!(
            "alias `{name}` leads to no model: it leads back to itself, or over more than \
             {MAX_STEPS} aliases"
        );
        table.warning(table.at, problem);
    }
    aliases
}

fn read_alias(table: TableReader<'_>) -> Option<Alias> {
    let target = table.required_string("target");
    let list = |key| table.strings(key).unwrap_or_default();
    let alias = Alias {
        name: String::new(),
        target: String::new(),
        strategy: read_strategy(&table),
        fallbacks: Fallbacks {
            usual: list("fallbacks"),
            context: list("context_fallbacks"),
            content: list("content_fallbacks"),
        },
    };
    table.finish();
    Some(Alias { target: target?.value, ..alias })
}

#[cfg(test)]
mod tests {
    use super::super::file::read;

    #[test]
    fn an_alias_that_leads_nowhere_is_reported() {
        let chain = |steps: usize| {
            let line = |step| format!("a{step} = \"a{}\"\n", step + 1);
            (1..=steps).map(line).collect::<String>()
        };
        for (lines, told) in [
            ("a = \"b\"\nb = \"tag:fast\"\n", vec![]),
            ("a = \"a\"\n", vec!["a"]),
            ("a = \"b\"\nb = \"c\"\nc = \"b\"\n", vec!["a", "b", "c"]),
            (chain(5).as_str(), vec![]),
            (chain(6).as_str(), vec!["a1"]),
            // The target of a wildcard is no further wildcard's.
            ("\"a-*\" = \"a-1\"\n\"*\" = \"b\"\nb = \"tag:fast\"\n", vec![]),
            ("\"a-*\" = \"b\"\nb = \"b\"\n", vec!["b", "a-*"]),
        ] {
            let (_, warnings) = read(&format!("[routing.aliases]\n{lines}")).unwrap();
            let shown: Vec<_> = warnings.iter().map(ToString::to_string).collect();
            assert_eq!(shown.len(), told.len(), "{lines}{shown:?}");
            for (warning, name) in shown.iter().zip(told) {
                let begin = format!("[routing.aliases] alias `{name}` leads to no model");
                assert!(warning.contains(&begin), "{warning}");
            }
        }
    }

    #[test]
    fn the_longest_beginning_wins() {
        let text = "[routing.aliases]\n\"*\" = \"any\"\n\"claude-*\" = \"one\"\n\
            \"claude-opus-*\" = \"two\"\n\"claude-x\" = \"three\"\n";
        let (file, warnings) = read(text).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        let aliases = file.routing.aliases;
        let target = |name: &str| aliases.wildcard(name).map(|alias| alias.target.clone());
        for (name, expected) in [
            ("claude-opus-5", "two"),
            ("claude-opus-", "two"),
            ("claude-opus", "one"),
            ("claude-", "one"),
            ("claude", "any"),
            ("", "any"),
        ] {
            assert_eq!(target(name).as_deref(), Some(expected), "{name}");
        }
        let names: Vec<_> = aliases.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["claude-x", "claude-opus-*", "claude-*", "*"]);
    }

    #[test]
    fn a_star_elsewhere_is_a_problem() {
        for name in ["a*b", "*b", "a**", "**", "a*b*"] {
            let text = format!("[routing.aliases]\nfast = \"tag:a\"\n\"{name}\" = \"tag:a\"\n");
            let problems = read(&text).unwrap_err();
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            let begin =
                format!("3:1: error: [routing.aliases] alias `{name}`: a wildcard is one `*`");
            assert!(told.len() == 1 && told[0].starts_with(&begin), "{told:?}");
        }
    }
}
