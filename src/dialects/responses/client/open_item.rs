//! The item of a stream that is not ended yet.

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::events::Events;
use super::names::{CallKind, Called};
use super::output;
use crate::domain::search::Citation;

#[derive(Debug)]
pub(super) enum OpenItem {
    Message(OpenMessage),
    Reasoning(OpenReasoning),
    Call(OpenCall),
}

#[derive(Debug)]
pub(super) struct OpenMessage {
    id: String,
    /// The parts that are complete.
    content: Vec<Value>,
    part: Option<OpenPart>,
}

/// What goes with a piece of text.
pub(super) struct Place {
    pub is_refusal: bool,
    /// Where it begins in the text of the answer, in characters.
    pub start: usize,
    pub logprobs: Vec<Value>,
}

#[derive(Debug)]
struct OpenPart {
    is_refusal: bool,
    text: String,
    /// Where it begins in the text of the answer, in characters.
    start: usize,
    annotations: Vec<Value>,
    logprobs: Vec<Value>,
}

#[derive(Debug)]
pub(super) struct OpenReasoning {
    id: String,
    text: String,
}

#[derive(Debug)]
pub(super) struct OpenCall {
    id: String,
    /// The upstream's.
    index: u64,
    call_id: String,
    called: Called,
    arguments: String,
}

impl OpenItem {
    pub(super) fn message(id: String) -> Self {
        Self::Message(OpenMessage { id, content: Vec::new(), part: None })
    }

    pub(super) fn reasoning(id: String) -> Self {
        Self::Reasoning(OpenReasoning { id, text: String::new() })
    }

    pub(super) fn call(id: String, index: u64, call_id: String, called: Called) -> Self {
        Self::Call(OpenCall { id, index, call_id, called, arguments: String::new() })
    }

    pub(super) fn is_call(&self, at: u64) -> bool {
        matches!(self, Self::Call(call) if call.index == at)
    }

    /// Whether it is a call whose arguments are not complete.
    pub(super) fn is_blocked(&self) -> bool {
        match self {
            Self::Call(call) => serde_json::from_str::<IgnoredAny>(&call.arguments).is_err(),
            Self::Message(_) | Self::Reasoning(_) => false,
        }
    }

    pub(super) fn as_begun(&self) -> Value {
        match self {
            Self::Message(message) => output::message(&message.id, "in_progress", &[]),
            Self::Reasoning(reasoning) => output::reasoning(&reasoning.id, "", None),
            Self::Call(OpenCall { id, call_id, called, .. }) => {
                output::call(id, "in_progress", call_id, called, "")
            }
        }
    }

    /// More of a reasoning's text or of a call's arguments. `place`: the item's index in the output.
    pub(super) fn add(&mut self, more: &str, place: u64, events: &mut Events, out: &mut Vec<u8>) {
        match self {
            Self::Message(_) => {}
            Self::Reasoning(reasoning) => reasoning.think(more, place, events, out),
            Self::Call(call) => {
                call.arguments.push_str(more);
                // A text within JSON is told when it is complete.
                if call.called.kind == CallKind::Function {
                    let event = json!({"item_id": call.id, "output_index": place, "delta": more});
                    events.write("function_call_arguments.delta", event, out);
                }
            }
        }
    }

    /// The events before its last one, and the item as it is then. `sealed`: what goes with reasoning.
    pub(super) fn end(
        self,
        sealed: Option<&str>,
        place: u64,
        events: &mut Events,
        out: &mut Vec<u8>,
    ) -> Value {
        match self {
            Self::Message(mut message) => {
                message.end_part(place, events, out);
                output::message(&message.id, "completed", &message.content)
            }
            Self::Reasoning(reasoning) => {
                reasoning.end(place, events, out);
                output::reasoning(&reasoning.id, &reasoning.text, sealed)
            }
            Self::Call(call) => call.end(place, events, out),
        }
    }
}

impl OpenMessage {
    pub(super) fn say(
        &mut self,
        text: &str,
        Place { is_refusal, start, logprobs }: Place,
        place: u64,
        events: &mut Events,
        out: &mut Vec<u8>,
    ) {
        if self.part.as_ref().is_none_or(|part| part.is_refusal != is_refusal) {
            self.end_part(place, events, out);
            let part = match is_refusal {
                true => output::refusal_part(""),
                false => output::text_part(""),
            };
            let mut event = self.at(place);
            put(&mut event, "part", part);
            events.write("content_part.added", event, out);
            let (text, annotations, logprobs) = (String::new(), Vec::new(), Vec::new());
            self.part = Some(OpenPart { is_refusal, text, start, annotations, logprobs });
        }
        let mut event = self.at(place);
        put(&mut event, "delta", Value::from(text));
        if let Some(part) = &mut self.part {
            part.text.push_str(text);
        }
        if is_refusal {
            events.write("refusal.delta", event, out);
        } else {
            put(&mut event, "logprobs", Value::from(logprobs.clone()));
            if let Some(part) = &mut self.part {
                part.logprobs.extend(logprobs);
            }
            events.write("output_text.delta", event, out);
        }
    }

    /// Of tokens that were told behind their text.
    pub(super) fn add_logprobs(&mut self, tokens: &mut Vec<Value>) {
        if let Some(part) = self.part.as_mut().filter(|part| !part.is_refusal) {
            part.logprobs.append(tokens);
        }
    }

    /// Of the text of the open part.
    pub(super) fn cite(
        &mut self,
        citation: &Citation,
        place: u64,
        events: &mut Events,
        out: &mut Vec<u8>,
    ) {
        let mut event = self.at(place);
        let Some(part) = self.part.as_mut().filter(|part| !part.is_refusal) else { return };
        let annotation = output::annotation(citation, part.start);
        put(&mut event, "annotation_index", Value::from(part.annotations.len()));
        put(&mut event, "annotation", annotation.clone());
        part.annotations.push(annotation);
        events.write("output_text.annotation.added", event, out);
    }

    fn end_part(&mut self, place: u64, events: &mut Events, out: &mut Vec<u8>) {
        let Some(OpenPart { is_refusal, text, annotations, logprobs, .. }) = self.part.take()
        else {
            return;
        };
        let mut done = self.at(place);
        let part = if is_refusal {
            put(&mut done, "refusal", Value::from(text.as_str()));
            events.write("refusal.done", done, out);
            output::refusal_part(&text)
        } else {
            put(&mut done, "text", Value::from(text.as_str()));
            put(&mut done, "logprobs", Value::from(logprobs.clone()));
            events.write("output_text.done", done, out);
            let mut part = output::text_part(&text);
            output::annotate(&mut part, annotations);
            output::add_logprobs(&mut part, logprobs);
            part
        };
        let mut event = self.at(place);
        put(&mut event, "part", part.clone());
        events.write("content_part.done", event, out);
        self.content.push(part);
    }

    /// The members that say where its part is.
    fn at(&self, place: u64) -> Value {
        json!({"item_id": self.id, "output_index": place, "content_index": self.content.len()})
    }
}

fn put(event: &mut Value, name: &str, value: Value) {
    if let Some(members) = event.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

impl OpenReasoning {
    fn at(&self, place: u64) -> Value {
        json!({"item_id": self.id, "output_index": place, "summary_index": 0})
    }

    fn think(&mut self, text: &str, place: u64, events: &mut Events, out: &mut Vec<u8>) {
        if self.text.is_empty() {
            let mut event = self.at(place);
            put(&mut event, "part", output::summary_part(""));
            events.write("reasoning_summary_part.added", event, out);
        }
        self.text.push_str(text);
        let mut event = self.at(place);
        put(&mut event, "delta", Value::from(text));
        events.write("reasoning_summary_text.delta", event, out);
    }

    fn end(&self, place: u64, events: &mut Events, out: &mut Vec<u8>) {
        if self.text.is_empty() {
            return;
        }
        let mut done = self.at(place);
        put(&mut done, "text", Value::from(self.text.as_str()));
        events.write("reasoning_summary_text.done", done, out);
        let mut event = self.at(place);
        put(&mut event, "part", output::summary_part(&self.text));
        events.write("reasoning_summary_part.done", event, out);
    }
}

impl OpenCall {
    fn end(self, place: u64, events: &mut Events, out: &mut Vec<u8>) -> Value {
        let Self { id, call_id, called, mut arguments, .. } = self;
        match called.kind {
            CallKind::Function => {
                if arguments.trim().is_empty() {
                    arguments = String::from("{}");
                }
                let event = json!({
                    "item_id": id, "output_index": place, "name": called.name,
                    "arguments": arguments,
                });
                events.write("function_call_arguments.done", event, out);
            }
            CallKind::Custom => {
                let input = output::input(&arguments);
                let event = json!({"item_id": id, "output_index": place, "delta": input});
                events.write("custom_tool_call_input.delta", event, out);
                let event = json!({"item_id": id, "output_index": place, "input": input});
                events.write("custom_tool_call_input.done", event, out);
            }
            CallKind::LocalShell
            | CallKind::Shell
            | CallKind::ApplyPatch
            | CallKind::ToolSearch => {}
        }
        output::call(&id, "completed", &call_id, &called, &arguments)
    }
}
