//! Writes JSON member by member, from values that keep the spelling in which they came.

use serde_json::Value;

/// An object.
#[derive(Debug, Default)]
pub struct Object {
    text: String,
}

impl Object {
    /// `value`: JSON. The name is one of our own, without characters to escape.
    pub fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
        self.text.push_str(value);
        self
    }

    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.raw(name, &quoted(value))
    }

    pub fn finish(&mut self) -> String {
        if self.text.is_empty() {
            self.text.push('{');
        }
        self.text.push('}');
        std::mem::take(&mut self.text)
    }
}

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

pub fn list(elements: &[String]) -> String {
    format!("[{}]", elements.join(","))
}
