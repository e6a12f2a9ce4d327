//! The state of a stream. The API sends everything several times: in deltas, and whole at the end
//! of the part, of the item and of the response. The first occurrence counts, and later ones only
//! fill gaps.

use std::collections::BTreeMap;

use serde_json::Value;

use super::place::{Key, Piece, Place, Slot};
use crate::dialects::errors::StreamFault;
use crate::dialects::responses::upstream::finish::Response;
use crate::dialects::responses::upstream::item::{self, Call, Content, Item, Reasoning};
use crate::dialects::responses::upstream::logprobs;
use crate::dialects::responses::upstream::reasoning::GAP;
use crate::dialects::responses::upstream::search;
use crate::dialects::responses::upstream::usage::WireUsage;
use crate::domain::chat::{Delta, FinishReason, Maker, Seal};
use crate::domain::search::Citation;

/// The API returns one choice.
const CHOICE: u64 = 0;
/// The most parts and calls of one answer: each takes memory until the end.
const MAX_PIECES: usize = 16_384;

#[derive(Debug)]
pub(super) struct Progress {
    maker: Maker,
    has_begun: bool,
    is_done: bool,
    pieces: BTreeMap<Place, Piece>,
    /// The calls with their index among them.
    calls: BTreeMap<Key, (u64, Piece)>,
    /// The place of the last reasoning part.
    thought: Option<Place>,
    /// Characters of text.
    said: usize,
}

impl Progress {
    pub(super) fn new(maker: Maker) -> Self {
        let (pieces, calls) = (BTreeMap::new(), BTreeMap::new());
        Self { maker, has_begun: false, is_done: false, pieces, calls, thought: None, said: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    pub(super) fn begin(&mut self, response: Option<&Response<'_>>, out: &mut Vec<Delta>) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let id = response.and_then(|response| response.id.clone()).unwrap_or_default();
        let model = response.and_then(|response| response.model.clone()).unwrap_or_default();
        out.push(Delta::Begin { id, model });
    }

    /// The next part of a text.
    pub(super) fn add(
        &mut self,
        place: Place,
        text: String,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        let piece = self.piece(place)?;
        if !piece.is_whole {
            piece.sent += text.len();
            self.emit(place, text, out);
        }
        Ok(())
    }

    /// The whole text.
    pub(super) fn complete(
        &mut self,
        place: Place,
        whole: &str,
        logprobs: Vec<Value>,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        let piece = self.piece(place)?;
        let rest = piece.rest(whole).to_owned();
        let has_logprobs = piece.has_logprobs;
        self.emit(place, rest, out);
        if has_logprobs { Ok(()) } else { self.add_logprobs(place, logprobs, out) }
    }

    pub(super) fn complete_content(
        &mut self,
        place: Place,
        content: Content,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        match content {
            Content::Text { text, logprobs, citations } => {
                self.complete(place, &text, logprobs, out)?;
                self.cite(place, citations, out)
            }
            Content::Refusal(text) | Content::Summary(text) | Content::Reasoning(text) => {
                self.complete(place, &text, Vec::new(), out)
            }
            Content::Other => Ok(()),
        }
    }

    pub(super) fn add_logprobs(
        &mut self,
        place: Place,
        tokens: Vec<Value>,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        if let Some(logprobs) = logprobs::to_chat(tokens) {
            self.piece(place)?.has_logprobs = true;
            out.push(Delta::Logprobs { choice: CHOICE, logprobs });
        }
        Ok(())
    }

    /// A call without a name is not begun; the end of the item has it.
    pub(super) fn begin_call(
        &mut self,
        key: Key,
        call: &Call,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        if call.name.is_empty() || self.calls.contains_key(&key) {
            return Ok(());
        }
        let count = self.calls.len();
        if count >= MAX_PIECES {
            return Err(StreamFault::Malformed);
        }
        self.begin(None, out);
        let index = u64::try_from(count).unwrap_or(u64::MAX);
        self.calls.insert(key, (index, Piece::default()));
        let (id, name) = (item::call_id(call.id.clone(), index), call.name.clone());
        out.push(Delta::ToolCallBegin { choice: CHOICE, index, id, name, signature: None });
        Ok(())
    }

    /// Arguments of a call that was not begun are repeated with the item.
    pub(super) fn add_arguments(&mut self, key: Key, fragment: String, out: &mut Vec<Delta>) {
        if let Some((index, piece)) = self.calls.get_mut(&key)
            && !piece.is_whole
        {
            piece.sent += fragment.len();
            emit_arguments(*index, fragment, out);
        }
    }

    pub(super) fn complete_arguments(&mut self, key: Key, whole: &str, out: &mut Vec<Delta>) {
        if let Some((index, piece)) = self.calls.get_mut(&key)
            && !whole.is_empty()
        {
            emit_arguments(*index, piece.rest(whole).to_owned(), out);
        }
    }

    pub(super) fn complete_item(
        &mut self,
        key: Key,
        item: Item,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        match item {
            Item::Message(contents) => {
                for (index, content) in (0..).zip(contents) {
                    let Some(slot) = Slot::of(&content) else { continue };
                    self.complete_content(Place { key, slot, index }, content, out)?;
                }
                Ok(())
            }
            Item::Call(call) => {
                self.begin_call(key, &call, out)?;
                self.complete_arguments(key, &call.arguments, out);
                Ok(())
            }
            Item::Reasoning(reasoning) => self.complete_reasoning(key, reasoning, out),
            Item::Image(source) => {
                if self.is_first(key, Slot::Image)? {
                    self.begin(None, out);
                    out.push(Delta::Image { choice: CHOICE, source });
                }
                Ok(())
            }
            Item::Search(search) => {
                if self.is_first(key, Slot::Search)? {
                    self.begin(None, out);
                    out.push(Delta::Search { choice: CHOICE, search });
                }
                Ok(())
            }
            Item::Other => Ok(()),
        }
    }

    fn cite(
        &mut self,
        place: Place,
        citations: Vec<Citation>,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        let piece = self.piece(place)?;
        if citations.is_empty() || std::mem::replace(&mut piece.has_citations, true) {
            return Ok(());
        }
        let start = piece.start.unwrap_or_default();
        let placed = citations.into_iter().map(|citation| search::placed(citation, start));
        out.extend(placed.map(|citation| Delta::Citation { choice: CHOICE, citation }));
        Ok(())
    }

    fn complete_reasoning(
        &mut self,
        key: Key,
        reasoning: Reasoning,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        let said = [(Slot::Summary, reasoning.summary), (Slot::Reasoning, reasoning.content)];
        for (slot, texts) in said {
            for (index, text) in (0..).zip(texts) {
                self.complete(Place { key, slot, index }, &text, Vec::new(), out)?;
            }
        }
        if let Some(data) = reasoning.encrypted
            && self.is_first(key, Slot::Sealed)?
        {
            self.begin(None, out);
            let sealed = Seal::new(self.maker, data);
            out.push(Delta::ThinkingOpaque { choice: CHOICE, id: reasoning.id, sealed });
        }
        Ok(())
    }

    /// Ends the response; `event` gives the status if the response has none. Of its output only
    /// kinds of items are read that were not streamed at all: servers number items differently
    /// here, and nothing may be emitted twice.
    pub(super) fn end(
        &mut self,
        event: &str,
        mut response: Response<'_>,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        self.begin(Some(&response), out);
        if event != "done" {
            response.status = Some(event.to_owned());
        }
        let usage = response.usage.take().map(|usage| Delta::Usage(WireUsage::into_usage(usage)));
        if let Some(error) = response.failure() {
            // The tokens were spent nevertheless.
            out.extend(usage);
            return Err(StreamFault::Upstream(error));
        }
        let has = |slots: &[Slot]| self.pieces.keys().any(|place| slots.contains(&place.slot));
        let has_said = has(&[Slot::Text, Slot::Refusal]);
        let has_thought = has(&[Slot::Summary, Slot::Reasoning]);
        let (has_sealed, has_shown) = (has(&[Slot::Sealed]), has(&[Slot::Image]));
        let has_searched = has(&[Slot::Search]);
        let has_called = !self.calls.is_empty();
        for (index, raw) in response.output.iter().flatten().enumerate() {
            let mut item = Item::read(raw).map_err(|_| StreamFault::Malformed)?;
            let is_known = match &mut item {
                Item::Message(_) => has_said,
                Item::Reasoning(reasoning) if has_thought => {
                    reasoning.summary.clear();
                    reasoning.content.clear();
                    has_sealed
                }
                Item::Reasoning(_) => has_sealed,
                Item::Image(_) => has_shown,
                Item::Search(_) => has_searched,
                Item::Call(_) => has_called,
                Item::Other => true,
            };
            if !is_known {
                self.complete_item(Key::Late(index), item, out)?;
            }
        }
        for (index, piece) in self.calls.values() {
            if piece.sent == 0 {
                emit_arguments(*index, String::from("{}"), out);
            }
        }
        let is_complete = response.status.as_deref() == Some("completed");
        let lists_nothing = response.output.as_ref().is_none_or(Vec::is_empty);
        if is_complete && lists_nothing && self.pieces.is_empty() && self.calls.is_empty() {
            out.extend(usage);
            return Err(StreamFault::Empty);
        }
        let reason: FinishReason = response.reason(!self.calls.is_empty());
        out.push(Delta::Finish { choice: CHOICE, reason });
        out.extend(usage);
        out.push(Delta::Done);
        self.is_done = true;
        Ok(())
    }

    /// Whether a whole part appears for the first time.
    fn is_first(&mut self, key: Key, slot: Slot) -> Result<bool, StreamFault> {
        let piece = self.piece(Place { key, slot, index: 0 })?;
        Ok(!std::mem::replace(&mut piece.is_whole, true))
    }

    fn piece(&mut self, place: Place) -> Result<&mut Piece, StreamFault> {
        if self.pieces.len() >= MAX_PIECES && !self.pieces.contains_key(&place) {
            return Err(StreamFault::Malformed);
        }
        Ok(self.pieces.entry(place).or_default())
    }

    fn emit(&mut self, place: Place, text: String, out: &mut Vec<Delta>) {
        if text.is_empty() {
            return;
        }
        self.begin(None, out);
        let choice = CHOICE;
        out.push(match place.slot {
            Slot::Text | Slot::Sealed | Slot::Image | Slot::Search => {
                let start = self.said;
                self.said += text.chars().count();
                if let Some(piece) = self.pieces.get_mut(&place) {
                    piece.start.get_or_insert(start);
                }
                Delta::Text { choice, text }
            }
            Slot::Refusal => Delta::Refusal { choice, text },
            Slot::Summary | Slot::Reasoning => {
                let last = self.thought.replace(place);
                let is_new = last.is_some_and(|last| last != place);
                let text = if is_new { format!("{GAP}{text}") } else { text };
                Delta::Thinking { choice, text }
            }
        });
    }
}

fn emit_arguments(index: u64, fragment: String, out: &mut Vec<Delta>) {
    if !fragment.is_empty() {
        out.push(Delta::ToolCallArguments { choice: CHOICE, index, fragment });
    }
}
