//! What a member says, read from its JSON. What cannot be read says nothing.

use std::borrow::Cow;

use serde::Deserialize;

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
