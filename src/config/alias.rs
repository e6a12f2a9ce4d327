//! `[routing.aliases]`: a name for another name, optionally with its own strategy and fallbacks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reader::{Entry, TableReader};
use super::strategy::read_strategy;
use crate::domain::strategy::Strategy;

/// The longest chain of aliases.
pub const MAX_STEPS: usize = 5;

pub type Aliases = BTreeMap<String, Arc<Alias>>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alias {
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

/// `quick = "tag:fast"`, or `quick = { target = "tag:fast", strategy = "sticky", … }`.
pub(super) fn read_aliases(table: Option<TableReader<'_>>) -> Aliases {
    let Some(table) = table else { return Aliases::new() };
    let mut aliases = Aliases::new();
    for (name, entry) in table.entries() {
        let alias = match entry {
            Entry::Text(target) => Alias { target, ..Alias::default() },
            Entry::Table(table) => match read_alias(table) {
                Some(alias) => alias,
                None => continue,
            },
        };
        aliases.insert(name, Arc::new(alias));
    }
    for name in aliases.keys().filter(|name| !has_end(&aliases, name)) {
        let problem = format!(
            "alias `{name}` leads to no model: it leads back to itself, or over more than \
             {MAX_STEPS} aliases"
        );
        table.warning(table.at, problem);
    }
    aliases
}

/// Whether the chain of aliases ends at something else than an alias.
fn has_end(aliases: &Aliases, name: &str) -> bool {
    let mut name = name;
    for _ in 0..MAX_STEPS {
        let Some(alias) = aliases.get(name) else { return true };
        name = &alias.target;
    }
    !aliases.contains_key(name)
}

fn read_alias(table: TableReader<'_>) -> Option<Alias> {
    let target = table.required_string("target");
    let list = |key| table.strings(key).unwrap_or_default();
    let alias = Alias {
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
}
