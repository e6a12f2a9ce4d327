//! Information beside an answer, in headers.

use crate::routing::trace::Timings;

/// The information beside an answer.
#[derive(Clone, Debug, Default)]
pub struct AnswerNotes {
    /// The client's parameters without a counterpart upstream.
    pub dropped: Vec<String>,
    /// Parameters changed to the key's limits: `max_tokens=100`.
    pub adjusted: Vec<String>,
    /// `provider/model;attempts=1`.
    pub route: String,
    /// Of a whole answer.
    pub timings: Option<Timings>,
}
