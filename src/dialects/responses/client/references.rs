//! Items of kept responses that a request names by their ids, and how they get into their places.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::{list_of, text_of};
use crate::dialects::json::write::list;
use crate::dialects::needle::needle;

needle!(REFERENCE = b"\"item_reference\"");

/// The most items of one response that can be named.
const MOST_ITEMS: usize = 2_000;

/// The ids of the items of these lists, each once; those of the first lists where there are many.
pub fn item_ids<'l>(lists: impl IntoIterator<Item = &'l String>) -> Vec<String> {
    let mut known = HashSet::new();
    let ids = lists.into_iter().flat_map(|items| {
        let items: Vec<&RawValue> = serde_json::from_str(items).unwrap_or_default();
        let id = |item: &RawValue| {
            Some(text_of(&RawObject::parse(item.get().as_bytes()).ok()?, "id")?.into_owned())
        };
        items.into_iter().filter_map(id).collect::<Vec<String>>()
    });
    ids.filter(|id| known.insert(id.clone())).take(MOST_ITEMS).collect()
}

/// The item of that id in one of these lists.
pub fn item<'l>(lists: impl IntoIterator<Item = &'l String>, id: &str) -> Option<String> {
    lists.into_iter().find_map(|items| {
        let items: Vec<&RawValue> = serde_json::from_str(items).ok()?;
        let item = items.into_iter().find(|item| {
            let object = RawObject::parse(item.get().as_bytes()).unwrap_or_default();
            text_of(&object, "id").is_some_and(|found| found == id)
        });
        Some(item?.get().to_owned())
    })
}

/// The ids that a request names, each once, with the place of the first item that does.
pub fn referenced(body: &[u8]) -> Vec<(usize, String)> {
    if !REFERENCE.is_in(body) {
        return Vec::new();
    }
    let Ok(object) = RawObject::parse(body) else { return Vec::new() };
    let mut known = HashSet::new();
    let items = list_of(&object, "input");
    let named = items.iter().enumerate().filter_map(|(at, item)| Some((at, reference(item)?)));
    named.filter(|(_, id)| known.insert(id.clone())).collect()
}

fn reference(item: &RawObject<'_>) -> Option<String> {
    (text_of(item, "type")? == "item_reference").then_some(())?;
    text_of(item, "id").map(|id| id.into_owned())
}

/// In OpenAI's words.
pub fn item_not_found(id: &str) -> String {
    format!(
        "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try \
         again with `store` set to true, or remove this item from your input."
    )
}

/// The request with these items in the places where it names them.
pub fn resolved(body: &Bytes, items: &HashMap<String, String>) -> Option<Bytes> {
    let parsed = JsonBody::parse(body.clone(), |_| Ok(())).ok()?;
    let input: Vec<&RawValue> = serde_json::from_slice(parsed.value_of("input")?).ok()?;
    let item = |item: &RawValue| {
        let named = RawObject::parse(item.get().as_bytes()).ok().and_then(|it| reference(&it));
        let found = named.and_then(|id| items.get(&id));
        found.cloned().unwrap_or_else(|| item.get().to_owned())
    };
    let input: Vec<String> = input.into_iter().map(item).collect();
    let mut edits = Edits::default();
    edits.set(&parsed, "input", list(&input));
    Some(edits.apply(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn items_are_named_and_found() {
        let output = json!([{"id": "msg_1", "type": "message"}, {"type": "reasoning"}]).to_string();
        let input = json!([{"id": "item_1"}, {"id": "msg_1"}, 7]).to_string();
        assert_eq!(item_ids([&output, &input]), ["msg_1", "item_1"]);
        assert_eq!(item([&output, &input], "item_1").as_deref(), Some(r#"{"id":"item_1"}"#));
        assert_eq!(item([&output, &input], "item_2"), None);
        assert_eq!(item([&String::from("{")], "item_2"), None);
    }

    #[test]
    fn the_items_stand_where_they_are_named() {
        let named = json!({"type": "item_reference", "id": "a"});
        let body = json!({"model": "m", "input": [named, {"role": "user", "content": "hi"}, named,
            {"type": "item_reference", "id": "b"}]});
        let body = Bytes::from(body.to_string());
        assert_eq!(referenced(&body), [(0, String::from("a")), (3, String::from("b"))]);
        let items = HashMap::from([(String::from("a"), String::from(r#"{"id":"a","x":1}"#))]);
        let body: Value = serde_json::from_slice(&resolved(&body, &items).unwrap()).unwrap();
        assert_eq!(body["input"][0], json!({"id": "a", "x": 1}));
        assert_eq!((&body["input"][2]["x"], &body["input"][3]["id"]), (&json!(1), &json!("b")));
        assert!(referenced(br#"{"input":"\"item_reference\""}"#).is_empty());
    }
}
