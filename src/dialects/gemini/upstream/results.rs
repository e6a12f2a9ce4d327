//! Tool calls that wait for their results. Gemini wants exactly as many `functionResponse` parts
//! as there were calls, all in the very next content.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::media;
use super::request::{Blob, FunctionResponse, Part, Payload, Response, ToolOutput};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::json::RawObject;
use crate::dialects::place::{InMessage, Member};
use crate::domain::capabilities::{Capabilities, ThinkingStyle};
use crate::domain::chat::{self, AssistantMessage, ToolCall};

/// The calls of one assistant message, each with its result once that came.
#[derive(Debug)]
pub(super) struct OpenCalls<'a> {
    calls: Vec<(&'a ToolCall, Option<FunctionResponse<'a>>)>,
    /// Media that stands beside the results, not in them.
    beside: Vec<Part<'a>>,
    /// Of the assistant's message.
    index: usize,
}

impl<'a> OpenCalls<'a> {
    /// `None` when nothing was called.
    pub(super) fn of(message: &'a AssistantMessage, index: usize) -> Option<Self> {
        let calls: Vec<_> = message.tool_calls().map(|call| (call, None)).collect();
        (!calls.is_empty()).then_some(Self { calls, beside: Vec::new(), index })
    }

    /// # Errors
    /// When no call with that id waits, or a part of the result cannot be carried.
    pub(super) fn take(
        &mut self,
        call_id: &'a str,
        content: &'a [chat::Part],
        is_error: bool,
        place: InMessage,
        capabilities: &Capabilities,
        dropped: &mut Dropped,
    ) -> Result<(), Untranslatable> {
        let waiting =
            self.calls.iter_mut().find(|(call, result)| call.id == call_id && result.is_none());
        let Some((call, result)) = waiting else {
            let place = place.member(Member::CallId);
            let complaint = format!(": no call `{call_id}` waits for a result");
            let bad = Untranslatable::at(place, complaint);
            return Err(bad.because_of(InMessage::at(self.index)));
        };
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
        *result = Some(FunctionResponse { id: &call.id, name: &call.name, response, parts });
        Ok(())
    }

    /// # Errors
    /// When a call got no result.
    pub(super) fn close(self) -> Result<Vec<Part<'a>>, Untranslatable> {
        let mut parts = Vec::with_capacity(self.calls.len() + self.beside.len());
        for (index, (call, result)) in self.calls.into_iter().enumerate() {
            let Some(result) = result else {
                let place = InMessage::at(self.index).call(index);
                let complaint = format!(
                    ": the call `{}` has no result: send a tool message for it next",
                    call.id
                );
                return Err(Untranslatable::at(place, complaint));
            };
            parts.push(Part::from(Payload::FunctionResponse(result)));
        }
        parts.extend(self.beside);
        Ok(parts)
    }
}

/// Texts stand on lines of their own.
fn append<'a>(text: &mut Cow<'a, str>, piece: &'a str) {
    if text.is_empty() {
        *text = Cow::Borrowed(piece);
    } else if !piece.is_empty() {
        let text = text.to_mut();
        text.push('\n');
        text.push_str(piece);
    }
}

/// A result holds media from Gemini 3 on, and then these types; everything else stands beside.
///
/// Source: Gemini API, "Function calling", "Multimodal function responses".
fn fits_inside(data: &Payload<'_>, capabilities: &Capabilities) -> bool {
    let Payload::InlineData(Blob { mime_type, .. }) = data else { return false };
    capabilities.thinking == ThinkingStyle::Level
        && ["image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"]
            .contains(mime_type)
}

/// What the tool said, as the object that Gemini wants.
fn response(text: Cow<'_, str>, is_error: bool) -> Response<'_> {
    match (object_in(&text), is_error) {
        (Some(object), false) => Response::Object(object),
        (Some(object), true) => Response::Error(ToolOutput::Object(object)),
        (None, false) => Response::Result(text),
        (None, true) => Response::Error(ToolOutput::Text(text)),
    }
}

/// The text itself if it is a JSON object. One that has a key twice is none: it is kept as text.
fn object_in(text: &str) -> Option<Box<RawValue>> {
    RawObject::parse(text.as_bytes()).ok()?;
    serde_json::from_str(text).ok()
}
