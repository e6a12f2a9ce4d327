//! The input of a tool is one object: at the top of its schema the API refuses `anyOf`, `oneOf` and
//! `allOf`. The properties of the branches become properties of that object; the branches' other
//! bounds are lost.
//!
//! Source: Anthropic API errors, "input_schema does not support oneOf, allOf, or anyOf at the top
//! level".

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::dialects::schema_union::merge;

const COMBINATORS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Removes them, and returns which keywords are no longer enforced.
pub(super) fn without_combinators(schema: &mut Value) -> Vec<String> {
    let mut lost = Vec::new();
    if !COMBINATORS.iter().any(|key| schema.get(*key).is_some()) {
        return lost;
    }
    let root = schema.clone();
    let Some(members) = schema.as_object_mut() else { return lost };
    let mut followed = HashSet::new();
    for key in COMBINATORS {
        members.shift_remove(key);
        let Some(branches) = root.get(key) else { continue };
        let all_must_hold = key == "allOf";
        if !all_must_hold {
            lost.push(key.to_owned());
        }
        for branch in branches.as_array().into_iter().flatten() {
            flatten(branch, &root, all_must_hold, members, &mut followed);
        }
    }
    lost
}

/// `required` is taken only from schemas that hold in any case.
fn flatten<'s>(
    branch: &'s Value,
    root: &'s Value,
    all_must_hold: bool,
    into: &mut Map<String, Value>,
    followed: &mut HashSet<&'s str>,
) {
    let Some(branch) = branch.as_object() else { return };
    let mut more = Map::new();
    for key in ["properties", "required", "$defs", "definitions"] {
        if let Some(value) = branch.get(key).filter(|_| key != "required" || all_must_hold) {
            more.insert(key.to_owned(), value.clone());
        }
    }
    merge(into, more);
    let reference = branch.get("$ref").and_then(Value::as_str);
    // Each reference is followed once, because they may be cyclic.
    if let Some(pointer) = reference.and_then(|found| found.strip_prefix('#'))
        && followed.insert(pointer)
        && let Some(target) = root.pointer(pointer)
    {
        flatten(target, root, all_must_hold, into, followed);
    }
    for key in COMBINATORS {
        for branch in branch.get(key).and_then(Value::as_array).into_iter().flatten() {
            flatten(branch, root, all_must_hold && key == "allOf", into, followed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn branches_become_properties_and_only_all_of_them_require() {
        let a =
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
        let b = json!({"properties": {"b": {"anyOf": [{"type": "null"}]}}, "required": ["b"]});
        let mut of_one = json!({"type": "object", "oneOf": [a, b]});
        assert_eq!(without_combinators(&mut of_one), ["oneOf"]);
        let both = json!({"a": {"type": "string"}, "b": {"anyOf": [{"type": "null"}]}});
        assert_eq!(of_one, json!({"type": "object", "properties": both}));

        let mut of_all = json!({"type": "object", "properties": {"c": {}}, "required": ["c"],
            "allOf": [{"$ref": "#/$defs/a"}, b], "$defs": {"a": a}});
        assert_eq!(without_combinators(&mut of_all), Vec::<String>::new());
        assert_eq!(of_all["required"], json!(["c", "a", "b"]));
        assert_eq!(of_all["properties"].as_object().unwrap().len(), 3);
    }

    #[test]
    fn a_cycle_ends_and_a_schema_without_combinators_stays() {
        let mut circle = json!({"type": "object", "anyOf": [{"$ref": "#"}, {"$ref": "#/x"}, true]});
        assert_eq!(without_combinators(&mut circle), ["anyOf"]);
        assert_eq!(circle, json!({"type": "object"}));
        let plain = json!({"type": "object", "properties": {"anyOf": {"oneOf": [{}]}}});
        let mut same = plain.clone();
        assert_eq!(without_combinators(&mut same), Vec::<String>::new());
        assert_eq!(same, plain);
    }
}
