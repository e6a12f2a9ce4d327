//! Converts `instructions` and the items of `input`. Items of the model that follow one another are
//! one message; the results of its calls come right after it, wherever the client has them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::value::RawValue;

use super::findings::{Findings, bad};
use super::names::ToolNames;
use super::parts::{Piece, content, pieces, texts};
use super::references::item_not_found;
use super::sealed::{Thought, thought};
use super::turn::Turn;
use super::{call_items, compaction, hosted, results};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::fields::{present, string, text_of};
use crate::dialects::json::known;
use crate::dialects::json::write::quoted;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::message::{NO_RESULT, message, tool_message};

/// An item and its type.
pub(super) struct Item<'a> {
    pub kind: Cow<'a, str>,
    pub object: RawObject<'a>,
}

/// The items of `input`; a text is a message of the user.
///
/// # Errors
/// When there is no input, or an element of it is no item.
pub(super) fn items<'a>(object: &RawObject<'a>) -> Result<Vec<Item<'a>>, BadRequest> {
    let Some(input) = present(object, "input").filter(|input| Kind::of(input) == Kind::Array)
    else {
        return Ok(Vec::new());
    };
    let items = known::elements(input).unwrap_or_default();
    let item = |(index, item): (usize, &'a RawValue)| {
        let place = format!("input[{index}]");
        if Kind::of(item) != Kind::Object {
            return Err(bad(&place, "must be an object with a `type`"));
        }
        let object = RawObject::of(item)
            .map_err(|error| bad(&place, &format!("cannot be read: {error}")))?;
        let kind = text_of(&object, "type").unwrap_or_default();
        // A message may come without its type.
        let is_bare = kind.is_empty() && present(&object, "role").is_some();
        let kind = if is_bare { Cow::Borrowed("message") } else { kind };
        Ok(Item { kind, object })
    };
    items.into_iter().enumerate().map(item).collect()
}

/// The list of chat messages, each as JSON, and whether a summary of them is asked for; `asks`: it is,
/// whatever the items say.
pub(super) fn convert(
    object: &RawObject<'_>,
    items: &[Item<'_>],
    names: &ToolNames,
    asks: bool,
    findings: &mut Findings,
) -> (Vec<String>, bool) {
    let mut waiting: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        if results::is_result(&item.kind)
            && let Some(id) = call_items::call_id(&item.object)
        {
            waiting.entry(id).or_default().push_back(index);
        }
    }
    let mut conversation = Conversation {
        items,
        names,
        findings,
        messages: Vec::with_capacity(items.len() + 1),
        instructions: None,
        waiting,
        used: HashSet::new(),
        turn: None,
        is_compaction: false,
    };
    if let Some(text) = present(object, "instructions").map(texts) {
        conversation.instruct(None, &text.join("\n\n"));
    }
    if let Some(text) = present(object, "input").filter(|input| Kind::of(input) == Kind::String) {
        conversation.user(0, text.get());
    }
    for (index, item) in items.iter().enumerate() {
        conversation.add(index, item);
    }
    if asks && !conversation.is_compaction {
        if !conversation.has_said() {
            conversation.findings.cannot_be_sent("input", "holds nothing to summarize");
        }
        conversation.ask_for_summary(items.len().saturating_sub(1));
    }
    conversation.finish()
}

struct Conversation<'c, 'a> {
    items: &'c [Item<'a>],
    names: &'c ToolNames,
    findings: &'c mut Findings,
    messages: Vec<String>,
    /// Those at the beginning, which are one message: some servers take only one.
    instructions: Option<(Option<usize>, String)>,
    /// The results by the call that they answer.
    waiting: HashMap<String, VecDeque<usize>>,
    /// The results that were given to their calls.
    used: HashSet<usize>,
    turn: Option<Turn>,
    is_compaction: bool,
}

impl Conversation<'_, '_> {
    fn add(&mut self, index: usize, item: &Item<'_>) {
        let Item { kind, object } = item;
        match &**kind {
            "message" => self.message(index, object),
            "reasoning" => match thought(object) {
                Some(Thought::Block(members)) => self.turn(index).think(&members),
                Some(Thought::CallSignature(extra)) => self.turn(index).signature = Some(extra),
                None => {}
            },
            // These define tools.
            "additional_tools" => {}
            "compaction" | "context_compaction" => {
                let text = compaction::opened(object).unwrap_or_else(|| {
                    self.findings.leave_out(kind);
                    compaction::SEALED_ELSEWHERE.to_owned()
                });
                self.user(index, &quoted(&text));
            }
            "compaction_trigger" => self.ask_for_summary(index),
            "item_reference" => {
                let id = text_of(object, "id").unwrap_or_default();
                let complaint = format!("is not known here. {}", item_not_found(&id));
                self.findings.cannot_be_sent(&format!("input[{index}]"), &complaint);
            }
            kind if results::is_result(kind) => self.orphan(index, kind, object),
            kind => {
                if let Some(call) = call_items::call(kind, object, self.names) {
                    self.turn(index).call(&call.id, &call.name, &call.arguments);
                } else if let Some(text) = hosted::said(kind, object) {
                    self.turn(index).say_aside(&text);
                } else {
                    self.unknown(index, kind, object);
                }
            }
        }
    }

    fn has_said(&self) -> bool {
        !self.messages.is_empty() || self.turn.is_some()
    }

    fn ask_for_summary(&mut self, index: usize) {
        self.is_compaction = true;
        self.user(index, &quoted(compaction::ASK));
    }

    fn turn(&mut self, index: usize) -> &mut Turn {
        self.turn.get_or_insert_with(|| Turn::new(index))
    }

    fn message(&mut self, index: usize, object: &RawObject<'_>) {
        let place = format!("input[{index}].content");
        let said = present(object, "content");
        match &*text_of(object, "role").unwrap_or_default() {
            "assistant" => {
                let said = said.map(|said| pieces(said, &place, self.findings));
                for piece in said.unwrap_or_default() {
                    match piece {
                        Piece::Text(text) => {
                            let text = string(text.as_bytes()).unwrap_or_default();
                            self.turn(index).say(&text);
                        }
                        Piece::Media(_) => self.findings.leave_out("input_image"),
                    }
                }
            }
            "system" | "developer" => {
                let text = said.map(texts).unwrap_or_default().join("\n\n");
                self.instruct(Some(index), &text);
            }
            _ => {
                let said = said.map(|said| pieces(said, &place, self.findings));
                self.user(index, &content(&said.unwrap_or_default()));
            }
        }
    }

    fn instruct(&mut self, index: Option<usize>, text: &str) {
        if text.is_empty() {
            return;
        }
        self.end_turn();
        match &mut self.instructions {
            Some((_, instructions)) if self.messages.is_empty() => {
                instructions.push_str("\n\n");
                instructions.push_str(text);
            }
            None if self.messages.is_empty() => {
                self.instructions = Some((index, text.to_owned()));
            }
            _ => self.push(index, message("system", &quoted(text))),
        }
    }

    /// `content`: as JSON.
    fn user(&mut self, index: usize, content: &str) {
        self.end_turn();
        self.push(Some(index), message("user", content));
    }

    fn push(&mut self, index: Option<usize>, message: String) {
        self.messages.push(message);
        self.findings.origins.messages.push(index);
    }

    /// The turn so far, and the results of its calls.
    fn end_turn(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        let (item, called) = (turn.item, turn.called());
        let Some(message) = turn.finish() else { return };
        self.push(Some(item), message);
        let mut media = Vec::new();
        for id in called {
            let found = self.waiting.get_mut(&id).and_then(VecDeque::pop_front);
            let Some((at, item)) = found.and_then(|at| Some((at, self.items.get(at)?))) else {
                self.push(Some(item), tool_message(&id, NO_RESULT));
                continue;
            };
            self.used.insert(at);
            let place = format!("input[{at}]");
            let result = results::result(&item.kind, &item.object, &place, self.findings);
            self.push(Some(at), tool_message(&id, &result.text));
            media.extend(result.media);
        }
        if !media.is_empty() {
            self.push(Some(item), message_of("user", &media));
        }
    }

    /// A result whose call came before it was given to that call.
    fn orphan(&mut self, index: usize, kind: &str, object: &RawObject<'_>) {
        self.end_turn();
        if self.used.contains(&index) {
            return;
        }
        let result = results::result(kind, object, &format!("input[{index}]"), self.findings);
        let mut pieces = vec![Piece::Text(result.text)];
        pieces.extend(result.media);
        self.push(Some(index), message_of("user", &pieces));
    }

    /// What such an item says in words is kept.
    fn unknown(&mut self, index: usize, kind: &str, object: &RawObject<'_>) {
        let said = ["content", "text", "output", "message"].iter().find_map(|name| {
            let said = texts(present(object, name)?);
            (!said.is_empty()).then(|| said.join("\n"))
        });
        match said {
            Some(text) => self.user(index, &quoted(&text)),
            None => self.findings.leave_out(if kind.is_empty() { "item" } else { kind }),
        }
    }

    fn finish(mut self) -> (Vec<String>, bool) {
        self.end_turn();
        if let Some((index, text)) = self.instructions {
            self.messages.insert(0, message("system", &quoted(&text)));
            self.findings.origins.messages.insert(0, index);
        }
        (self.messages, self.is_compaction)
    }
}

fn message_of(role: &str, pieces: &[Piece]) -> String {
    message(role, &content(pieces))
}

pub(super) fn is_true(object: &RawObject<'_>, name: &str) -> bool {
    object.get(name).is_some_and(|value| value.get() == "true")
}
