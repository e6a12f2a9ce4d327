//! Encodes a streamed answer as events. One block is open at a time: what comes while a call's
//! arguments are not complete waits for them, so calls that interleave become one block each.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::search;
use super::usage::WireUsage;
use super::wire::{OWN, media_text, message_id, stop_reason};
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::call_ids;
use crate::dialects::summary::Summary;
use crate::domain::chat::{Delta, FinishReason, Seal};
use crate::domain::search::{Citation, Search};

pub const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

const PING: &[u8] = b"event: ping\ndata: {\"type\":\"ping\"}\n\n";

/// The format has one choice.
const CHOICE: u64 = 0;

/// Keeps a silent stream alive, also before its first event.
pub fn keepalive() -> Bytes {
    Bytes::from_static(PING)
}

/// The last event of a failed stream. `error`: the body of the same error as a whole answer.
pub fn fail(error: &Value) -> Bytes {
    let mut out = Vec::new();
    event(&mut out, "error", error);
    Bytes::from(out)
}

/// Encodes one stream.
#[derive(Debug, Default)]
pub struct Encoder {
    options: AnswerOptions,
    has_begun: bool,
    /// Blocks begun so far.
    blocks: u64,
    open: Option<Open>,
    /// What waits for the open call to be complete.
    waiting: VecDeque<Piece>,
    has_calls: bool,
    searches: u64,
    reason: Option<FinishReason>,
}

/// The block that is open.
#[derive(Debug)]
enum Open {
    Text,
    Thinking,
    Call { index: u64, arguments: String },
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Thinking(String),
    Signature(Seal),
    Opaque { id: Option<String>, sealed: Seal },
    Search(Search),
    Citation(Citation),
    Call { index: u64, id: String, name: String, signature: Option<String>, arguments: String },
}

impl Encoder {
    pub fn new(options: AnswerOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Appends the events for these deltas.
    pub fn encode(&mut self, deltas: &[Delta], out: &mut Vec<u8>) {
        for delta in deltas {
            self.encode_one(delta, out);
        }
    }

    fn encode_one(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let piece = match delta {
            Delta::Begin { id, model } => return self.begin(id, model, out),
            Delta::Text { choice: CHOICE, text } | Delta::Refusal { choice: CHOICE, text } => {
                Piece::Text(text.clone())
            }
            Delta::Thinking { choice: CHOICE, text } => Piece::Thinking(text.clone()),
            Delta::ThinkingSignature { choice: CHOICE, signature } => {
                Piece::Signature(signature.clone())
            }
            Delta::ThinkingOpaque { choice: CHOICE, id, sealed } => {
                Piece::Opaque { id: id.clone(), sealed: sealed.clone() }
            }
            Delta::Search { choice: CHOICE, search } => Piece::Search(search.clone()),
            Delta::Citation { choice: CHOICE, citation } => Piece::Citation(citation.clone()),
            Delta::Image { choice: CHOICE, source } => Piece::Text(media_text(source)),
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
        self.begin("", "", out);
        self.waiting.push_back(piece);
        self.write_waiting(false, out);
    }

    fn begin(&mut self, id: &str, model: &str, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let message = json!({
            "id": message_id(id), "type": "message", "role": "assistant", "model": model,
            "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": WireUsage::estimated(self.options.prompt_tokens, 0),
        });
        event(out, "message_start", &json!({"type": "message_start", "message": message}));
    }

    fn add_arguments(&mut self, at: u64, fragment: &str, out: &mut Vec<u8>) {
        if fragment.is_empty() {
            return;
        }
        if let Some(Open::Call { index, arguments }) = &mut self.open
            && *index == at
        {
            arguments.push_str(fragment);
            self.delta(&json!({"type": "input_json_delta", "partial_json": fragment}), out);
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

    /// Whether the arguments of the open call are not complete.
    fn is_blocked(&self) -> bool {
        match &self.open {
            Some(Open::Call { arguments, .. }) => {
                serde_json::from_str::<IgnoredAny>(arguments).is_err()
            }
            Some(Open::Text | Open::Thinking) | None => false,
        }
    }

    fn write_waiting(&mut self, is_over: bool, out: &mut Vec<u8>) {
        while !self.waiting.is_empty() && (is_over || !self.is_blocked()) {
            let Some(piece) = self.waiting.pop_front() else { return };
            self.write(piece, out);
        }
    }

    fn write(&mut self, piece: Piece, out: &mut Vec<u8>) {
        match piece {
            Piece::Text(text) => {
                if !matches!(self.open, Some(Open::Text)) {
                    self.start(&json!({"type": "text", "text": ""}), Some(Open::Text), out);
                }
                self.delta(&json!({"type": "text_delta", "text": text}), out);
            }
            Piece::Thinking(text) => {
                self.open_thinking(out);
                self.delta(&json!({"type": "thinking_delta", "thinking": text}), out);
            }
            Piece::Signature(seal) => {
                self.open_thinking(out);
                let signature = self.options.signature(Some(&seal), OWN);
                self.end_thinking(&signature, out);
            }
            Piece::Opaque { id, sealed } => {
                let data = self.options.opaque(id.as_deref(), &sealed, OWN);
                self.start(&json!({"type": "redacted_thinking", "data": data}), None, out);
                self.stop(out);
            }
            Piece::Search(found) => {
                self.searches += found.count();
                let id = search::id_of(&found, self.blocks);
                self.start(&search::call(&id, &json!({})), None, out);
                let input = search::input(&found).to_string();
                self.delta(&json!({"type": "input_json_delta", "partial_json": input}), out);
                self.stop(out);
                self.start(&search::result(&id, &found, &self.options), None, out);
                self.stop(out);
            }
            // Another block may stand between the text and what it cites.
            Piece::Citation(cited) => {
                if matches!(self.open, Some(Open::Text)) {
                    let citation = search::citation(&cited, &self.options);
                    self.delta(&json!({"type": "citations_delta", "citation": citation}), out);
                }
            }
            Piece::Call { index, id, name, signature, arguments } => {
                self.has_calls = true;
                if let Some(signature) = signature {
                    self.close_open(out);
                    self.open_thinking(out);
                    let signature = self.options.call_signature(&signature);
                    self.end_thinking(&signature, out);
                }
                let block = json!({"type": "tool_use", "id": call_ids::plain(&id), "name": name, "input": {}});
                let fragment = json!({"type": "input_json_delta", "partial_json": arguments});
                let is_empty = arguments.is_empty();
                self.start(&block, Some(Open::Call { index, arguments }), out);
                if !is_empty {
                    self.delta(&fragment, out);
                }
            }
        }
    }

    fn open_thinking(&mut self, out: &mut Vec<u8>) {
        if !matches!(self.open, Some(Open::Thinking)) {
            let block = json!({"type": "thinking", "thinking": "", "signature": ""});
            self.start(&block, Some(Open::Thinking), out);
        }
    }

    fn end_thinking(&mut self, signature: &str, out: &mut Vec<u8>) {
        self.delta(&json!({"type": "signature_delta", "signature": signature}), out);
        self.stop(out);
    }

    fn start(&mut self, block: &Value, open: Option<Open>, out: &mut Vec<u8>) {
        self.close_open(out);
        let kind = "content_block_start";
        event(out, kind, &json!({"type": kind, "index": self.blocks, "content_block": block}));
        self.blocks += 1;
        self.open = open;
    }

    fn delta(&self, delta: &Value, out: &mut Vec<u8>) {
        let (kind, index) = ("content_block_delta", self.blocks.saturating_sub(1));
        event(out, kind, &json!({"type": kind, "index": index, "delta": delta}));
    }

    fn close_open(&mut self, out: &mut Vec<u8>) {
        match self.open {
            None => {}
            Some(Open::Thinking) => {
                let signature = self.options.signature(None, OWN);
                self.end_thinking(&signature, out);
            }
            Some(Open::Text | Open::Call { .. }) => self.stop(out),
        }
    }

    fn stop(&mut self, out: &mut Vec<u8>) {
        let (kind, index) = ("content_block_stop", self.blocks.saturating_sub(1));
        event(out, kind, &json!({"type": kind, "index": index}));
        self.open = None;
    }

    /// The end of a complete stream.
    pub fn close(&mut self, summary: &Summary) -> Bytes {
        let mut out = Vec::new();
        self.begin("", "", &mut out);
        self.write_waiting(true, &mut out);
        self.close_open(&mut out);
        let estimated = || WireUsage::estimated(self.options.prompt_tokens, summary.tokens);
        let usage = summary.usage.map_or_else(estimated, WireUsage::from);
        let usage = usage.with_searches(self.searches);
        let reason = stop_reason(self.reason.as_ref(), self.has_calls);
        let end = json!({
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": null},
            "usage": usage,
        });
        event(&mut out, "message_delta", &end);
        event(&mut out, "message_stop", &json!({"type": "message_stop"}));
        Bytes::from(out)
    }
}

fn event(out: &mut Vec<u8>, name: &str, data: &impl Serialize) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    // Writing JSON into memory cannot fail.
    let _ = serde_json::to_writer(&mut *out, data);
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests;
