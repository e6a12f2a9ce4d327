//! One JSON document of a service, a whole answer or a piece of a stream, and where it says what.

use serde_json::Value;

use super::calls::{self, Fragment};
use super::usage;
use crate::config::payload_mapping::Places;
use crate::dialects::errors::UpstreamError;
use crate::dialects::openai::upstream::error;
use crate::domain::chat::FinishReason;
use crate::domain::usage::Usage;

/// Where services put the text. The first that holds one counts, were it empty: what stands in
/// a later one is something else.
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

/// What holds tool calls and reasoning. A router's answer holds OpenAI's in `raw`, which only
/// says the same again.
const MESSAGES: &[&str] = &["", "/message", "/choices/0/message", "/delta", "/choices/0/delta"];

pub(super) struct Document<'a> {
    text: &'a [u8],
    value: Value,
    places: &'a Places,
}

impl<'a> Document<'a> {
    /// # Errors
    /// When the text is no JSON.
    pub(super) fn parse(text: &'a [u8], places: &'a Places) -> serde_json::Result<Self> {
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

    /// The service's own word for it.
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
        // What a bare flag or code means stands beside it.
        if found.is_boolean() || found.is_number() {
            return Some(error::decode(self.text));
        }
        Some(error::decode(found.to_string().as_bytes()))
    }

    /// The error that a document of a stream is, where it holds no part of the answer. Many
    /// services number all that they say, so only a word or an HTTP status is the code of one.
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

    /// In a router's stream, only the provider's own chunk has them from the beginning.
    fn name(&self, name: &str) -> String {
        let own = self.value.get(name).and_then(Value::as_str);
        let raw = || self.value.get("raw")?.get(name)?.as_str();
        own.or_else(raw).unwrap_or_default().to_owned()
    }

    pub(super) fn is_final(&self) -> bool {
        self.value.get("is_final") == Some(&Value::Bool(true))
    }

    /// Whether it says itself that it is not all.
    pub(super) fn is_only_a_piece(&self) -> bool {
        let is_there = |place| self.value.pointer(place).is_some_and(|value| !value.is_null());
        self.value.get("is_final") == Some(&Value::Bool(false))
            || is_there("/delta")
            || is_there("/choices/0/delta")
    }
}

/// A string, or the list of parts that some answer with.
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

/// Many services always have the member, empty where all is well.
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

/// The service's word in OpenAI's. An unknown one, or none, is a good end.
pub(super) fn finish_reason(word: Option<&str>, has_calls: bool) -> FinishReason {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("length" | "max_tokens") => FinishReason::Length,
        Some("tool_calls" | "tool_use") => FinishReason::ToolCalls,
        Some("content_filter") => FinishReason::ContentFilter,
        _ => FinishReason::Stop.with_calls(has_calls),
    }
}
