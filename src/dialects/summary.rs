//! The facts of an answer for the record and for failover, whole or streamed, of any dialect.

use std::time::Duration;

use crate::domain::money::NanoUsd;
use crate::domain::usage::Usage;

/// The facts of an answer, or of a stream so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The latest; providers may repeat it.
    pub usage: Option<Usage>,
    /// Of the first choice; in a stream the latest.
    pub finish_reason: Option<String>,
    /// An estimate of the answer's tokens: a chunk of a stream counts as one at least, and so do
    /// four bytes of text.
    pub tokens: u64,
    /// Whether it has content besides a role.
    pub has_content: bool,
    /// Whether events with an id were sent to the client.
    pub has_ids: bool,
    /// Whether it is complete.
    pub is_done: bool,
}

impl Summary {
    /// With the token estimate of a whole answer.
    #[must_use]
    pub fn of_size(self, body: &[u8]) -> Self {
        Self { tokens: u64::try_from(body.len() / 4).unwrap_or(u64::MAX), ..self }
    }
}

/// An estimate of the tokens of a piece of text, at least one.
pub fn tokens_of(bytes: usize) -> u64 {
    u64::try_from(bytes / 4).unwrap_or(u64::MAX).max(1)
}

/// The server and the cost of a call, written at the end of a stream where the format has members
/// for them.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    pub model: &'a str,
    pub provider: &'a str,
    pub request_id: &'a str,
    /// Absent where the price or the usage is unknown.
    pub cost: Option<NanoUsd>,
    /// Since the call arrived; zero where the format has no member for it.
    pub elapsed: Duration,
}
