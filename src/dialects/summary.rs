//! What the record and failover need of an answer, whole or streamed: the same for every dialect.

use crate::domain::money::NanoUsd;
use crate::domain::usage::Usage;

/// What an answer said, of a stream so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The last one that came; providers may repeat it.
    pub usage: Option<Usage>,
    /// Of the first choice; in a stream the last one that came.
    pub finish_reason: Option<String>,
    /// About how many tokens came: a chunk of a stream is about one, and so are four bytes of a
    /// whole answer.
    pub tokens: u64,
    /// Whether it said more than a role.
    pub has_content: bool,
    /// Whether events with an id have gone to the client.
    pub has_ids: bool,
    /// Whether it is complete.
    pub is_done: bool,
}

impl Summary {
    /// The size of a whole answer, in tokens.
    #[must_use]
    pub fn of_size(self, body: &[u8]) -> Self {
        Self { tokens: u64::try_from(body.len() / 4).unwrap_or(u64::MAX), ..self }
    }
}

/// Who served a call, and for how much: said at the end of a stream where the format has room.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    pub model: &'a str,
    pub provider: &'a str,
    pub request_id: &'a str,
    /// Absent where the price or the usage is unknown.
    pub cost: Option<NanoUsd>,
}
