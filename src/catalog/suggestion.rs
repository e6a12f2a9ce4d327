//! What an entry for a model would say that nobody has configured yet, by the shipped lists of
//! capabilities and prices.

use serde_json::{Map, Value, json};

use super::capabilities::{ModelFacts, Table};
use super::model::PRICE_SOURCE;
use super::price_list::PriceRow;
use crate::config::entries::ModelConfig;
use crate::domain::capabilities::ThinkingStyle;
use crate::domain::price::TokenPrice;

/// From this many tokens on, a window is called long.
const LONG_CONTEXT: u64 = 200_000;

/// What the upstream itself tells of the model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    pub context_window: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub inputs: Option<&'a [String]>,
    pub takes_tools: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestion {
    pub tags: Vec<String>,
    /// As `[models.config]`; holds only what is known.
    pub config: Map<String, Value>,
}

/// `row`: the model's price; one on which no second list agrees is left out of the config.
pub fn suggestion(table: &Table, name: &str, told: Told<'_>, row: Option<&PriceRow>) -> Suggestion {
    let facts = table.knows(name).then(|| table.facts(name, &ModelConfig::default()));
    let facts = facts.as_ref();
    let mut config = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(key.to_owned(), value);
        }
    };
    put("context_window", told.context_window.map(Value::from));
    // What the table knows need not be written down.
    let is_tables = facts.is_some_and(|facts| facts.capabilities.max_output_tokens.is_some());
    put("max_output_tokens", told.max_output_tokens.filter(|_| !is_tables).map(Value::from));
    let reads = |input: &str| told.inputs.map(|inputs| inputs.iter().any(|known| known == input));
    let abilities = [
        ("supports_vision", "image", reads("image"), of(facts, |it| it.takes_images)),
        ("supports_tools", "function-call", told.takes_tools, of(facts, |it| it.takes_tools)),
        ("supports_audio", "audio", reads("audio"), of(facts, |it| it.takes_audio)),
        ("supports_video", "video", reads("video"), of(facts, |it| it.takes_video)),
    ];
    let mut tags = Vec::new();
    for (key, tag, told, known) in abilities {
        let has = told.or(known);
        put(key, has.map(Value::from));
        if has == Some(true) {
            tags.push(tag.to_owned());
        }
    }
    let thinks = |facts: &ModelFacts| {
        facts.capabilities.always_thinks || facts.capabilities.thinking != ThinkingStyle::None
    };
    if facts.is_some_and(thinks) {
        tags.push(String::from("reasoning"));
    }
    if told.context_window.is_some_and(|tokens| tokens >= LONG_CONTEXT) {
        tags.push(String::from("long-context"));
    }
    if let Some(row) = row.filter(|row| !row.is_unverified) {
        let price = |price: Option<TokenPrice>| price.map(|it| json!(it.as_per_1k_dollars()));
        put("cost_per_1k_tokens", price(row.prices.prompt));
        put("cost_per_1k_completion_tokens", price(row.prices.completion));
        put("cost_per_1k_cached_tokens", price(row.prices.cached));
        put("cost_per_1k_cache_write_tokens", price(row.prices.cache_write));
        put("cost_per_1k_reasoning_tokens", price(row.prices.reasoning));
        put(PRICE_SOURCE, Some(json!({"source": row.origin.as_str(), "as_of": &*row.as_of})));
    }
    tags.sort();
    Suggestion { tags, config }
}

fn of(
    facts: Option<&ModelFacts>,
    ability: fn(&crate::domain::capabilities::Capabilities) -> bool,
) -> Option<bool> {
    facts.map(|facts| ability(&facts.capabilities))
}

#[cfg(test)]
mod tests {
    use super::super::price_list::PriceList;
    use super::*;
    use crate::domain::provider_kind::ProviderKind;

    fn suggested(kind: ProviderKind, name: &str, told: Told<'_>) -> Suggestion {
        let (table, list) = (Table::shipped().unwrap(), PriceList::shipped().unwrap());
        suggestion(&table, name, told, list.row(kind, name))
    }

    #[test]
    fn a_known_model_has_its_abilities_and_its_price_with_where_that_is_from() {
        let told = Told { context_window: Some(1_000_000), ..Told::default() };
        let found = suggested(ProviderKind::Claude, "claude-opus-4-8", told);
        assert_eq!(found.tags, ["function-call", "image", "long-context", "reasoning"]);
        assert_eq!(found.config["supports_audio"], false);
        assert_eq!(found.config["context_window"], 1_000_000);
        if found.config.contains_key("cost_per_1k_tokens") {
            assert_eq!(found.config[PRICE_SOURCE]["source"], "prices.toml");
        }
    }

    #[test]
    fn of_an_unknown_model_only_what_the_upstream_told_is_suggested() {
        let found = suggested(ProviderKind::OpenaiCompatible, "nobody-knows-it", Told::default());
        assert_eq!(found, Suggestion::default());
        let inputs = [String::from("text"), String::from("image")];
        let told = Told {
            context_window: Some(8_000),
            max_output_tokens: Some(1_000),
            inputs: Some(&inputs),
            takes_tools: Some(false),
        };
        let found = suggested(ProviderKind::OpenaiCompatible, "nobody-knows-it", told);
        assert_eq!(found.tags, ["image"]);
        let expected = json!({
            "context_window": 8000, "max_output_tokens": 1000, "supports_vision": true,
            "supports_tools": false, "supports_audio": false, "supports_video": false,
        });
        assert_eq!(Value::from(found.config), expected);
    }
}
