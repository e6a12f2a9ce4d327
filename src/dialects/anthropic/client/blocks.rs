//! Reads blocks of a message, and the parts of a chat that come of them.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialects::json::fields::{string, text_of};
use crate::dialects::json::known;
use crate::dialects::json::write::{Object, quoted};
use crate::dialects::json::{Kind, RawObject};

/// A part of a chat message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A text as a JSON string.
    Text(String),
    /// A part as JSON.
    Media(String),
}

impl Piece {
    pub(super) fn part(&self) -> String {
        match self {
            Self::Text(text) => Object::default().text("type", "text").raw("text", text).finish(),
            Self::Media(part) => part.clone(),
        }
    }

    pub(super) fn of(text: &str) -> Self {
        Self::Text(quoted(text))
    }
}

/// The `type` of a block; empty where it has none.
pub(super) fn kind<'a>(block: &RawObject<'a>) -> Cow<'a, str> {
    text_of(block, "type").unwrap_or_default()
}

/// The texts of a string or a list of blocks.
pub(super) fn texts(content: &RawValue) -> Vec<String> {
    if Kind::of(content) == Kind::String {
        return string(content.get().as_bytes()).into_iter().map(Cow::into_owned).collect();
    }
    let blocks = known::elements(content).unwrap_or_default();
    let text = |block: &RawValue| text_of(&RawObject::of(block).ok()?, "text").map(Cow::into_owned);
    blocks.into_iter().filter_map(text).collect()
}
