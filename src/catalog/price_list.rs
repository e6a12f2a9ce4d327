//! Lists of prices: the shipped `prices.toml`, and those of the same form that an operator names.
//! The first row that matches a model counts.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;

use super::provider::Provider;
use crate::domain::invocation::PriceUsed;
use crate::domain::pattern;
use crate::domain::price::{Prices, TokenPrice};
use crate::domain::provider_kind::ProviderKind;

const SHIPPED: &str = include_str!("../../prices.toml");

/// Where a price came from that is on no list.
pub const FROM_FILE: &str = "router.toml";
pub const FROM_API: &str = "api";

/// What a list is called in the record of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Shipped,
    File,
    Url,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shipped => "prices.toml",
            Self::File => "file",
            Self::Url => "url",
        }
    }
}

/// Why a list is rejected, as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("the list of prices is not valid: {0}")]
    Syntax(#[source] Box<toml::de::Error>),
    #[error("row {at} of the list of prices is not valid: {reason}")]
    Row { at: usize, reason: String },
}

#[derive(Clone, Debug)]
pub struct PriceList {
    rows: Vec<PriceRow>,
}

#[derive(Clone, Debug)]
pub struct PriceRow {
    pub provider: ProviderKind,
    /// In lower case; at least one.
    pub patterns: Vec<String>,
    pub prices: Prices,
    /// The address of the public list.
    pub source: String,
    pub as_of: Arc<str>,
    /// Only one list says so, or none: it is proposed, but no call is counted with it until someone
    /// takes it.
    pub is_unverified: bool,
    pub notes: Option<String>,
    pub origin: Origin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenList {
    prices: Vec<WrittenRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRow {
    provider: String,
    #[serde(rename = "match")]
    patterns: OneOrMore,
    input_per_1m: f64,
    output_per_1m: f64,
    cached_per_1m: Option<f64>,
    cache_write_per_1m: Option<f64>,
    reasoning_per_1m: Option<f64>,
    source: String,
    as_of: String,
    #[serde(default)]
    unverified: bool,
    notes: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl PriceList {
    /// The shipped list. A test parses it, so an error is a broken build.
    ///
    /// # Errors
    /// When it is not valid.
    pub fn shipped() -> Result<Self, ListError> {
        Self::parse(SHIPPED, Origin::Shipped)
    }

    /// # Errors
    /// When it is no TOML, or one of its rows is not valid.
    pub fn parse(text: &str, origin: Origin) -> Result<Self, ListError> {
        let written: WrittenList =
            toml::from_str(text).map_err(|error| ListError::Syntax(Box::new(error)))?;
        let rows = written.prices.into_iter().enumerate().map(|(at, row)| {
            row.read(origin).map_err(|reason| ListError::Row { at: at + 1, reason })
        });
        Ok(Self { rows: rows.collect::<Result<_, _>>()? })
    }

    /// The rows of this list before those of another one.
    #[must_use]
    pub fn before(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self
    }

    pub fn rows(&self) -> &[PriceRow] {
        &self.rows
    }

    /// The row of the model that the provider calls `remote_name`.
    pub fn row(&self, kind: ProviderKind, remote_name: &str) -> Option<&PriceRow> {
        let name = remote_name.to_lowercase();
        let name = name.strip_prefix("models/").unwrap_or(&name);
        let mut of_kind = self.rows.iter().filter(|row| row.provider == kind);
        of_kind.find(|row| row.patterns.iter().any(|pattern| pattern::matches(pattern, name)))
    }

    /// What calls of a model without a price of its own are counted with: only at its vendor's own
    /// address, since whoever else serves the model has prices of their own.
    pub fn for_calls(&self, provider: &Provider, remote_name: &str) -> Option<PriceUsed> {
        let usual = provider.kind.facts().base_url.default().and_then(host);
        let is_vendor = usual.is_some() && provider.base_url.as_deref().and_then(host) == usual;
        let row = self.row(provider.kind, remote_name).filter(|_| is_vendor)?;
        (!row.is_unverified).then(|| row.used())
    }
}

impl PriceRow {
    pub fn used(&self) -> PriceUsed {
        PriceUsed {
            prices: self.prices,
            source: self.origin.as_str().into(),
            as_of: self.as_of.clone(),
        }
    }
}

fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

impl WrittenRow {
    fn read(self, origin: Origin) -> Result<PriceRow, String> {
        let provider = ProviderKind::parse(&self.provider)
            .ok_or_else(|| format!("`provider` `{}` is no type of provider", self.provider))?;
        let patterns = match self.patterns {
            OneOrMore::One(pattern) => vec![pattern],
            OneOrMore::More(patterns) => patterns,
        };
        if patterns.is_empty() || patterns.iter().any(String::is_empty) {
            return Err(String::from("`match` names no model"));
        }
        self.as_of
            .parse::<Date>()
            .map_err(|_| format!("`as_of` must be a date like 2026-11-27, not `{}`", self.as_of))?;
        let price = |name: &str, dollars: f64| {
            TokenPrice::per_1k_dollars(dollars / 1000.0)
                .ok_or_else(|| format!("`{name}` must be from 0 to 1000000 dollars, not {dollars}"))
        };
        let maybe = |name: &str, dollars: Option<f64>| {
            dollars.map(|dollars| price(name, dollars)).transpose()
        };
        Ok(PriceRow {
            provider,
            patterns: patterns.iter().map(|pattern| pattern.to_lowercase()).collect(),
            prices: Prices {
                prompt: Some(price("input_per_1m", self.input_per_1m)?),
                completion: Some(price("output_per_1m", self.output_per_1m)?),
                cached: maybe("cached_per_1m", self.cached_per_1m)?,
                cache_write: maybe("cache_write_per_1m", self.cache_write_per_1m)?,
                reasoning: maybe("reasoning_per_1m", self.reasoning_per_1m)?,
            },
            source: self.source,
            as_of: self.as_of.into(),
            is_unverified: self.unverified,
            notes: self.notes,
            origin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_row_has_a_source_and_no_row_hides_another() {
        let list = PriceList::shipped().unwrap();
        assert!(list.rows().len() > 60);
        for row in list.rows() {
            assert!(row.source.starts_with("https://"), "{row:?}");
            for pattern in row.patterns.iter().filter(|pattern| !pattern.contains('*')) {
                let found = list.row(row.provider, pattern).unwrap();
                assert!(found.patterns.contains(pattern), "`{pattern}` is taken by {found:?}");
            }
        }
    }

    #[test]
    fn the_shipped_list_and_the_shipped_router_toml_agree() {
        let list = PriceList::shipped().unwrap();
        let (file, _) = crate::config::read(include_str!("../../router.toml")).unwrap();
        let kinds: Vec<_> = file.providers.iter().map(|it| (it.name.clone(), it.kind)).collect();
        for model in &file.models {
            let (_, kind) = kinds.iter().find(|(name, _)| *name == model.provider).unwrap();
            let remote_name = model.remote_identifier.as_deref().unwrap_or(&model.name);
            let Some(row) = list.row(*kind, remote_name) else {
                assert_eq!(model.config.cost_per_1k_tokens, Some(0.0), "{}", model.name);
                continue;
            };
            let written = super::super::model::prices_of(&model.config);
            assert_eq!(row.prices, written, "{}/{}", model.provider, model.name);
        }
    }

    #[test]
    fn a_bad_list_is_refused_as_a_whole_and_says_why() {
        let row = |changed: &str| {
            let mut text = String::from("[[prices]]\n");
            for (key, value) in [
                ("provider", "\"openai\""),
                ("match", "\"m*\""),
                ("input_per_1m", "1"),
                ("output_per_1m", "2.5"),
                ("source", "\"https://a\""),
                ("as_of", "\"2026-11-27\""),
            ] {
                let is_changed = changed.split(' ').next() == Some(key);
                let line = if is_changed { changed.to_owned() } else { format!("{key} = {value}") };
                text.push_str(&line);
                text.push('\n');
            }
            PriceList::parse(&text, Origin::Url).map(|list| list.rows().len())
        };
        assert_eq!(row("").unwrap(), 1);
        for bad in [
            "provider = \"acme\"",
            "match = []",
            "match = \"\"",
            "input_per_1m = -1",
            "output_per_1m = 1e12",
            "output_per_1m = nan",
            "as_of = \"yesterday\"",
            "source = 5",
        ] {
            assert!(row(bad).is_err(), "{bad}");
        }
        let said = row("as_of = \"yesterday\"").unwrap_err().to_string();
        insta::assert_snapshot!(said, @"row 1 of the list of prices is not valid: `as_of` must be a date like 2026-11-27, not `yesterday`");
        assert!(PriceList::parse("<html>", Origin::Url).is_err());
        assert!(PriceList::parse("prices = 5", Origin::Url).is_err());
    }
}
