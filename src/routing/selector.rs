//! The ways in which a request selects a model.

use serde::Deserialize;
use utoipa::ToSchema;

/// The requested selection, before the catalogue is consulted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// A model's name in any of its forms, `tag:…`, `auto`, or an alias.
    Named(String),
    Query(Query),
}

/// The `query` of `/route/invoke`. Absent fields do not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RouteQuery)]
pub struct Query {
    pub name: Option<String>,
    /// All of them.
    pub tags: Vec<String>,
    /// At least one of them.
    pub any_tags: Vec<String>,
    /// None of them.
    pub exclude_tags: Vec<String>,
    pub provider_types: Vec<String>,
    pub providers: Vec<String>,
    /// For listings only: an inactive model is never called.
    pub include_inactive: bool,
    pub min_context: Option<u64>,
    pub strategy: Option<String>,
}

impl Query {
    /// As the record of a call and an error text show it.
    pub fn shown(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |name: &str, values: &[String]| {
            if !values.is_empty() {
                parts.push(format!("{name}:{}", values.join(",")));
            }
        };
        add("name", self.name.as_slice());
        add("tag", &self.tags);
        add("any_tag", &self.any_tags);
        add("exclude_tag", &self.exclude_tags);
        add("provider_type", &self.provider_types);
        add("provider", &self.providers);
        if let Some(tokens) = self.min_context {
            parts.push(format!("min_context:{tokens}"));
        }
        if parts.is_empty() { String::from("auto") } else { parts.join(" ") }
    }
}

impl Selector {
    pub fn shown(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Query(query) => query.shown(),
        }
    }
}
