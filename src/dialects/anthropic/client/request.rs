//! Checks a request and converts it into a chat body. Only what the router acts on is checked: what
//! it does not know is left to an upstream that speaks Messages, and is left out, or becomes text,
//! for any other.

use bytes::Bytes;

use super::findings::{Findings, bad};
use super::messages;
use super::origins::Origins;
use super::{parameters, tools};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::present;
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::body;

/// What the client sent, beside the chat body that was made of it.
#[derive(Clone, Debug)]
pub struct Own {
    pub body: JsonBody,
    pub origins: Origins,
    /// What of it no other API can be sent.
    pub fault: Option<BadRequest>,
    /// What of it other APIs are not sent: a tool of the vendor's servers, a type of block.
    pub left_out: Vec<String>,
}

/// The types of the members that the router acts on; `null` counts as absent.
const TYPES: [(&str, &[Kind]); 15] = [
    ("model", &[Kind::String]),
    ("messages", &[Kind::Array]),
    ("max_tokens", &[Kind::Number]),
    ("system", &[Kind::String, Kind::Array]),
    ("stream", &[Kind::Bool]),
    ("tools", &[Kind::Array]),
    ("tool_choice", &[Kind::Object]),
    ("temperature", &[Kind::Number]),
    ("top_p", &[Kind::Number]),
    ("top_k", &[Kind::Number]),
    ("stop_sequences", &[Kind::Array]),
    ("thinking", &[Kind::Object]),
    ("output_config", &[Kind::Object]),
    ("metadata", &[Kind::Object]),
    ("service_tier", &[Kind::String]),
];

/// The chat body, and what the client sent.
///
/// # Errors
/// When the bytes are no JSON object, or a member that is acted on is wrong.
pub fn decode(bytes: Bytes) -> Result<(JsonBody, Own), BadRequest> {
    let mut converted = None;
    let body = JsonBody::parse(bytes, |object| {
        check(object)?;
        converted = Some(convert(object)?);
        Ok(())
    })?;
    let Some(Converted { chat, origins, fault, left_out }) = converted else {
        return Err(BadRequest { message: String::from("the body cannot be read"), param: None });
    };
    let chat = body::parse(chat).map_err(|bad| origins.respelled(bad))?;
    Ok((chat, Own { body, origins, fault, left_out }))
}

struct Converted {
    chat: Bytes,
    origins: Origins,
    fault: Option<BadRequest>,
    left_out: Vec<String>,
}

fn check(object: &RawObject<'_>) -> Result<(), BadRequest> {
    for (name, expected) in TYPES {
        let Some(value) = present(object, name) else { continue };
        let found = Kind::of(value);
        if !expected.contains(&found) {
            let expected: Vec<&str> = expected.iter().map(|kind| kind.as_str()).collect();
            let complaint = format!("must be {}, not {}", expected.join(" or "), found.as_str());
            return Err(bad(name, &complaint));
        }
    }
    Ok(())
}

fn convert(object: &RawObject<'_>) -> Result<Converted, BadRequest> {
    let mut findings = Findings::default();
    let mut chat = Object::default();
    if let Some(model) = present(object, "model") {
        chat.raw("model", model.get());
    }
    let messages = messages::convert(object, &mut findings)?;
    chat.raw("messages", &list(&messages));
    parameters::convert(object, &mut chat, &mut findings);
    tools::convert(object, &mut chat, &mut findings);
    let Findings { origins, fault, left_out } = findings;
    Ok(Converted { chat: Bytes::from(chat.finish()), origins, fault, left_out })
}

#[cfg(test)]
mod tests;
