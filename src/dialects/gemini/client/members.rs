//! Reads members by their names in camelCase, or in snake_case.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{present, string};
use crate::dialects::json::known;
use crate::dialects::json::{Kind, RawObject};

/// A member that is there, and not `null`. `name`: in camelCase.
pub(super) fn member<'a>(object: &RawObject<'a>, name: &str) -> Option<&'a RawValue> {
    present(object, name).or_else(|| {
        let may_differ = object.members.iter().any(|(known, _)| known.contains('_'));
        present(object, &snake(name)).filter(|_| may_differ)
    })
}

/// The same of a body.
pub(super) fn value_of<'b>(body: &'b JsonBody, name: &str) -> Option<&'b RawValue> {
    let is_there = |name: &&str| body.value_of(name).is_some_and(|value| value != b"null");
    let snake = snake(name);
    body.raw_of([name, &snake].iter().find(|name| is_there(name))?)
}

/// The spelling in which a member stands in an object; `name` itself where it is absent.
pub(super) fn spelling<'n>(has: impl Fn(&str) -> bool, name: &'n str) -> Cow<'n, str> {
    let snake = snake(name);
    if !has(name) && has(&snake) { Cow::Owned(snake) } else { Cow::Borrowed(name) }
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// `max_output_tokens` as `maxOutputTokens`.
pub(super) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_new = false;
    for letter in name.chars() {
        if letter == '_' {
            is_new = true;
        } else if std::mem::take(&mut is_new) {
            out.push(letter.to_ascii_uppercase());
        } else {
            out.push(letter);
        }
    }
    out
}

pub(super) fn text<'a>(object: &RawObject<'a>, name: &str) -> Option<Cow<'a, str>> {
    string(member(object, name)?.get().as_bytes())
}

pub(super) fn is_true(object: &RawObject<'_>, name: &str) -> bool {
    member(object, name).is_some_and(|value| value.get() == "true")
}

pub(super) fn object<'a>(object: &RawObject<'a>, name: &str) -> Option<RawObject<'a>> {
    RawObject::of(member(object, name)?).ok()
}

/// The objects of a list, each with its index; an object alone is a list of one.
pub(super) fn list<'a>(object: &RawObject<'a>, name: &str) -> Vec<(usize, RawObject<'a>)> {
    member(object, name).map(objects).unwrap_or_default()
}

pub(super) fn objects(value: &RawValue) -> Vec<(usize, RawObject<'_>)> {
    let elements: Vec<&RawValue> = match Kind::of(value) {
        Kind::Array => known::elements(value).unwrap_or_default(),
        _ => vec![value],
    };
    let parsed = elements.into_iter().map(|it| RawObject::of(it).ok());
    parsed.enumerate().filter_map(|(index, it)| Some((index, it?))).collect()
}

/// The text of a JSON string or of the parts of a content.
pub(super) fn texts(content: &RawValue) -> Vec<String> {
    if Kind::of(content) == Kind::String {
        return string(content.get().as_bytes()).into_iter().map(Cow::into_owned).collect();
    }
    let Ok(content) = RawObject::of(content) else { return Vec::new() };
    let parts = list(&content, "parts");
    parts.iter().filter_map(|(_, part)| text(part, "text")).map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        let body = br#"{"systemInstruction":1,"generation_config":2,"tool_config":null}"#;
        let object = RawObject::parse(body).unwrap();
        let read = |name| member(&object, name).map(RawValue::get);
        assert_eq!(read("systemInstruction"), Some("1"));
        assert_eq!(read("generationConfig"), Some("2"));
        assert_eq!(read("toolConfig"), None);
        assert_eq!(spelling(|name| object.get(name).is_some(), "toolConfig"), "tool_config");
        assert_eq!(camel("max_output_tokens"), "maxOutputTokens");
        assert_eq!(camel("topK"), "topK");
    }
}
