//! A JSON object whose members are taken out one by one. The error for a member of the wrong type
//! names its path in the client's body, such as `messages[3].content[1].image_url`.

use serde_json::{Map, Number, Value};

use crate::dialects::errors::BadRequest;

/// The members not taken yet. `null` counts as absent, everywhere.
pub(super) struct Fields {
    members: Map<String, Value>,
    /// The path of the object; empty for the body itself.
    place: String,
}

impl Fields {
    pub(super) fn at(members: Map<String, Value>, place: String) -> Self {
        Self { members, place }
    }

    /// # Errors
    /// When the value is no object.
    pub(super) fn new(value: Value, place: String) -> Result<Self, BadRequest> {
        match value {
            Value::Object(members) => Ok(Self { members, place }),
            other => Err(wrong_type(&place, "an object", &other)),
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }

    /// The members that were not taken.
    pub(super) fn into_rest(mut self) -> Map<String, Value> {
        self.members.retain(|_, value| !value.is_null());
        self.members
    }

    /// All its members, `null` included.
    pub(super) fn into_members(self) -> Map<String, Value> {
        self.members
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    pub(super) fn peek(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.shift_remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn string(&mut self, name: &str) -> Result<Option<String>, BadRequest> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(&self.place_of(name), "a string", &other)),
        }
    }

    /// A string that must be present and not empty.
    pub(super) fn required_string(&mut self, name: &str) -> Result<String, BadRequest> {
        match self.string(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(bad(&self.place_of(name), "is empty")),
            None => Err(bad(&self.place_of(name), "is missing")),
        }
    }

    pub(super) fn bool(&mut self, name: &str) -> Result<Option<bool>, BadRequest> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(other) => Err(wrong_type(&self.place_of(name), "a boolean", &other)),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<Number>, BadRequest> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(value)) => Ok(Some(value)),
            Some(other) => Err(wrong_type(&self.place_of(name), "a number", &other)),
        }
    }

    pub(super) fn count(&mut self, name: &str) -> Result<Option<u64>, BadRequest> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let value = number.as_u64();
        let refusal = || bad(&self.place_of(name), "must be a whole number that is not negative");
        value.map(Some).ok_or_else(refusal)
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, BadRequest> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let value = number.as_i64();
        let refusal = || bad(&self.place_of(name), "must be a whole number of at most 63 bits");
        value.map(Some).ok_or_else(refusal)
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Fields>, BadRequest> {
        let place = self.place_of(name);
        self.take(name).map(|value| Fields::new(value, place)).transpose()
    }

    pub(super) fn required_object(&mut self, name: &str) -> Result<Fields, BadRequest> {
        self.object(name)?.ok_or_else(|| bad(&self.place_of(name), "is missing"))
    }

    /// The elements of a list, each with its path.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<(Value, String)>, BadRequest> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(with_places(values, &self.place_of(name))),
            Some(other) => Err(wrong_type(&self.place_of(name), "a list", &other)),
        }
    }

    /// The objects of a list.
    pub(super) fn objects(&mut self, name: &str) -> Result<Vec<Fields>, BadRequest> {
        self.list(name)?.into_iter().map(|(value, place)| Fields::new(value, place)).collect()
    }
}

pub(super) fn with_places(values: Vec<Value>, place: &str) -> Vec<(Value, String)> {
    let place_of = |(index, value)| (value, format!("{place}[{index}]"));
    values.into_iter().enumerate().map(place_of).collect()
}

/// An error whose message begins with the path.
pub(super) fn bad(place: &str, complaint: &str) -> BadRequest {
    BadRequest::new(format!("`{place}` {complaint}"), place)
}

pub(super) fn wrong_type(place: &str, expected: &str, found: &Value) -> BadRequest {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    bad(place, &format!("must be {expected}, not {found}"))
}
