//! One JSON document of a service, a whole answer or a piece of a stream, and the locations of its
//! contents.

use serde_json::Value;

use super::calls::{self, Fragment};
use super::usage;
use crate::config::payload_mapping::ResponsePointers;
use crate::dialects::errors::UpstreamError;
use crate::dialects::openai::upstream::error;
use crate::domain::chat::FinishReason;
use crate::domain::usage::Usage;

/// The usual locations of the text. The first one that exists counts, even if it is empty: a later
/// one holds something else.
const TEXT: &[&str] = &[
    "/output_text",
    "/text",
    "/content",
    "/response",
    "/generated_text",
    "/answer",
    "/result",
    "/output",
    "/completion",
    "/message/content",
    "/choices/0/message/content",
    "/choices/0/text",
    "/0/generated_text",
    "/delta/content",
    "/choices/0/delta/content",
];

const FINISH_REASON: &[&str] = &["/finish_reason", "/stop_reason", "/choices/0/finish_reason"];

/// The objects that hold tool calls and reasoning. The answer of another router repeats OpenAI's in
/// `raw`.
const MESSAGES: &[&str] = &["", "/message", "/choices/0/message", "/delta", "/choices/0/delta"];

pub(super) struct Document<'a> {
    text: &'a [u8],
    value: Value,
    places: &'a ResponsePointers,
}

impl<'a> Document<'a> {
    /// # Errors
    /// When the text is no JSON.
    pub(super) fn parse(text: &'a [u8], places: &'a ResponsePointers) -> serde_json::Result<Self> {
        Ok(Self { text, value: serde_json::from_slice(text)?, places })
    }

    /// A number or a `null` cannot be an answer.
    pub(super) fn may_say_something(&self) -> bool {
        self.value.is_object() || self.value.is_array() || self.value.is_string()
    }

    pub(super) fn answer_text(&self) -> Option<String> {
        match &self.places.text {
            Some(place) => text_of(self.value.pointer(place)?),
            None if self.value.is_string() => text_of(&self.value),
            None => TEXT.iter().find_map(|place| text_of(self.value.pointer(place)?)),
        }
    }

    /// `reasoning_content` and `reasoning` are the same text under two names.
    pub(super) fn reasoning(&self) -> Option<&str> {
        let names = ["reasoning_content", "reasoning"];
        let mut found = MESSAGES.iter().flat_map(|message| {
            names.iter().filter_map(move |name| self.value.pointer(message)?.get(name)?.as_str())
        });
        found.find(|text| !text.is_empty())
    }

    pub(super) fn calls(&self) -> Vec<Fragment> {
        let lists = MESSAGES.iter().filter_map(|message| {
            let place = format!("{message}/tool_calls");
            let list = self.value.pointer(&place)?.as_array()?;
            (!list.is_empty()).then_some((place, list))
        });
        lists.take(1).flat_map(|(place, list)| calls::read(self.text, &place, list)).collect()
    }

    /// The service's own finish reason.
    pub(super) fn finish_word(&self) -> Option<&str> {
        let places = self.places.finish_reason.as_deref().into_iter();
        let mut words = places
            .chain(FINISH_REASON.iter().copied())
            .filter_map(|place| self.value.pointer(place)?.as_str());
        words.find(|word| !word.is_empty())
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        usage::read(&self.value, self.places)
    }

    pub(super) fn error(&self) -> Option<UpstreamError> {
        let places = self.places.error.as_deref().into_iter();
        let found = places
            .chain(["/error"])
            .filter_map(|place| self.value.pointer(place))
            .find(|error| says_something(error))?;
        // A bare flag or code is explained by the members beside it.
        if found.is_boolean() || found.is_number() {
            return Some(error::decode(self.text));
        }
        Some(error::decode(found.to_string().as_bytes()))
    }

    /// The error that a document of a stream represents, if it holds no part of the answer. Many
    /// services number their events, so only a text or an HTTP status counts as an error code.
    pub(super) fn instead_of_answer(&self) -> Option<UpstreamError> {
        if self.answer_text().is_some() || !self.calls().is_empty() {
            return None;
        }
        let is_status = |code: &Value| code.as_u64().is_some_and(|code| (400..600).contains(&code));
        let has_code =
            self.value.get("code").is_some_and(|code| code.is_string() || is_status(code));
        let is_named = self.value.get("object").is_some_and(|object| object == "error");
        (has_code || is_named).then(|| error::instead_of_answer(self.text))?
    }

    pub(super) fn id(&self) -> String {
        self.name("id")
    }

    pub(super) fn model(&self) -> String {
        self.name("model")
    }

    /// In the stream of another router, only the provider's own chunk has them from the beginning.
    fn name(&self, name: &str) -> String {
        let own = self.value.get(name).and_then(Value::as_str);
        let raw = || self.value.get("raw")?.get(name)?.as_str();
        own.or_else(raw).unwrap_or_default().to_owned()
    }

    pub(super) fn is_final(&self) -> bool {
        self.value.get("is_final") == Some(&Value::Bool(true))
    }

    /// Whether it declares itself incomplete.
    pub(super) fn is_only_a_piece(&self) -> bool {
        let is_there = |place| self.value.pointer(place).is_some_and(|value| !value.is_null());
        self.value.get("is_final") == Some(&Value::Bool(false))
            || is_there("/delta")
            || is_there("/choices/0/delta")
    }
}

/// A string, or a list of parts, as some services answer.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Vec<&str> =
                parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
            (!texts.is_empty()).then(|| texts.concat())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Many services always send the member, empty on success.
fn says_something(error: &Value) -> bool {
    match error {
        Value::Null => false,
        Value::Bool(is_error) => *is_error,
        Value::Number(code) => code.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Maps the service's finish reason to OpenAI's. An unknown one, or none, counts as a normal end.
pub(super) fn finish_reason(word: Option<&str>, has_calls: bool) -> FinishReason {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("length" | "max_tokens") => FinishReason::Length,
        Some("tool_calls" | "tool_use") => FinishReason::ToolCalls,
        Some("content_filter") => FinishReason::ContentFilter,
        _ => FinishReason::Stop.with_calls(has_calls),
    }
}
