//! Encodes a streamed answer as events. One item is open at a time: what comes while a call's
//! arguments are not complete waits for them, so calls that interleave become one item each, in the
//! order in which they began.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{called, no_summary};
use super::compaction;
use super::events::Events;
use super::open_item::{OpenItem, Place};
use super::output::{self, ItemIds};
use super::request::Own;
use super::response::{Frame, Status, asked, failed, response_id};
use super::usage::WireUsage;
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::call_ids;
use crate::dialects::envelope::Holds;
use crate::dialects::summary::Summary;
use crate::domain::chat::{Delta, FinishReason, Media, Seal};
use crate::domain::search::{Citation, Search};

pub const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

/// The format has one choice.
const CHOICE: u64 = 0;

/// Keeps a stream alive that holds the upstream's own events: clients pass over a type that they do
/// not know. A comment is no sign of life to some of them.
pub const KEEPALIVE: &[u8] = b"event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n";

/// Keeps a stream alive that has not begun: it begins it. `created`: in seconds since 1970.
pub fn open(own: &Own, created: i64) -> Bytes {
    let mut out = Vec::new();
    let mut events = Events { next: own.opening.load(Ordering::Relaxed) };
    let response = frame(own, created).write(Some(own), &Status::InProgress, &[], None);
    if events.next == 0 {
        events.of_response("created", &response, &mut out);
    }
    events.of_response("in_progress", &response, &mut out);
    own.opening.store(events.next, Ordering::Relaxed);
    Bytes::from(out)
}

/// The end of a stream that failed before its answer began. `error`: the body of the same error as a
/// whole answer.
pub fn fail(own: &Own, created: i64, error: &Value) -> Bytes {
    let mut out = Vec::new();
    if own.opening.load(Ordering::Relaxed) == 0 {
        out.extend_from_slice(&open(own, created));
    }
    let mut events = Events { next: own.opening.load(Ordering::Relaxed) };
    let response = frame(own, created).write(Some(own), &failed(error), &[], None);
    events.of_response("failed", &response, &mut out);
    Bytes::from(out)
}

fn frame(own: &Own, created: i64) -> Frame {
    Frame { id: response_id(Some(own), ""), created, model: own.model() }
}

/// Encodes one stream.
#[derive(Debug)]
pub struct Encoder {
    options: AnswerOptions,
    frame: Frame,
    events: Events,
    ids: ItemIds,
    has_begun: bool,
    /// Items begun so far.
    items: u64,
    /// The items that are complete.
    output: Vec<Value>,
    open: Option<OpenItem>,
    /// What waits for the open call to be complete.
    waiting: VecDeque<Piece>,
    reason: Option<FinishReason>,
    /// Characters of text.
    said: usize,
    /// Of the text that comes next, or came last.
    logprobs: Vec<Value>,
    /// The text where a summary is asked for.
    summary: String,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Refusal(String),
    Thinking(String),
    Signature(Seal),
    Opaque { id: Option<String>, sealed: Seal },
    Image(Media),
    Search(Search),
    Citation(Citation),
    Call { index: u64, id: String, name: String, signature: Option<String>, arguments: String },
}

impl Encoder {
    /// `created`: in seconds since 1970.
    pub fn new(options: AnswerOptions, created: i64) -> Self {
        Self {
            options,
            frame: Frame { created, ..Frame::default() },
            events: Events::default(),
            ids: ItemIds::default(),
            has_begun: false,
            items: 0,
            output: Vec::new(),
            open: None,
            waiting: VecDeque::new(),
            reason: None,
            said: 0,
            logprobs: Vec::new(),
            summary: String::new(),
        }
    }

    /// Appends the events for these deltas.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        for delta in deltas {
            self.encode_one(delta, out);
        }
    }

    fn encode_one(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let piece = match delta {
            // The first event waits for content: the call may yet go to another upstream.
            Delta::Begin { id, model } => {
                self.frame.id.clone_from(id);
                self.frame.model.clone_from(model);
                return;
            }
            Delta::Text { choice: CHOICE, text } => Piece::Text(text.clone()),
            Delta::Refusal { choice: CHOICE, text } => Piece::Refusal(text.clone()),
            Delta::Thinking { choice: CHOICE, text } => Piece::Thinking(text.clone()),
            Delta::ThinkingSignature { choice: CHOICE, signature } => {
                Piece::Signature(signature.clone())
            }
            Delta::ThinkingOpaque { choice: CHOICE, id, sealed } => {
                Piece::Opaque { id: id.clone(), sealed: sealed.clone() }
            }
            Delta::Logprobs { choice: CHOICE, logprobs } => {
                self.logprobs.extend(output::tokens(logprobs));
                return;
            }
            Delta::Search { choice: CHOICE, search } => Piece::Search(search.clone()),
            Delta::Citation { choice: CHOICE, citation } => Piece::Citation(citation.clone()),
            Delta::Image { choice: CHOICE, source } => Piece::Image(source.clone()),
            Delta::ToolCallBegin { choice: CHOICE, index, id, name, signature } => {
                let (index, arguments) = (*index, String::new());
                let (id, name, signature) = (id.clone(), name.clone(), signature.clone());
                Piece::Call { index, id, name, signature, arguments }
            }
            Delta::ToolCallArguments { choice: CHOICE, index, fragment } => {
                return self.add_arguments(*index, fragment, out);
            }
            Delta::Finish { choice: CHOICE, reason } => {
                self.reason.get_or_insert_with(|| reason.clone());
                return;
            }
            _ => return,
        };
        if asked(&self.options).is_some_and(|own| own.is_compaction) {
            if let Piece::Text(text) = piece {
                self.summary.push_str(&text);
            }
            return;
        }
        self.begin(out);
        self.waiting.push_back(piece);
        self.write_waiting(false, out);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let own = asked(&self.options);
        self.frame.id = response_id(own, &self.frame.id);
        self.ids = ItemIds::of(&self.frame.id);
        self.events.next = own.map_or(0, |own| own.opening.load(Ordering::Relaxed));
        if self.events.next == 0 {
            let response = self.response(&Status::InProgress, None);
            self.events.of_response("created", &response, out);
            self.events.of_response("in_progress", &response, out);
        }
    }

    fn response(&self, status: &Status, usage: Option<&WireUsage>) -> String {
        self.frame.write(asked(&self.options), status, &self.output, usage)
    }

    fn add_arguments(&mut self, at: u64, fragment: &str, out: &mut Vec<u8>) {
        if fragment.is_empty() {
            return;
        }
        let place = self.items.saturating_sub(1);
        if let Some(open) = self.open.as_mut().filter(|open| open.is_call(at)) {
            open.add(fragment, place, &mut self.events, out);
            self.write_waiting(false, out);
            return;
        }
        let mut waiting = self.waiting.iter_mut();
        let call = waiting.find_map(|piece| match piece {
            Piece::Call { index, arguments, .. } if *index == at => Some(arguments),
            _ => None,
        });
        if let Some(arguments) = call {
            arguments.push_str(fragment);
        }
    }

    fn write_waiting(&mut self, is_over: bool, out: &mut Vec<u8>) {
        let is_blocked = |open: &Option<OpenItem>| open.as_ref().is_some_and(OpenItem::is_blocked);
        while !self.waiting.is_empty() && (is_over || !is_blocked(&self.open)) {
            let Some(piece) = self.waiting.pop_front() else { return };
            self.write(piece, out);
        }
    }

    fn write(&mut self, piece: Piece, out: &mut Vec<u8>) {
        match piece {
            Piece::Text(text) => {
                self.say(&text, false, out);
                self.said += text.chars().count();
            }
            Piece::Refusal(text) => self.say(&text, true, out),
            Piece::Thinking(text) => {
                if !matches!(self.open, Some(OpenItem::Reasoning(_))) {
                    let item = OpenItem::reasoning(self.ids.next("rs"));
                    self.start(item, out);
                }
                let place = self.items.saturating_sub(1);
                if let Some(open) = &mut self.open {
                    open.add(&text, place, &mut self.events, out);
                }
            }
            Piece::Signature(seal) => {
                // A signature is of the thinking before it, which some models do not show.
                if matches!(self.open, Some(OpenItem::Reasoning(_))) {
                    let sealed = self.options.sealed(Holds::Seal, &seal, None);
                    self.end(Some(&sealed), out);
                } else {
                    let sealed = self.options.thinking(String::new(), Some(&seal));
                    self.add_sealed(&sealed, out);
                }
            }
            Piece::Opaque { id, sealed } => {
                let sealed = self.options.sealed(Holds::Opaque, &sealed, id.as_deref());
                self.add_sealed(&sealed, out);
            }
            Piece::Image(Media::Inline { data, .. }) => {
                self.end_open(out);
                let item = output::image(&self.ids.next("ig"), &data);
                self.add_item(item, out);
            }
            Piece::Search(found) => {
                self.end_open(out);
                self.add_search(&found, out);
            }
            // Another item may stand between the text and what it cites.
            Piece::Citation(citation) => {
                let place = self.items.saturating_sub(1);
                if let Some(OpenItem::Message(message)) = &mut self.open {
                    message.cite(&citation, place, &mut self.events, out);
                }
            }
            Piece::Image(source) => self.say(&output::media_text(&source), false, out),
            Piece::Call { index, id, name, signature, arguments } => {
                if let Some(signature) = signature {
                    let sealed = self.options.call_signature(&signature);
                    self.add_sealed(&sealed, out);
                }
                let called = called(asked(&self.options), &name);
                let item_id = self.ids.next(output::call_prefix(called.kind));
                let call_id = call_ids::plain(&id).into_owned();
                self.start(OpenItem::call(item_id, index, call_id, called), out);
                let place = self.items.saturating_sub(1);
                if let Some(open) = self.open.as_mut().filter(|_| !arguments.is_empty()) {
                    open.add(&arguments, place, &mut self.events, out);
                }
            }
        }
    }

    fn say(&mut self, text: &str, is_refusal: bool, out: &mut Vec<u8>) {
        if !matches!(self.open, Some(OpenItem::Message(_))) {
            let item = OpenItem::message(self.ids.next("msg"));
            self.start(item, out);
        }
        let place = self.items.saturating_sub(1);
        if let Some(OpenItem::Message(message)) = &mut self.open {
            let logprobs = if is_refusal { Vec::new() } else { std::mem::take(&mut self.logprobs) };
            let at = Place { is_refusal, start: self.said, logprobs };
            message.say(text, at, place, &mut self.events, out);
        }
    }

    /// An item that only holds what the client gives back; it is of no use where the client did not
    /// ask for it.
    fn add_sealed(&mut self, sealed: &str, out: &mut Vec<u8>) {
        self.end_open(out);
        if self.wants_sealed() {
            let item = output::reasoning(&self.ids.next("rs"), "", Some(sealed));
            self.add_item(item, out);
        }
    }

    fn add_search(&mut self, found: &Search, out: &mut Vec<u8>) {
        let id = self.ids.next("ws");
        let place = self.items;
        let item = output::search(&id, "in_progress", &Search::default());
        self.events.item_added(place, &item, out);
        for step in ["in_progress", "searching", "completed"] {
            let event = json!({"output_index": place, "item_id": id});
            self.events.write(&format!("web_search_call.{step}"), event, out);
        }
        let item = output::search(&id, "completed", found);
        self.events.item_done(place, &item, out);
        self.items += 1;
        self.output.push(item);
    }

    fn wants_sealed(&self) -> bool {
        asked(&self.options).is_some_and(Own::shows_sealed)
    }

    /// An item that comes whole.
    fn add_item(&mut self, item: Value, out: &mut Vec<u8>) {
        self.events.item_added(self.items, &item, out);
        self.events.item_done(self.items, &item, out);
        self.items += 1;
        self.output.push(item);
    }

    fn start(&mut self, item: OpenItem, out: &mut Vec<u8>) {
        self.end_open(out);
        self.events.item_added(self.items, &item.as_begun(), out);
        self.items += 1;
        self.open = Some(item);
    }

    fn end_open(&mut self, out: &mut Vec<u8>) {
        let unsealed = self.open.as_ref().map(|_| self.options.unsealed());
        self.end(unsealed.as_deref(), out);
    }

    /// `sealed`: what goes with reasoning.
    fn end(&mut self, sealed: Option<&str>, out: &mut Vec<u8>) {
        let Some(mut open) = self.open.take() else { return };
        if let OpenItem::Message(message) = &mut open {
            message.add_logprobs(&mut self.logprobs);
        }
        let sealed = sealed.filter(|_| self.wants_sealed());
        let place = self.items.saturating_sub(1);
        let item = open.end(sealed, place, &mut self.events, out);
        self.events.item_done(place, &item, out);
        self.output.push(item);
    }

    /// Keeps a silent stream alive.
    pub fn keepalive(&mut self) -> Bytes {
        let mut out = Vec::new();
        if !self.has_begun {
            self.begin(&mut out);
        }
        if out.is_empty() {
            let response = self.response(&Status::InProgress, None);
            self.events.of_response("in_progress", &response, &mut out);
        }
        Bytes::from(out)
    }

    /// The end of a complete stream.
    pub fn close(&mut self, summary: &Summary) -> Bytes {
        let mut out = Vec::new();
        self.begin(&mut out);
        self.write_waiting(true, &mut out);
        self.end_open(&mut out);
        let mut status = Status::of(self.reason.as_ref());
        if asked(&self.options).is_some_and(|own| own.is_compaction) {
            if self.summary.trim().is_empty() {
                status = no_summary();
            } else {
                let sealed = compaction::sealed(&self.summary, &self.options.served_by);
                let item = output::compaction(&self.ids.next("cmp"), &sealed);
                self.add_item(item, &mut out);
            }
        }
        let estimated = || WireUsage::estimated(self.options.prompt_tokens, summary.tokens);
        let usage = summary.usage.map_or_else(estimated, WireUsage::from);
        let response = self.response(&status, Some(&usage));
        self.events.of_response(status.as_str(), &response, &mut out);
        Bytes::from(out)
    }

    /// The end of a failed stream. `error`: the body of the same error as a whole answer.
    pub fn fail(&mut self, error: &Value) -> Bytes {
        let mut out = Vec::new();
        self.begin(&mut out);
        let response = self.response(&failed(error), None);
        self.events.of_response("failed", &response, &mut out);
        Bytes::from(out)
    }
}

#[cfg(test)]
mod tests;
