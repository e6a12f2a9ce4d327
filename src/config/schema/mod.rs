//! The JSON Schema of `router.toml`, for editors that complete and check TOML by one. Keys, their
//! types and bounds are the parser's own ([`super::key_list`]); words stand in [`descriptions`].

pub mod descriptions;
mod values;

use serde_json::{Map, Value, json};

use super::file::listed_keys;
use super::key_list::{ANY_NAME, KeyList, ListedKey, Shape};

/// Of Taplo and of what is built on it (Even Better TOML); newer drafts add nothing that is needed.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The whole schema.
pub fn schema() -> Value {
    let list = KeyList::default();
    listed_keys(&list);
    let keys = Keys { all: list.keys(), list: &list };
    let mut schema = keys.table("");
    // `[[<any>.models]]`
    let group = json!({
        "description": "A group of models, under any name.",
        "type": "object",
        "properties": { "models": { "$ref": "#/properties/models" } },
        "required": ["models"],
        "additionalProperties": false,
    });
    schema.insert(String::from("additionalProperties"), group);
    let mut whole = Map::new();
    whole.insert(String::from("$schema"), json!(DRAFT));
    whole.insert(String::from("title"), json!("The router.toml of LLM Router"));
    whole.extend(schema);
    Value::Object(whole)
}

struct Keys<'l> {
    all: Vec<ListedKey>,
    list: &'l KeyList<'l>,
}

impl Keys<'_> {
    fn table(&self, path: &str) -> Map<String, Value> {
        let own = self.all.iter().filter(|key| key.table == path);
        let properties = own.clone().map(|key| (key.key.to_owned(), self.property(key)));
        let mut table = Map::new();
        table.insert(String::from("type"), json!("object"));
        table.insert(String::from("properties"), properties.collect::<Map<_, _>>().into());
        let required = own.filter(|key| key.is_required).map(|key| key.key);
        let required: Vec<&str> = required.chain(values::further_required(path)).collect();
        if !required.is_empty() {
            table.insert(String::from("required"), json!(required));
        }
        if let Some(one_of) = values::one_required(path) {
            let each = one_of.map(|key| json!({ "required": [key] }));
            table.insert(String::from("anyOf"), json!(each));
        }
        table.insert(String::from("additionalProperties"), json!(self.list.is_open(path)));
        table
    }

    fn property(&self, key: &ListedKey) -> Value {
        let path = key.path();
        let mut property = Map::new();
        if let Some(description) = descriptions::of(&path) {
            property.insert(String::from("description"), json!(description.text));
            if let Ok(default) = serde_json::from_str::<Value>(description.default) {
                property.insert(String::from("default"), default);
            }
        }
        let value = values::of(&path).unwrap_or_else(|| self.value(key, &path));
        if let Value::Object(value) = value {
            property.extend(value);
        }
        Value::Object(property)
    }

    fn value(&self, key: &ListedKey, path: &str) -> Value {
        match key.shape {
            Shape::Text => json!({ "type": "string" }),
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::Whole { min, max } => {
                let mut value = json!({ "type": "integer" });
                bound(&mut value, "minimum", (min > i64::MIN).then(|| json!(min)));
                bound(&mut value, "maximum", max.map(|max| json!(max)));
                value
            }
            Shape::Number { min, max } => {
                let mut value = json!({ "type": "number", "minimum": min });
                bound(&mut value, "maximum", (max < f64::MAX).then(|| json!(max)));
                value
            }
            Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Shape::TextMap => {
                json!({ "type": "object", "additionalProperties": { "type": "string" } })
            }
            Shape::FreeTable => json!({ "type": "object" }),
            Shape::Any => json!({}),
            Shape::Table => self.table_or_named(path),
            Shape::Tables => json!({ "type": "array", "items": self.table(path) }),
        }
    }

    /// A table with its keys, or with free names for a text or a table.
    fn table_or_named(&self, path: &str) -> Value {
        let named = format!("{path}.{ANY_NAME}");
        match self.all.iter().any(|key| key.table == named) {
            false => self.table(path).into(),
            true => {
                let each = json!({ "anyOf": [{ "type": "string" }, self.table(&named)] });
                json!({ "type": "object", "additionalProperties": each })
            }
        }
    }
}

fn bound(value: &mut Value, name: &str, bound: Option<Value>) {
    if let (Some(members), Some(bound)) = (value.as_object_mut(), bound) {
        members.insert(name.to_owned(), bound);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_of_the_parser_is_described_and_no_other() {
        let list = KeyList::default();
        listed_keys(&list);
        let known: BTreeSet<String> = list.keys().iter().map(ListedKey::path).collect();
        let described: BTreeSet<String> = descriptions::DESCRIPTIONS
            .iter()
            .map(|row| row.path.to_owned())
            .chain(["providers.settings.mock", "models.config.mock"].iter().flat_map(|mock| {
                descriptions::OF_MOCK.iter().map(move |row| format!("{mock}.{}", row.path))
            }))
            .collect();
        let difference: Vec<_> = known.symmetric_difference(&described).collect();
        assert!(difference.is_empty(), "describe in schema/descriptions.rs: {difference:?}");
        assert!(known.len() > 150, "{}", known.len());
        // What a reader looks at itself has its type in `values`.
        let untyped = list.keys().into_iter().filter(|key| key.shape == Shape::Any);
        let untyped = untyped.map(|key| key.path()).filter(|path| values::of(path).is_none());
        assert_eq!(untyped.collect::<Vec<_>>(), Vec::<String>::new());
        for path in values::PATHS {
            assert!(known.contains(path), "{path}");
        }
        let defaults = descriptions::DESCRIPTIONS.iter().chain(descriptions::OF_MOCK);
        for row in defaults.filter(|row| !row.default.is_empty()) {
            assert!(serde_json::from_str::<Value>(row.default).is_ok(), "{}", row.path);
        }
    }
}
