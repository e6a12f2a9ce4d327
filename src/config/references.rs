//! The names that a parsed `router.toml` refers to, each with its offset. Whether they exist is
//! checked against the whole catalogue (`routing/dead_names.rs`).

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The kind of thing that a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// A model, `tag:…`, `pair:…`, `auto` or an alias.
    ToModel,
    /// A key's pattern of model names, with `*`.
    ToModels,
    /// A key's pattern of provider names, with `*`.
    ToProviders,
    ToTag,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub at: usize,
    /// `routing.aliases.quick`.
    pub path: String,
    pub name: String,
    pub leads: Leads,
}

pub fn references(root: &DeTable<'_>) -> Vec<Reference> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    walk.table(root);
    walk.found
}

struct Walk {
    path: Vec<String>,
    found: Vec<Reference>,
}

impl Walk {
    fn table(&mut self, table: &DeTable<'_>) {
        for (name, value) in table {
            self.path.push(name.get_ref().to_string());
            self.value(value);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::String(name) => {
                if let Some(leads) = self.leads() {
                    self.found.push(Reference {
                        at: value.span().start,
                        path: self.path.join("."),
                        name: name.to_string(),
                        leads,
                    });
                }
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.value(item)),
            DeValue::Table(table) => self.table(table),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    fn leads(&self) -> Option<Leads> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["routing", "aliases", _]
            | ["routing", "aliases", _, "target"]
            | ["routing", "aliases", _, "fallbacks" | "context_fallbacks" | "content_fallbacks"]
            | ["routing", "pairs", "strong" | "weak" | "analyzer_model"]
            | ["models", "config", "fallbacks" | "context_fallbacks" | "content_fallbacks"]
            | [_, "models", "config", "fallbacks" | "context_fallbacks" | "content_fallbacks"] => {
                Some(Leads::ToModel)
            }
            ["api_keys", "allowed_models"] => Some(Leads::ToModels),
            ["api_keys", "allowed_providers"] => Some(Leads::ToProviders),
            ["api_keys", "allowed_tags"] => Some(Leads::ToTag),
            _ => None,
        }
    }
}
