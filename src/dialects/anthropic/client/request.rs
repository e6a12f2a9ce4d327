//! Checks a request, and converts it into a chat body once something asks for that. Only what the
//! router acts on is checked: what it does not know is left to an upstream that speaks Messages, and
//! is left out, or becomes text, for any other.

use bytes::Bytes;

use super::facts;
use super::findings::{Findings, bad};
use super::messages;
use super::origins::Origins;
use super::{parameters, tools};
use crate::dialects::conversion::{self, Conversion};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{is_filled_list, present};
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::domain::facts::RequestFacts;

/// What the client sent, and the chat body that is made of it once an upstream of another API is
/// called, or a limit of a key asks for it.
#[derive(Clone, Debug)]
pub struct Own {
    pub body: JsonBody,
    conversion: Conversion<Origins>,
}

pub type Converted = conversion::Converted<Origins>;

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

/// What the client sent, its facts, and an error in its preferences.
///
/// # Errors
/// When the bytes are no JSON object, a member that is acted on is wrong, or there is no message.
pub fn read(bytes: Bytes) -> Result<(Own, (RequestFacts, Option<BadRequest>)), BadRequest> {
    let body = JsonBody::parse(bytes, check)?;
    let facts = facts::read(&body);
    Ok((Own { body, conversion: Conversion::default() }, facts))
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
    let Some(messages) = present(object, "messages") else {
        return Err(bad("messages", "Field required"));
    };
    if !is_filled_list(messages.get().as_bytes()) {
        return Err(bad("messages", "at least one message is required"));
    }
    Ok(())
}

impl Own {
    /// # Errors
    /// When no chat can be made of it, with the place.
    pub fn converted(&self) -> Result<&Converted, BadRequest> {
        self.conversion.done(|| convert(&self.body))
    }

    /// An error of the chat body with the client's place.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        self.conversion.respelled(bad)
    }
}

fn convert(body: &JsonBody) -> Result<Converted, BadRequest> {
    let object = &body.object();
    let mut findings = Findings::default();
    let mut chat = Object::of_body();
    if let Some(model) = present(object, "model") {
        chat.raw("model", model.get());
    }
    let messages = messages::convert(object, &mut findings)?;
    chat.raw("messages", &list(&messages));
    parameters::convert(object, &mut chat, &mut findings);
    tools::convert(object, &mut chat, &mut findings);
    findings.with_chat(chat)
}

#[cfg(test)]
mod tests;
