//! The names of the members that an edit changed, for the journal.

use serde_json::{Map, Value};

/// The members that differ; members of an object as `outer.inner`, one level deep.
pub fn changed(before: &Value, after: &Value) -> Vec<String> {
    let empty = Map::new();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (before, after) = (members(before), members(after));
    let mut changed = Vec::new();
    for name in names(&before, &after) {
        let (was, is) = (before.get(name), after.get(name));
        let is_null = |value: Option<&Value>| value.is_none_or(Value::is_null);
        if was == is || (is_null(was) && is_null(is)) {
            continue;
        }
        let inner = [was, is].map(|value| value.and_then(Value::as_object));
        if inner.iter().all(Option::is_none) {
            changed.push(name.clone());
            continue;
        }
        let [was, is] = inner.map(|value| value.unwrap_or(&empty));
        let inside = names(was, is).filter(|inner| was.get(*inner) != is.get(*inner));
        changed.extend(inside.map(|inner| format!("{name}.{inner}")));
    }
    changed
}

fn names<'m>(
    before: &'m Map<String, Value>,
    after: &'m Map<String, Value>,
) -> impl Iterator<Item = &'m String> {
    before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changed_members_are_named_with_their_path() {
        let before = json!({"a": 1, "b": {"c": 1, "d": 2}, "e": null, "g": 5});
        let after = json!({"a": 1, "b": {"c": 3, "f": 4}, "h": {"i": 1}});
        assert_eq!(changed(&before, &after), ["b.c", "b.d", "b.f", "g", "h.i"]);
        assert!(changed(&before, &before).is_empty());
    }
}
