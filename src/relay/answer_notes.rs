//! What a client gets beside its answer, in headers.

/// What the client is told beside an answer.
#[derive(Clone, Debug, Default)]
pub struct AnswerNotes {
    /// The client's parameters that the upstream has no counterpart for.
    pub dropped: Vec<String>,
    /// Those that were brought within the key's limits: `max_tokens=100`.
    pub adjusted: Vec<String>,
    /// `provider/model;attempts=1`.
    pub route: String,
}
