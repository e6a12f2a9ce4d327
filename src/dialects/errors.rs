//! What can be wrong with a request, with a whole answer and with a stream: the same for every dialect.

use super::place::Place;
use super::sse::FrameTooLong;
use crate::domain::chat::GaveUp;

/// What is wrong with a body, and in which field: in the client's own words.
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

/// What a request holds that the upstream's API has no room for, and where, in the hub's terms. The client half puts
/// it into its own words, which makes a [`BadRequest`] of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untranslatable {
    place: Option<Place>,
    /// Whether the complaint goes on behind the name of the place.
    is_named: bool,
    complaint: String,
    /// Another place that the complaint is about.
    cause: Option<Place>,
}

impl Untranslatable {
    /// The complaint goes on behind the name of the place: ` is empty`, `: the model takes no images`.
    pub fn at(place: impl Into<Place>, complaint: impl Into<String>) -> Self {
        Self { place: Some(place.into()), is_named: true, ..Self::as_a_whole(complaint) }
    }

    /// The complaint says by itself what is wrong at the place.
    pub fn saying(complaint: impl Into<String>, place: impl Into<Place>) -> Self {
        Self { place: Some(place.into()), ..Self::as_a_whole(complaint) }
    }

    /// The request as a whole is wrong.
    pub fn as_a_whole(complaint: impl Into<String>) -> Self {
        Self { place: None, is_named: false, complaint: complaint.into(), cause: None }
    }

    /// Names another place at the end.
    #[must_use]
    pub fn because_of(self, cause: impl Into<Place>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// `spelled`: the client's words for a place.
    pub(in crate::dialects) fn worded(self, spelled: impl Fn(Place) -> String) -> BadRequest {
        let param = self.place.map(&spelled);
        let mut message = match &param {
            Some(place) if self.is_named => format!("`{place}`{}", self.complaint),
            _ => self.complaint,
        };
        if let Some(cause) = self.cause {
            message.push_str(&format!(" (`{}`)", spelled(cause)));
        }
        BadRequest { message, param }
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
