//! Checks a request, and converts it into a chat body once something asks for that. Only what the
//! router acts on is checked: what it does not know is left to an upstream that speaks
//! `generateContent`, and is left out, or becomes text, for any other.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::findings::{Findings, bad};
use super::members::{is_true, member, object, value_of};
use super::origins::Origins;
use super::{contents, facts, generation, tools};
use crate::dialects::conversion::{self, Conversion};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::is_filled_list;
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::domain::facts::RequestFacts;

/// What the client sent, and the chat body that is made of it once an upstream of another API is
/// called, or a limit of a key asks for it.
#[derive(Clone, Debug)]
pub struct Own {
    pub body: JsonBody,
    conversion: Conversion<Origins>,
    /// Of the path.
    model: String,
    pub is_stream: bool,
}

pub type Converted = conversion::Converted<Origins>;

impl Own {
    /// # Errors
    /// When no chat can be made of it, with the place.
    pub fn converted(&self) -> Result<&Converted, BadRequest> {
        self.conversion.done(|| convert(&self.body, &self.model, self.is_stream))
    }

    /// An error of the chat body with the client's place.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        self.conversion.respelled(bad)
    }

    /// Whether the answer shows thinking.
    pub fn includes_thoughts(&self) -> bool {
        let config = value_of(&self.body, "generationConfig").and_then(|it| RawObject::of(it).ok());
        let thinking = config.and_then(|config| object(&config, "thinkingConfig"));
        thinking.is_some_and(|thinking| is_true(&thinking, "includeThoughts"))
    }
}

/// The types of the members that the router acts on; `null` counts as absent.
const TYPES: [(&str, &[Kind]); 6] = [
    ("contents", &[Kind::Array, Kind::Object]),
    ("systemInstruction", &[Kind::Object, Kind::String]),
    ("tools", &[Kind::Array, Kind::Object]),
    ("toolConfig", &[Kind::Object]),
    ("generationConfig", &[Kind::Object]),
    ("cachedContent", &[Kind::String]),
];

/// Members that change no answer of another API, or that other files convert.
const SILENT: [&str; 13] = [
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "cachedContent",
    "safetySettings",
    "labels",
    "model",
    "provider",
    "models",
    "serviceTier",
    "store",
];

/// What the client sent, its facts, and an error in its preferences. `model`: of the path.
///
/// # Errors
/// When the bytes are no JSON object, a member that is acted on is wrong, or there is no content.
pub fn read(
    bytes: Bytes,
    model: String,
    is_stream: bool,
) -> Result<(Own, (RequestFacts, Option<BadRequest>)), BadRequest> {
    let body = JsonBody::parse(bytes, check)?;
    let facts = facts::read(&body, &model, is_stream);
    Ok((Own { body, conversion: Conversion::default(), model, is_stream }, facts))
}

/// What a body to count holds: the request itself, or its contents alone.
pub fn counted(bytes: Bytes) -> Bytes {
    let Ok(outer) = RawObject::parse(&bytes) else { return bytes };
    match member(&outer, "generateContentRequest") {
        Some(inner) if Kind::of(inner) == Kind::Object => bytes.slice_ref(inner.get().as_bytes()),
        _ => bytes.clone(),
    }
}

fn check(object: &RawObject<'_>) -> Result<(), BadRequest> {
    for (name, expected) in TYPES {
        let Some(value) = member(object, name) else { continue };
        let found = Kind::of(value);
        if !expected.contains(&found) {
            let expected: Vec<&str> = expected.iter().map(|kind| kind.as_str()).collect();
            let complaint = format!("must be {}, not {}", expected.join(" or "), found.as_str());
            return Err(bad(name, &complaint));
        }
    }
    let contents = member(object, "contents");
    let is_empty =
        |it: &RawValue| Kind::of(it) == Kind::Array && !is_filled_list(it.get().as_bytes());
    match contents {
        Some(contents) if !is_empty(contents) => Ok(()),
        _ => Err(bad("contents", "contents is not specified")),
    }
}

fn convert(body: &JsonBody, model: &str, is_stream: bool) -> Result<Converted, BadRequest> {
    let request = &body.object();
    let mut findings = Findings::default();
    let mut chat = Object::of_body();
    chat.text("model", model);
    let messages = contents::convert(request, &mut findings)?;
    chat.raw("messages", &list(&messages));
    if is_stream {
        chat.raw("stream", "true").raw("stream_options", r#"{"include_usage":true}"#);
    }
    for name in ["provider", "models"] {
        if let Some(preference) = member(request, name) {
            chat.raw(name, preference.get());
        }
    }
    let config = object(request, "generationConfig").unwrap_or_default();
    generation::convert(&config, &mut chat, &mut findings)?;
    tools::convert(request, &mut chat, &mut findings);
    if member(request, "cachedContent").is_some_and(|name| name.get() != "\"\"") {
        let complaint = "a cache that was made at one provider cannot be used at another, and this \
                         model is not served by Gemini's API: send the whole `contents` instead";
        findings.cannot_be_sent("cachedContent", complaint);
    }
    for (name, value) in &request.members {
        let name = super::members::camel(name);
        if !SILENT.contains(&name.as_str()) && Kind::of(value) != Kind::Null {
            findings.leave_out(&name);
        }
    }
    findings.with_chat(chat)
}

#[cfg(test)]
mod tests;
