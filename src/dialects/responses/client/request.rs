//! Checks a request and converts it into a chat body. Only what the router acts on is checked: what
//! it does not know is left to an upstream that speaks Responses, and is left out, or becomes text,
//! for any other.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;

use super::echo::Echo;
use super::findings::{Findings, Origins, bad};
use super::names::ToolNames;
use super::{input, parameters, tools};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::present;
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::body;

/// What the client sent.
#[derive(Clone, Debug)]
pub struct Own {
    pub body: JsonBody,
    /// The chat body that was made of it.
    pub chat: JsonBody,
    pub origins: Origins,
    /// What of it no other API can be sent.
    pub fault: Option<BadRequest>,
    /// What of it other APIs are not sent: a tool of the vendor's servers, a type of item.
    pub left_out: Vec<String>,
    pub tools: ToolNames,
    /// A summary of the conversation is asked for, as an item that replaces it.
    pub is_compaction: bool,
    /// It came by the route that does only that.
    pub is_compact_route: bool,
    /// The id of the response; empty where the router does not give one.
    pub id: String,
    /// Whether the response is kept.
    pub is_stored: bool,
    /// What the answer repeats.
    pub echo: Echo,
    /// How many events were sent before the first of the answer.
    pub opening: Arc<AtomicU64>,
}

impl Own {
    /// Whether the answer shows what is sealed: the client asks for it, or a later request goes on
    /// from the answer as it is kept.
    pub(super) fn shows_sealed(&self) -> bool {
        self.echo.wants_sealed || self.is_stored
    }
}

/// The types of the members that the router acts on; `null` counts as absent.
const TYPES: [(&str, &[Kind]); 14] = [
    ("model", &[Kind::String]),
    ("input", &[Kind::String, Kind::Array]),
    ("instructions", &[Kind::String, Kind::Array]),
    ("previous_response_id", &[Kind::String]),
    ("stream", &[Kind::Bool]),
    ("store", &[Kind::Bool]),
    ("background", &[Kind::Bool]),
    ("tools", &[Kind::Array]),
    ("tool_choice", &[Kind::String, Kind::Object]),
    ("temperature", &[Kind::Number]),
    ("top_p", &[Kind::Number]),
    ("max_output_tokens", &[Kind::Number]),
    ("reasoning", &[Kind::Object]),
    ("text", &[Kind::Object]),
];

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Answer,
    /// A summary of the conversation.
    Compaction,
}

/// What the client sent, and the chat body that is made of it.
///
/// # Errors
/// When the bytes are no JSON object, or a member that is acted on is wrong.
pub fn decode(bytes: Bytes, purpose: Purpose) -> Result<Own, BadRequest> {
    let mut converted = None;
    let body = JsonBody::parse(bytes, |object| {
        check(object)?;
        converted = Some(convert(object, purpose)?);
        Ok(())
    })?;
    let Some(Converted { chat, findings, tools, is_compaction, echo }) = converted else {
        return Err(BadRequest { message: String::from("the body cannot be read"), param: None });
    };
    let Findings { origins, fault, left_out } = findings;
    let chat = body::parse(chat).map_err(|bad| origins.respelled(bad))?;
    Ok(Own {
        body,
        chat,
        origins,
        fault,
        left_out,
        tools,
        is_compaction,
        is_compact_route: purpose == Purpose::Compaction,
        id: String::new(),
        is_stored: false,
        echo,
        opening: Arc::default(),
    })
}

struct Converted {
    chat: Bytes,
    findings: Findings,
    tools: ToolNames,
    is_compaction: bool,
    echo: Echo,
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
    let may_lack_input = ["prompt", "conversation", "previous_response_id"];
    let has_other = may_lack_input.iter().any(|name| present(object, name).is_some());
    if present(object, "input").is_none() && !has_other {
        return Err(bad("input", "is missing"));
    }
    Ok(())
}

fn convert(object: &RawObject<'_>, purpose: Purpose) -> Result<Converted, BadRequest> {
    let mut findings = Findings::default();
    let items = input::items(object)?;
    let tools = tools::read(object, &items, &mut findings);
    let asks = purpose == Purpose::Compaction;
    let (mut messages, is_compaction) =
        input::convert(object, &items, &tools.names, asks, &mut findings);
    if messages.is_empty() {
        // What a kept prompt says is not known, nor what is in items of tomorrow.
        let is_kept = present(object, "prompt").or_else(|| present(object, "conversation"));
        if is_kept.is_none() && items.is_empty() {
            return Err(bad("input", "is empty: send a text or at least one item"));
        }
        findings.cannot_be_sent("input", "holds nothing that this model can be sent");
        messages.push(String::from(r#"{"role":"user","content":""}"#));
    }
    let mut chat = Object::default();
    if let Some(model) = present(object, "model") {
        chat.raw("model", model.get());
    }
    chat.raw("messages", &list(&messages));
    parameters::convert(object, &mut chat, &mut findings);
    if !is_compaction {
        tools.write(object, &mut chat, &mut findings);
    }
    let echo = Echo::of(object);
    let chat = Bytes::from(chat.finish());
    Ok(Converted { chat, findings, tools: tools.names, is_compaction, echo })
}

#[cfg(test)]
mod tests;
