//! Writes JSON member by member, from values that keep the spelling in which they came.

use std::borrow::Cow;
use std::ops::Range;

use super::body::JsonBody;

/// An object.
#[derive(Debug, Default)]
pub struct Object {
    text: String,
    /// The members and where their values stand, of one that becomes a body.
    members: Option<Vec<(String, Range<usize>)>>,
}

impl Object {
    /// One that becomes a body.
    pub fn of_body() -> Self {
        Self { text: String::new(), members: Some(Vec::new()) }
    }

    /// The body, which need not be parsed.
    pub fn into_body(mut self) -> JsonBody {
        let text = self.finish();
        JsonBody::written(text.into(), self.members.unwrap_or_default())
    }

    /// `value`: JSON. The name is one of our own, without characters to escape.
    pub fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
        let start = self.text.len();
        self.text.push_str(value);
        if let Some(members) = &mut self.members {
            members.push((name.to_owned(), start..self.text.len()));
        }
        self
    }

    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.raw(name, &quoted(value))
    }

    /// The members without the braces.
    pub fn members(&mut self) -> String {
        let mut text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            text.remove(0);
        }
        text
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
    // A string can always be written.
    serde_json::to_string(text).unwrap_or_default()
}

/// JSON strings as one, on lines of their own.
pub fn lines(texts: &[String]) -> String {
    let inside = |text: &String| {
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        text.unwrap_or_default().to_owned()
    };
    match texts {
        [only] => only.clone(),
        texts => format!("\"{}\"", texts.iter().map(inside).collect::<Vec<_>>().join("\\n")),
    }
}

pub fn list(elements: &[String]) -> String {
    format!("[{}]", elements.join(","))
}

/// JSON in one line, as lines and events hold it. Outside of strings its line ends are white space, and
/// within them there is none.
pub fn in_one_line(json: &str) -> Cow<'_, str> {
    match json.contains(['\n', '\r']) {
        true => Cow::Owned(json.replace(['\n', '\r'], " ")),
        false => Cow::Borrowed(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_one() {
        let json = "{\r\n \"a\": \"b\\n\",\n\"c\": 1.50\n}";
        assert_eq!(in_one_line(json), "{   \"a\": \"b\\n\", \"c\": 1.50 }");
        assert!(matches!(in_one_line("{\"a\":1}"), Cow::Borrowed(_)));
    }
}
