//! The part of an answer that an event refers to, and how much of it was passed on.

use crate::dialects::responses::upstream::item::Content;
use crate::domain::hash::StableHash;

/// The item of an event. Its index in the output is stable over events; ids are not at some
/// gateways, so they are used only without an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Index(i64),
    /// The hash of the id, which may be long.
    Id(u64),
    /// An item that appears only in the final response.
    Late(usize),
}

impl Key {
    pub(super) fn of(output_index: Option<i64>, item_id: Option<&str>) -> Self {
        match (output_index, item_id) {
            (Some(index), _) => Self::Index(index),
            (None, None) => Self::Index(0),
            (None, Some(id)) => Self::Id(StableHash::default().with(id.as_bytes()).finish()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Text,
    Refusal,
    Summary,
    Reasoning,
    /// Encrypted reasoning: always whole.
    Sealed,
    /// Always whole, too.
    Image,
    Search,
}

impl Slot {
    pub(super) fn of(content: &Content) -> Option<Self> {
        match content {
            Content::Text { .. } => Some(Self::Text),
            Content::Refusal(_) => Some(Self::Refusal),
            Content::Summary(_) => Some(Self::Summary),
            Content::Reasoning(_) => Some(Self::Reasoning),
            Content::Other => None,
        }
    }
}

/// A part of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub key: Key,
    pub slot: Slot,
    pub index: i64,
}

/// How much of a part was passed on.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Bytes of its text that were passed on.
    pub sent: usize,
    pub is_whole: bool,
    pub has_logprobs: bool,
    /// Where its text begins in the text of the answer, in characters.
    pub start: Option<usize>,
    pub has_citations: bool,
}

impl Piece {
    /// The part of the whole text that was not passed on yet.
    pub(super) fn rest<'t>(&mut self, whole: &'t str) -> &'t str {
        let is_known = std::mem::replace(&mut self.is_whole, true);
        let rest = if is_known { "" } else { whole.get(self.sent..).unwrap_or_default() };
        self.sent += rest.len();
        rest
    }
}
