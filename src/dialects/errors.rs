//! What can be wrong with a request, with a whole answer and with a stream: the same for every dialect.

use super::sse::FrameTooLong;
use crate::domain::chat::GaveUp;

/// What is wrong with a body, and in which field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadRequest {
    pub message: String,
    pub param: Option<String>,
}

impl BadRequest {
    pub fn new(message: impl Into<String>, param: impl Into<String>) -> Self {
        Self { message: message.into(), param: Some(param.into()) }
    }
}

/// An error as an upstream words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamError {
    pub message: String,
    pub code: Option<String>,
}

/// Why an answer with a good status is none.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// An error under a status 200, as some gateways send it.
    Error(UpstreamError),
    /// The model ended without a word, and not because it was done.
    GaveUp(GaveUp),
    /// Not what the API promises; the text says what it is instead.
    Malformed(String),
}

/// Why a stream ended without a whole answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    #[error(transparent)]
    TooLong(#[from] FrameTooLong),
    #[error("a frame of the stream is no JSON")]
    Malformed,
    /// The upstream says itself that something went wrong.
    #[error("{}", .0.message)]
    Upstream(UpstreamError),
    /// The model ended without a word, and not because it was done.
    #[error(transparent)]
    GaveUp(GaveUp),
    /// `[DONE]` came, and no reason before it.
    #[error("ended the stream without a finish reason: the answer was cut off")]
    Unfinished,
    #[error("answered with a stream that says nothing")]
    Empty,
    #[error("answered as a whole what was asked for as a stream")]
    Whole,
}
