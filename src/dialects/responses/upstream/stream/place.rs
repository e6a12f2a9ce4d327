//! Which piece of an answer an event is about, and how much of it was passed on.

use crate::dialects::responses::upstream::item::Content;
use crate::domain::hash::StableHash;

/// Which item an event is about. Its place in the output is the same in all of them; ids are not
/// at some gateways, so they count only where the place is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Index(i64),
    /// The hash of the id, which may be long.
    Id(u64),
    /// Of an item that only the end of the response told of.
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
    /// Encrypted reasoning: it comes whole or not at all.
    Sealed,
    /// As well.
    Image,
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

/// Which piece of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub key: Key,
    pub slot: Slot,
    pub index: i64,
}

/// How much of a piece was passed on.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Bytes of its text that were passed on.
    pub sent: usize,
    pub is_whole: bool,
    pub has_logprobs: bool,
}

impl Piece {
    /// What of the whole text was not passed on yet.
    pub(super) fn rest<'t>(&mut self, whole: &'t str) -> &'t str {
        let is_known = std::mem::replace(&mut self.is_whole, true);
        let rest = if is_known { "" } else { whole.get(self.sent..).unwrap_or_default() };
        self.sent += rest.len();
        rest
    }
}
