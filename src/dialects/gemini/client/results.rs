//! Reads the result of a call.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::findings::Findings;
use super::members::{list, member, text};
use super::parts::{self, Piece};
use crate::dialects::json::fields::string;
use crate::dialects::json::write::{lines, quoted};
use crate::dialects::json::{Kind, RawObject};

pub(super) struct CallResult {
    pub id: Option<String>,
    pub name: String,
    /// As a JSON string.
    pub text: String,
    /// Images and files, which a chat's result cannot hold.
    pub media: Vec<Piece>,
}

impl CallResult {
    /// For a result whose call the conversation does not hold.
    pub(super) fn without_call(&self) -> String {
        let text = string(self.text.as_bytes()).unwrap_or_default();
        format!("[result of `{}`] {text}", self.name)
    }
}

pub(super) fn read(response: &RawObject<'_>, place: &str, findings: &mut Findings) -> CallResult {
    let mut media = Vec::new();
    let mut texts: Vec<String> =
        member(response, "response").map(said).into_iter().filter(|it| it != "\"\"").collect();
    for (_, part) in list(response, "parts") {
        if let Some(piece) = parts::piece(&part, &format!("{place}.functionResponse"), findings) {
            match piece {
                Piece::Text(text) => texts.push(text),
                media_piece @ Piece::Media(_) => media.push(media_piece),
            }
        }
    }
    let mut said = lines(&texts);
    if said == "\"\"" && !media.is_empty() {
        said = quoted("(see below)");
    }
    let id = text(response, "id").map(Cow::into_owned);
    let name = text(response, "name").unwrap_or_default().into_owned();
    CallResult { id, name, text: said, media }
}

/// What a result says, as a JSON string: its `output`, `result` or `error` where it has nothing else, else its JSON.
fn said(response: &RawValue) -> String {
    let Ok(object) = RawObject::of(response) else { return plain(response) };
    // A name beside the content repeats that of the call.
    let mut members = object.members.iter().filter(|(name, _)| name != "name");
    match (members.next(), members.next()) {
        (Some((name, value)), None) if ["output", "result", "content"].contains(&&**name) => {
            plain(value)
        }
        (Some((name, value)), None) if name == "error" => {
            let mut text = plain(value);
            text.insert_str(1, "Error: ");
            text
        }
        _ => quoted(response.get()),
    }
}

/// A text as it reads, anything else as JSON.
fn plain(value: &RawValue) -> String {
    match Kind::of(value) {
        Kind::String => value.get().to_owned(),
        Kind::Null => quoted(""),
        _ => quoted(value.get()),
    }
}
