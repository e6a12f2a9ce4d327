//! Checks a request and converts it into a chat body. Only what the router acts on is checked: what
//! it does not know is left to an upstream that speaks `generateContent`, and is left out, or becomes
//! text, for any other.

use bytes::Bytes;

use super::findings::{Findings, bad};
use super::members::{is_true, member, object};
use super::origins::Origins;
use super::{contents, generation, tools};
use crate::dialects::conversion;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::body;

/// What the client sent, and the chat body that was made of it.
#[derive(Clone, Debug)]
pub struct Own {
    pub body: JsonBody,
    pub chat: JsonBody,
    pub origins: Origins,
    /// What of it no other API can be sent.
    pub fault: Option<BadRequest>,
    /// What of it other APIs are not sent: a tool of the vendor's servers, a type of part.
    pub left_out: Vec<String>,
    /// Whether the answer shows thinking.
    pub includes_thoughts: bool,
    pub is_stream: bool,
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

/// `model`: of the path.
///
/// # Errors
/// When the bytes are no JSON object, or a member that is acted on is wrong.
pub fn decode(bytes: Bytes, model: &str, is_stream: bool) -> Result<Own, BadRequest> {
    let mut converted = None;
    let body = JsonBody::parse(bytes, |object| {
        check(object)?;
        converted = Some(convert(object, model, is_stream)?);
        Ok(())
    })?;
    let Some((chat, findings, includes_thoughts)) = converted else {
        return Err(BadRequest { message: String::from("the body cannot be read"), param: None });
    };
    let Findings { origins, fault, left_out } = findings;
    let chat = body::parse(chat).map_err(|bad| conversion::Origins::respelled(&origins, bad))?;
    Ok(Own { body, chat, origins, fault, left_out, includes_thoughts, is_stream })
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
    Ok(())
}

fn convert(
    request: &RawObject<'_>,
    model: &str,
    is_stream: bool,
) -> Result<(Bytes, Findings, bool), BadRequest> {
    let mut findings = Findings::default();
    let mut chat = Object::default();
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
    let thinking = object(&config, "thinkingConfig").unwrap_or_default();
    let includes_thoughts = is_true(&thinking, "includeThoughts");
    Ok((Bytes::from(chat.finish()), findings, includes_thoughts))
}

#[cfg(test)]
mod tests;
