//! The fields of a key as a body of `/api-keys`, read and written.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::config::key_rules::{KeyRules, Role};
use crate::config::timestamp::parse_end;
use crate::keys::rows::{KeyFields, MAX_NAME_BYTES};

/// Reads the members; an absent one means its default.
///
/// # Errors
/// What cannot be understood, with the member's name.
pub fn fields_of(mut members: Map<String, Value>) -> Result<KeyFields, String> {
    members.retain(|_, value| !value.is_null());
    let name = match members.remove("name") {
        None => return Err(String::from("`name` is missing")),
        Some(Value::String(name)) if !name.trim().is_empty() && name.len() <= MAX_NAME_BYTES => {
            name
        }
        Some(_) => return Err(format!("`name` must be a text of 1 to {MAX_NAME_BYTES} bytes")),
    };
    let role = match members.remove("role") {
        None => Role::default(),
        Some(role) => role
            .as_str()
            .and_then(Role::parse)
            .ok_or_else(|| String::from("`role` must be \"user\" or \"admin\""))?,
    };
    let is_active = match members.remove("is_active") {
        None => true,
        Some(value) => {
            value.as_bool().ok_or_else(|| String::from("`is_active` must be true or false"))?
        }
    };
    let expires_at = match members.remove("expires_at") {
        None => None,
        Some(value) => {
            let read = value.as_str().and_then(parse_end);
            Some(read.ok_or_else(|| {
                String::from("`expires_at` must be a time like \"2027-01-31T12:00:00Z\"")
            })?)
        }
    };
    for name in ["parameter_limits", "budget"] {
        if members.get(name).is_some_and(holds_list) {
            return Err(format!("`{name}` must be an object, and holds no lists"));
        }
    }
    let rules: KeyRules =
        serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())?;
    if let Some((field, message)) = rules.problems().into_iter().next() {
        return Err(format!("`{field}` {message}"));
    }
    Ok(KeyFields { name, role, is_active, expires_at, rules })
}

/// serde would take a list for an object, member by member.
fn holds_list(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(members) => members.values().any(holds_list),
        _ => false,
    }
}

/// The members that [`fields_of`] reads. What is not restricted is not there.
pub fn members_of(fields: &KeyFields) -> Map<String, Value> {
    // Lists, numbers and texts only: nothing of it cannot be written.
    let rules = serde_json::to_value(&fields.rules).unwrap_or_default();
    let mut members = match rules {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.insert(String::from("name"), Value::from(fields.name.as_str()));
    members.insert(String::from("role"), Value::from(fields.role.as_str()));
    members.insert(String::from("is_active"), Value::from(fields.is_active));
    if let Some(end) = fields.expires_at {
        members.insert(String::from("expires_at"), time(end));
    }
    members
}

/// The fields of a key with some of them changed; null clears.
///
/// # Errors
/// What cannot be understood.
pub fn patched(fields: &KeyFields, changes: Map<String, Value>) -> Result<KeyFields, String> {
    if changes.contains_key("key") {
        return Err(String::from("a key cannot be changed: POST …/rotate makes another one"));
    }
    let mut members = members_of(fields);
    members.extend(changes);
    fields_of(members)
}

pub fn time(time: Timestamp) -> Value {
    Value::from(time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<KeyFields, String> {
        let Value::Object(members) = value else { panic!("not an object") };
        fields_of(members)
    }

    #[test]
    fn what_was_written_is_read_again_the_same() {
        let fields = read(json!({
            "name": "team", "role": "admin", "is_active": false, "expires_at": "2027-01-31",
            "allowed_models": ["openai/*"], "allowed_providers": [],
            "parameter_limits": {"max_tokens": 10, "custom_limits": {"n": {"max": 1}}},
            "budget": {"usd": 1, "per": "day"}, "requests_per_minute": null,
        }))
        .unwrap();
        assert_eq!(fields_of(members_of(&fields)).unwrap(), fields);
        let changes = json!({"budget": null, "allowed_models": null, "name": "other"});
        let Value::Object(changes) = changes else { panic!("not an object") };
        let patched = patched(&fields, changes).unwrap();
        assert_eq!((patched.name.as_str(), &patched.rules.budget), ("other", &None));
        assert_eq!(patched.rules.allowed_models, None);
        assert_eq!(patched.rules.allowed_providers, Some(vec![]));
        assert_eq!(patched.expires_at, fields.expires_at);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (body, expected) in [
            (json!({}), "`name` is missing"),
            (json!({"name": ""}), "`name` must be"),
            (json!({"name": "a", "role": "root"}), "`role` must be"),
            (json!({"name": "a", "expires_at": 5}), "`expires_at` must be"),
            (json!({"name": "a", "allowed_model": []}), "unknown field `allowed_model`"),
            (json!({"name": "a", "budget": [1]}), "`budget` must be an object"),
            (
                json!({"name": "a", "parameter_limits": {"top_p": [0, 1]}}),
                "`parameter_limits` must",
            ),
            (json!({"name": "a", "budget": {}}), "`budget` needs `usd` or `tokens`"),
            (json!({"name": "a", "allowed_ips": ["x"]}), "`allowed_ips` holds `x`"),
        ] {
            let error = read(body.clone()).unwrap_err();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
