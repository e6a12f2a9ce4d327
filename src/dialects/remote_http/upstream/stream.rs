//! Decodes a streamed answer: events, JSON lines, or one JSON document of a service that does not
//! stream.

use bytes::Bytes;

use super::calls::Calls;
use super::document::{Document, finish_reason};
use super::pieces::{Piece, Pieces};
use crate::config::payload_mapping::{PayloadMapping, ResponsePointers};
use crate::dialects::errors::StreamFault;
use crate::dialects::openai::upstream::choice::failure_of;
use crate::dialects::openai::upstream::error;
use crate::dialects::surrogates::Halves;
use crate::domain::chat::Delta;

/// A service returns one choice.
const CHOICE: u64 = 0;

/// Reads one stream.
#[derive(Debug)]
pub struct Decoder {
    mapping: PayloadMapping,
    pieces: Pieces,
    progress: Progress,
}

/// The state of the stream so far.
#[derive(Debug, Default)]
struct Progress {
    halves: Halves,
    /// Known with the first document.
    calls: Option<Calls>,
    documents: u64,
    /// Whether a document held text or calls and does not declare itself incomplete: alone it is an
    /// answer.
    is_whole: bool,
    finish_word: Option<String>,
    /// Whether the location of the text was found at all, and whether the text was not empty.
    has_text: bool,
    has_content: bool,
    is_done: bool,
}

impl Decoder {
    pub fn new(mapping: PayloadMapping) -> Self {
        Self { mapping, pieces: Pieces::default(), progress: Progress::default() }
    }

    /// Takes the next bytes and appends the deltas that they hold.
    ///
    /// # Errors
    /// When the stream is malformed or reports an error. Deltas before that are in `out`.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let Self { mapping, pieces, progress } = self;
        if progress.is_done {
            return Ok(());
        }
        let outcome = pieces.push(&piece, |piece| progress.take(piece, &mapping.response, out));
        // Bytes after the end are ignored.
        if progress.is_done { Ok(()) } else { outcome }
    }

    /// Ends the stream. Without `is_final` or `[DONE]`, the answer is complete if there was a
    /// finish reason, or a single document.
    ///
    /// # Errors
    /// When the answer was not complete.
    pub fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let Self { mapping, pieces, progress } = self;
        if progress.is_done {
            return Ok(());
        }
        let mut outcome = pieces.finish(|piece| progress.take(piece, &mapping.response, out));
        if let Some(held) = progress.halves.last().filter(|_| outcome.is_ok()) {
            outcome = progress.read(&held, &mapping.response, out);
        }
        if progress.is_done {
            return Ok(());
        }
        outcome?;
        if progress.finish_word.is_none() && !(progress.documents == 1 && progress.is_whole) {
            return Err(StreamFault::Malformed);
        }
        progress.end(None, out)
    }
}

impl Progress {
    fn take(
        &mut self,
        piece: Piece<'_>,
        places: &ResponsePointers,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        if self.is_done {
            return Ok(());
        }
        let text = match piece {
            Piece::Error(text) => return Err(StreamFault::Upstream(error::decode(text))),
            Piece::Value(b"[DONE]") => return self.end_with_held(places, out),
            Piece::Value(text) => text,
        };
        let (held, text) = self.halves.next(text);
        if let Some(held) = held {
            self.read(&held, places, out)?;
        }
        text.map_or(Ok(()), |text| self.read(&text, places, out))
    }

    fn read(
        &mut self,
        text: &[u8],
        places: &ResponsePointers,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        let document = Document::parse(text, places).map_err(|_| StreamFault::Malformed)?;
        if let Some(error) = document.error().or_else(|| document.instead_of_answer()) {
            return Err(StreamFault::Upstream(error));
        }
        if document.may_say_something() { self.take_document(text, &document, out) } else { Ok(()) }
    }

    fn take_document(
        &mut self,
        text: &[u8],
        document: &Document<'_>,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        let choice = CHOICE;
        let calls = self.calls.get_or_insert_with(|| {
            out.push(Delta::Begin { id: document.id(), model: document.model() });
            Calls::of(text)
        });
        self.documents += 1;
        if let Some(text) = document.reasoning() {
            out.push(Delta::Thinking { choice, text: text.to_owned() });
        }
        let text = document.answer_text();
        let has_text = text.is_some();
        self.has_text |= has_text;
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.has_content = true;
            out.push(Delta::Text { choice, text });
        }
        for fragment in document.calls() {
            calls.take(fragment, out);
        }
        self.is_whole = (has_text || !calls.is_empty()) && !document.is_only_a_piece();
        if let Some(word) = document.finish_word() {
            self.finish_word = Some(word.to_owned());
        }
        let usage = document.usage().map(Delta::Usage);
        if document.is_final() {
            return self.end(usage, out);
        }
        out.extend(usage);
        Ok(())
    }

    fn end_with_held(
        &mut self,
        places: &ResponsePointers,
        out: &mut Vec<Delta>,
    ) -> Result<(), StreamFault> {
        if let Some(held) = self.halves.last() {
            self.read(&held, places, out)?;
        }
        if self.is_done { Ok(()) } else { self.end(None, out) }
    }

    /// Completes the answer. The finish reason is emitted only here, because it may appear in more
    /// than one piece.
    fn end(&mut self, usage: Option<Delta>, out: &mut Vec<Delta>) -> Result<(), StreamFault> {
        let calls = self.calls.get_or_insert_with(|| {
            out.push(Delta::Begin { id: String::new(), model: String::new() });
            Calls::default()
        });
        if calls.lacks_a_name() {
            return Err(StreamFault::Malformed);
        }
        let (word, has_calls) = (self.finish_word.as_deref(), !calls.is_empty());
        if !self.has_text && !has_calls {
            return Err(StreamFault::Empty);
        }
        let has_content = self.has_content || has_calls;
        if let Some(failed) = word.and_then(|word| failure_of(word, has_content)) {
            return Err(failed.into());
        }
        let reason = finish_reason(word, has_calls);
        out.push(Delta::Finish { choice: CHOICE, reason });
        out.extend(usage);
        out.push(Delta::Done);
        self.is_done = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
