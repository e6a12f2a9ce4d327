//! Converts the parts of an item's content.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::findings::Findings;
use crate::dialects::json::fields::{object_of, present, string, text_of};
use crate::dialects::json::known;
use crate::dialects::json::write::{Object, quoted};
use crate::dialects::json::{Kind, RawObject};

/// A part of a chat message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As a JSON string.
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
}

/// A content as JSON: a string where it is only text of one piece.
pub(super) fn content(pieces: &[Piece]) -> String {
    match pieces {
        [] => quoted(""),
        [Piece::Text(only)] => only.clone(),
        pieces => {
            let parts: Vec<String> = pieces.iter().map(Piece::part).collect();
            format!("[{}]", parts.join(","))
        }
    }
}

/// The texts of a string or a list of parts.
pub(super) fn texts(content: &RawValue) -> Vec<String> {
    if Kind::of(content) == Kind::String {
        return string(content.get().as_bytes()).into_iter().map(Cow::into_owned).collect();
    }
    let parts = known::elements(content).unwrap_or_default();
    let text = |part: &RawValue| text_of(&RawObject::of(part).ok()?, "text").map(Cow::into_owned);
    parts.into_iter().filter_map(text).filter(|text| !text.is_empty()).collect()
}

/// The pieces of a content: a string, or parts. A part of an unknown type is left out, unless it has
/// a text.
pub(super) fn pieces(content: &RawValue, place: &str, findings: &mut Findings) -> Vec<Piece> {
    match Kind::of(content) {
        Kind::String => vec![Piece::Text(content.get().to_owned())],
        Kind::Array => {
            let parts = known::elements(content).unwrap_or_default();
            let mut found = Vec::with_capacity(parts.len());
            for (at, part) in parts.into_iter().enumerate() {
                let place = format!("{place}[{at}]");
                found.extend(piece(part, &place, findings));
            }
            found
        }
        Kind::Object => piece(content, place, findings).into_iter().collect(),
        Kind::Null => Vec::new(),
        Kind::Number | Kind::Bool => vec![Piece::Text(quoted(content.get()))],
    }
}

fn piece(part: &RawValue, place: &str, findings: &mut Findings) -> Option<Piece> {
    let Ok(object) = RawObject::of(part) else {
        return (Kind::of(part) == Kind::String).then(|| Piece::Text(part.get().to_owned()));
    };
    match &*text_of(&object, "type").unwrap_or_default() {
        "input_image" | "image_url" | "computer_screenshot" => image(&object, place, findings),
        "input_file" => file(&object, place, findings),
        "input_audio" => {
            let Some(audio) = present(&object, "input_audio") else {
                findings.cannot_be_sent(&format!("{place}.input_audio"), "is missing");
                return None;
            };
            let mut part = Object::default();
            part.text("type", "input_audio").raw("input_audio", audio.get());
            Some(Piece::Media(part.finish()))
        }
        kind => {
            let text = |name: &&str| object.get(name).filter(|it| Kind::of(it) == Kind::String);
            let text = ["text", "refusal"].iter().find_map(text);
            let Some(text) = text else {
                findings.leave_out(if kind.is_empty() { "content" } else { kind });
                return None;
            };
            // Some APIs refuse a part that says nothing.
            (text.get() != "\"\"").then(|| Piece::Text(text.get().to_owned()))
        }
    }
}

const UPLOADED: &str =
    "is a file that was uploaded to one provider, and cannot be sent to another; send its content";

fn image(part: &RawObject<'_>, place: &str, findings: &mut Findings) -> Option<Piece> {
    let nested = object_of(part, "image_url");
    let url = match &nested {
        Some(nested) => text_of(nested, "url"),
        None => text_of(part, "image_url"),
    };
    let Some(url) = url else {
        match present(part, "file_id") {
            Some(_) => findings.cannot_be_sent(&format!("{place}.file_id"), UPLOADED),
            None => findings.cannot_be_sent(&format!("{place}.image_url"), "is missing"),
        }
        return None;
    };
    let mut image = Object::default();
    image.text("url", &url);
    let detail = text_of(part, "detail");
    if let Some(detail) = detail.filter(|detail| matches!(&**detail, "low" | "high")) {
        image.text("detail", &detail);
    }
    let image = image.finish();
    let part = Object::default().text("type", "image_url").raw("image_url", &image).finish();
    Some(Piece::Media(part))
}

fn file(part: &RawObject<'_>, place: &str, findings: &mut Findings) -> Option<Piece> {
    let data = text_of(part, "file_data").filter(|data| !data.is_empty());
    let Some(data) = data.or_else(|| text_of(part, "file_url")) else {
        match present(part, "file_id") {
            Some(_) => findings.cannot_be_sent(&format!("{place}.file_id"), UPLOADED),
            None => findings.cannot_be_sent(&format!("{place}.file_data"), "is missing"),
        }
        return None;
    };
    let name = text_of(part, "filename").filter(|name| !name.is_empty());
    let name = name.as_deref().unwrap_or("document.pdf");
    let has_scheme = ["data:", "http:", "https:"].iter().any(|scheme| data.starts_with(scheme));
    let data = match has_scheme {
        true => data,
        false => Cow::Owned(format!("data:application/pdf;base64,{data}")),
    };
    let file = Object::default().text("filename", name).text("file_data", &data).finish();
    Some(Piece::Media(Object::default().text("type", "file").raw("file", &file).finish()))
}
