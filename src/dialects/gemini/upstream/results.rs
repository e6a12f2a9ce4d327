//! Pairs tool calls with their results. Gemini requires exactly as many `functionResponse` parts as
//! there were calls, all in the next content.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::media;
use super::request::{Blob, FunctionResponse, Part, Payload, Response, ToolOutput};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::json::RawObject;
use crate::dialects::place::InMessage;
use crate::dialects::tool_calls::{IdRule, Mismatch, ToolCalls, Why};
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::{self, AssistantMessage, ToolCall};

/// The calls of one assistant message, and the results so far.
#[derive(Debug)]
pub(super) struct OpenCalls<'a> {
    calls: ToolCalls<'a>,
    /// Each with the index of its call.
    results: Vec<(usize, FunctionResponse<'a>)>,
    /// Media next to the results, not in them.
    beside: Vec<Part<'a>>,
    /// The place of the assistant's message.
    place: InMessage,
}

impl<'a> OpenCalls<'a> {
    /// `None` for a message without calls. `place` is the message's.
    ///
    /// # Errors
    /// Never: Gemini accepts every id.
    pub(super) fn of(
        message: &'a AssistantMessage,
        place: InMessage,
    ) -> Result<Option<Self>, Untranslatable> {
        let mut calls = ToolCalls::new(IdRule::Any);
        for (index, call) in message.tool_calls().enumerate() {
            calls.open(call, place.call(index)).map_err(|bad| refused(bad, place))?;
        }
        let open = Self { calls, results: Vec::new(), beside: Vec::new(), place };
        Ok(message.has_tool_calls().then_some(open))
    }

    /// # Errors
    /// When no call with that id is open, or a part of the result cannot be translated.
    pub(super) fn take(
        &mut self,
        call_id: &'a str,
        content: &'a [chat::Part],
        is_error: bool,
        place: InMessage,
        capabilities: &Capabilities,
        dropped: &mut Dropped,
    ) -> Result<(), Untranslatable> {
        let called = self.place;
        let found = self.calls.answer(call_id, place).map_err(|bad| refused(bad, called))?;
        let (ToolCall { id, name, .. }, call) = (found.call, found.index);
        let mut text = Cow::Borrowed("");
        let mut parts = Vec::new();
        for (index, part) in content.iter().enumerate() {
            match media::encode(part, place.content(index), capabilities, dropped)? {
                Payload::Text(piece) => append(&mut text, piece),
                data if fits_inside(&data, capabilities) => parts.push(data),
                data => self.beside.push(Part::from(data)),
            }
        }
        let response = response(text, is_error);
        self.results.push((call, FunctionResponse { id, name, response, parts }));
        Ok(())
    }

    /// # Errors
    /// When a call has no result.
    pub(super) fn close(mut self) -> Result<Vec<Part<'a>>, Untranslatable> {
        self.calls.close().map_err(|bad| refused(bad, self.place))?;
        self.results.sort_unstable_by_key(|(call, _)| *call);
        let results = self.results.into_iter().map(|(_, result)| result);
        let results = results.map(|result| Part::from(Payload::FunctionResponse(result)));
        Ok(results.chain(self.beside).collect())
    }
}

/// `called` is the place of the message with the calls.
fn refused(bad: Mismatch<'_>, called: InMessage) -> Untranslatable {
    let Mismatch { why, id, place } = bad;
    match why {
        Why::NoResult => {
            let complaint =
                format!(": the call `{id}` has no result: send a tool message for it next");
            Untranslatable::at(place, complaint)
        }
        Why::NoCall | Why::SecondResult => {
            let complaint = format!(": no call `{id}` waits for a result");
            Untranslatable::at(place, complaint).because_of(called)
        }
        Why::NoId | Why::SameId => Untranslatable::at(place, " cannot be told from other calls"),
    }
}

/// Joins texts with line breaks.
fn append<'a>(text: &mut Cow<'a, str>, piece: &'a str) {
    if text.is_empty() {
        *text = Cow::Borrowed(piece);
    } else if !piece.is_empty() {
        let text = text.to_mut();
        text.push('\n');
        text.push_str(piece);
    }
}

/// From Gemini 3 on a result may hold media of these types; all other media goes next to it.
///
/// Source: Gemini API, "Function calling", "Multimodal function responses".
fn fits_inside(data: &Payload<'_>, capabilities: &Capabilities) -> bool {
    let Payload::InlineData(Blob { mime_type, .. }) = data else { return false };
    capabilities.thinking == ThinkingStyle::Level
        && ["image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"]
            .contains(mime_type)
}

/// The tool's output, as the object that Gemini requires.
fn response(text: Cow<'_, str>, is_error: bool) -> Response<'_> {
    match (object_in(&text), is_error) {
        (Some(object), false) => Response::Object(object),
        (Some(object), true) => Response::Error(ToolOutput::Object(object)),
        (None, false) => Response::Result(text),
        (None, true) => Response::Error(ToolOutput::Text(text)),
    }
}

/// The text, if it is a JSON object. One with a duplicate key is kept as text.
fn object_in(text: &str) -> Option<Box<RawValue>> {
    RawObject::parse(text.as_bytes()).ok()?;
    serde_json::from_str(text).ok()
}
