//! What changes in a client's own bytes on their way to an upstream of the same API, whatever the API.

use serde_json::{Map, Value};

use super::json::body::JsonBody;
use super::json::edit::Edits;
use super::json::fields::string;

/// The upstream's name of the model.
pub fn name(edits: &mut Edits, body: &JsonBody, model: &str) {
    if body.value_of("model").and_then(string).as_deref() != Some(model) {
        edits.set(body, "model", Value::from(model).to_string());
    }
}

/// The numbers of these names as they are within the limits of the caller's key.
pub fn limit(edits: &mut Edits, body: &JsonBody, limited: &JsonBody, names: &[&str]) {
    for name in names {
        let number = limited.value_of(name).filter(|json| body.value_of(name) != Some(json));
        if let Some(number) = number.and_then(|json| std::str::from_utf8(json).ok()) {
            edits.set(body, name, number.to_owned());
        }
    }
}

/// The model's default parameters of these names that neither of the bodies has; they become the
/// first's.
pub fn add_defaults(
    edits: &mut Edits,
    bodies: [&JsonBody; 2],
    defaults: &Map<String, Value>,
    names: &[&str],
) {
    let [body, limited] = bodies;
    for (name, value) in defaults {
        if names.contains(&name.as_str()) && !body.has(name) && !limited.has(name) {
            edits.set(body, name, value.to_string());
        }
    }
}
