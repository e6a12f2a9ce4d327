//! A JSON object whose members are taken out one by one; at the end none may be left.

use serde_json::{Map, Number, Value};

pub struct Members {
    members: Map<String, Value>,
    place: String,
}

impl Members {
    pub fn of(value: Value, place: &str) -> Result<Self, String> {
        match value {
            Value::Object(members) => Ok(Self { members, place: place.to_owned() }),
            other => Err(format!("`{place}` is no object: {other}")),
        }
    }

    pub fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }

    pub fn peek(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.shift_remove(name)
    }

    pub fn required(&mut self, name: &str) -> Result<Value, String> {
        self.take(name).ok_or_else(|| format!("`{}` is missing", self.place_of(name)))
    }

    pub fn string(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("`{}` is no string: {other}", self.place_of(name))),
        }
    }

    /// A string that says something.
    pub fn required_string(&mut self, name: &str) -> Result<String, String> {
        let text = self.string(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| format!("`{}` is missing or empty", self.place_of(name)))
    }

    pub fn bool(&mut self, name: &str) -> Result<Option<bool>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(other) => Err(format!("`{}` is no boolean: {other}", self.place_of(name))),
        }
    }

    pub fn number(&mut self, name: &str) -> Result<Option<Number>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(value)) => Ok(Some(value)),
            Some(other) => Err(format!("`{}` is no number: {other}", self.place_of(name))),
        }
    }

    /// A number from 0 to `most`.
    pub fn number_up_to(&mut self, name: &str, most: f64) -> Result<Option<Number>, String> {
        let number = self.number(name)?;
        let is_in = |number: &Number| (0.0..=most).contains(&number.as_f64().unwrap_or(f64::NAN));
        if let Some(found) = number.as_ref().filter(|number| !is_in(number)) {
            return Err(format!("`{}` is {found}, not 0 to {most}", self.place_of(name)));
        }
        Ok(number)
    }

    pub fn integer(&mut self, name: &str) -> Result<Option<i64>, String> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let refusal = || format!("`{}` is no whole number: {number}", self.place_of(name));
        number.as_i64().map(Some).ok_or_else(refusal)
    }

    pub fn count(&mut self, name: &str) -> Result<Option<u64>, String> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let refusal = || format!("`{}` is no count: {number}", self.place_of(name));
        number.as_u64().map(Some).ok_or_else(refusal)
    }

    pub fn object(&mut self, name: &str) -> Result<Option<Members>, String> {
        let place = self.place_of(name);
        self.take(name).map(|value| Members::of(value, &place)).transpose()
    }

    pub fn required_object(&mut self, name: &str) -> Result<Members, String> {
        let place = self.place_of(name);
        Members::of(self.required(name)?, &place)
    }

    /// The elements of a list with their places; a list that is there holds something.
    pub fn list(&mut self, name: &str) -> Result<Vec<(Value, String)>, String> {
        let place = self.place_of(name);
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) if values.is_empty() => Err(format!("`{place}` is empty")),
            Some(Value::Array(values)) => {
                let placed = |(index, value)| (value, format!("{place}[{index}]"));
                Ok(values.into_iter().enumerate().map(placed).collect())
            }
            Some(other) => Err(format!("`{place}` is no list: {other}")),
        }
    }

    pub fn objects(&mut self, name: &str) -> Result<Vec<Members>, String> {
        self.list(name)?.into_iter().map(|(value, place)| Members::of(value, &place)).collect()
    }

    pub fn required_objects(&mut self, name: &str) -> Result<Vec<Members>, String> {
        if !self.members.contains_key(name) {
            return Err(format!("`{}` is missing", self.place_of(name)));
        }
        self.objects(name)
    }

    pub fn strings(&mut self, name: &str) -> Result<Vec<String>, String> {
        let text = |(value, place)| match value {
            Value::String(text) => Ok(text),
            other => Err(format!("`{place}` is no string: {other}")),
        };
        self.list(name)?.into_iter().map(text).collect()
    }

    /// What was not taken.
    pub fn into_rest(self) -> Map<String, Value> {
        self.members
    }

    /// Refuses what was not taken: providers know all the names of their objects.
    pub fn end(self) -> Result<(), String> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("`{}` is not known", self.place_of(name))),
        }
    }
}
