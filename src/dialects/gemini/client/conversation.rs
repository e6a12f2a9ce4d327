//! A conversation while it is converted. The results of calls come before all else that the user says
//! after them, in however many contents.

use super::calls::Calls;
use super::findings::Findings;
use super::members::{list, object, text};
use super::origins::Origin;
use super::parts::{self, Piece};
use super::results;
use crate::dialects::json::RawObject;
use crate::dialects::json::write::{self, quoted};
use crate::dialects::openai::message::{NO_RESULT, message, tool_message};

/// The messages of a conversation, as they are converted.
pub(super) struct Conversation<'f> {
    messages: Vec<String>,
    pub findings: &'f mut Findings,
    pub calls: Calls,
    /// What the user said since the model's last turn, apart from results.
    said: Vec<(String, Origin)>,
}

impl<'f> Conversation<'f> {
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        Self { messages: Vec::new(), findings, calls: Calls::default(), said: Vec::new() }
    }

    /// The messages.
    pub(super) fn finish(mut self, contents: usize) -> Vec<String> {
        self.end_of_user(contents);
        self.messages
    }

    pub(super) fn push(&mut self, message: String, origin: Origin) {
        self.messages.push(message);
        self.findings.origins.messages.push(origin);
    }

    pub(super) fn system(&mut self, index: usize, content: &RawObject<'_>) {
        let parts = list(content, "parts");
        let texts: Vec<_> = parts.iter().filter_map(|(_, part)| text(part, "text")).collect();
        let origin = Origin { content: Some(index), ..Origin::default() };
        self.said.push((message("system", &quoted(&texts.join("\n\n"))), origin));
    }

    pub(super) fn user(&mut self, index: usize, content: &RawObject<'_>) {
        let mut pieces: Vec<(Piece, usize)> = Vec::new();
        for (at, part) in list(content, "parts") {
            let place = format!("contents[{index}].parts[{at}]");
            let Some(response) = object(&part, "functionResponse") else {
                let found = parts::piece(&part, &place, self.findings);
                pieces.extend(found.into_iter().map(|piece| (piece, at)));
                continue;
            };
            let result = results::read(&response, &place, self.findings);
            match self.calls.answer(result.id.as_deref(), &result.name) {
                Some(id) => {
                    let origin =
                        Origin { content: Some(index), part: Some(at), ..Origin::default() };
                    self.push(tool_message(&id, &result.text), origin);
                }
                None => pieces.push((Piece::of(&result.without_call()), at)),
            }
            pieces.extend(result.media.into_iter().map(|piece| (piece, at)));
        }
        if pieces.is_empty() && self.calls.has_answers() {
            return;
        }
        let parts = pieces.iter().map(|(_, at)| *at).collect();
        let content = match pieces.as_slice() {
            [] => quoted(""),
            [(Piece::Text(only), _)] => only.clone(),
            pieces => {
                write::list(&pieces.iter().map(|(piece, _)| piece.part()).collect::<Vec<_>>())
            }
        };
        let origin = Origin { content: Some(index), parts, ..Origin::default() };
        self.said.push((message("user", &content), origin));
    }

    /// Gives each call without a result one; then comes what the user said.
    pub(super) fn end_of_user(&mut self, index: usize) {
        for id in self.calls.end() {
            let origin = Origin { content: Some(index), ..Origin::default() };
            self.push(tool_message(&id, NO_RESULT), origin);
        }
        for (message, origin) in std::mem::take(&mut self.said) {
            self.push(message, origin);
        }
    }
}
