//! `[routing.aliases]`: a name for another name, with an order and fallbacks of its own if need be.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reader::{Entry, TableReader};
use super::strategy::read_strategy;
use crate::domain::strategy::Strategy;

pub type Aliases = BTreeMap<String, Arc<Alias>>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alias {
    /// A model, `tag:…`, `pair:…`, `auto` or another alias.
    pub target: String,
    pub strategy: Option<Strategy>,
    pub fallbacks: Fallbacks,
}

/// Names, or `tag:…`, that are asked in place of what failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fallbacks {
    /// After a failure that another model may not have.
    pub usual: Vec<String>,
    /// When the prompt is too long.
    pub context: Vec<String>,
    /// When the provider does not want to speak of that.
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
    aliases
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
