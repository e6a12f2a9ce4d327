//! The members that a change of an entry would give another value, or has given.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A member before and after a change.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// A member of an object as `outer.inner`.
    pub field: String,
    /// `null` where it is not there. A secret is `[hidden]` before and after.
    pub before: Value,
    pub after: Value,
}

/// The members that differ, with both values.
pub fn fields(before: &Value, after: &Value) -> Vec<FieldChange> {
    let value = |of: &Value, path: &str| {
        // A name may hold a dot itself.
        let direct = of.get(path).cloned();
        let inner = || path.split_once('.').and_then(|(outer, inner)| of.get(outer)?.get(inner));
        direct.or_else(|| inner().cloned()).unwrap_or_default()
    };
    let change = |field: String| {
        let (before, after) = (value(before, &field), value(after, &field));
        FieldChange { field, before, after }
    };
    changed(before, after).into_iter().map(change).collect()
}

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
    fn each_changed_member_has_both_values_and_a_new_entry_has_none_before() {
        let (before, after) = (json!({"a": 1, "b": {"c": 1}}), json!({"a": null, "b": {"d": [2]}}));
        let shown = |before: &Value, after: &Value| {
            let fields = fields(before, after).into_iter();
            fields.map(|it| format!("{} {} {}", it.field, it.before, it.after)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&before, &after), ["a 1 null", "b.c 1 null", "b.d null [2]"]);
        assert_eq!(shown(&Value::Null, &before), ["a null 1", "b.c null 1"]);
        assert_eq!(shown(&before, &Value::Null), ["a 1 null", "b.c 1 null"]);
    }

    #[test]
    fn changed_members_are_named_with_their_path() {
        let before = json!({"a": 1, "b": {"c": 1, "d": 2}, "e": null, "g": 5});
        let after = json!({"a": 1, "b": {"c": 3, "f": 4}, "h": {"i": 1}});
        assert_eq!(changed(&before, &after), ["b.c", "b.d", "b.f", "g", "h.i"]);
        assert!(changed(&before, &before).is_empty());
    }
}
