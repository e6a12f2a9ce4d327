//! What a member says, read from its JSON. What cannot be read says nothing.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::known;
use super::object::{Kind, RawObject};

pub fn string(json: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    let Text(text) = serde_json::from_slice(json).ok()?;
    Some(text)
}

/// A string that is not empty.
pub fn filled_string(json: &[u8]) -> Option<Cow<'_, str>> {
    string(json).filter(|text| !text.is_empty())
}

/// A whole number that is not negative.
pub fn count(json: &[u8]) -> Option<u64> {
    serde_json::from_slice(json).ok()
}

/// Whether it is a list with an element.
pub fn is_filled_list(json: &[u8]) -> bool {
    let rest = json.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    rest.is_some_and(|rest| !rest.starts_with(b"]"))
}

/// A member that is there, and not `null`.
pub fn present<'a>(object: &RawObject<'a>, name: &str) -> Option<&'a RawValue> {
    object.get(name).filter(|value| Kind::of(value) != Kind::Null)
}

/// A member that is a string.
pub fn text_of<'a>(block: &RawObject<'a>, name: &str) -> Option<Cow<'a, str>> {
    string(block.get(name)?.get().as_bytes())
}

pub fn object_of<'a>(block: &RawObject<'a>, name: &str) -> Option<RawObject<'a>> {
    RawObject::of(block.get(name)?).ok()
}

pub fn list_of<'a>(block: &RawObject<'a>, name: &str) -> Vec<RawObject<'a>> {
    let list = block.get(name).and_then(known::elements).unwrap_or_default();
    list.into_iter().filter_map(|item| RawObject::of(item).ok()).collect()
}
