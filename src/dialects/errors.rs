//! The faults of a request, of a whole answer and of a stream: the same for every dialect.

use super::place::Place;
use super::sse::FrameTooLong;
use crate::domain::chat::GaveUp;

/// An error in a client's body, and its field, as the client spells it.
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

    /// With another spelling of its place, in the parameter and where the text quotes it.
    #[must_use]
    pub fn respelled(self, spelling: impl FnOnce(&str) -> String) -> Self {
        let Some(param) = self.param else { return self };
        let own = spelling(&param);
        let message = self.message.replace(&format!("`{param}`"), &format!("`{own}`"));
        Self { message, param: Some(own) }
    }
}

/// A value of a request that the upstream's API cannot express, and its place. The client half
/// spells the place, which turns this into a [`BadRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untranslatable {
    place: Option<Place>,
    /// Whether the complaint continues after the name of the place.
    is_named: bool,
    complaint: String,
    /// Another place that the complaint is about.
    cause: Option<Place>,
}

impl Untranslatable {
    /// The complaint continues after the name of the place: ` is empty`, `: the model takes no images`.
    pub fn at(place: impl Into<Place>, complaint: impl Into<String>) -> Self {
        Self { place: Some(place.into()), is_named: true, ..Self::as_a_whole(complaint) }
    }

    /// The complaint is a sentence of its own.
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

    /// `spelled`: the client's path for a place.
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

/// An error in the upstream's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamError {
    pub message: String,
    pub code: Option<String>,
}

/// Why an answer with a good status cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// An error with status 200, which some gateways send.
    Error(UpstreamError),
    /// The model gave up without content.
    GaveUp(GaveUp),
    /// Not the documented format; the text describes the body.
    Malformed(String),
}

/// Why a stream ended without a whole answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    #[error(transparent)]
    TooLong(#[from] FrameTooLong),
    #[error("a frame of the stream is no JSON")]
    Malformed,
    /// The upstream reports an error.
    #[error("{}", .0.message)]
    Upstream(UpstreamError),
    /// The model gave up without content.
    #[error(transparent)]
    GaveUp(GaveUp),
    /// `[DONE]` came without a finish reason before it.
    #[error("ended the stream without a finish reason: the answer was cut off")]
    Unfinished,
    #[error("answered with a stream that says nothing")]
    Empty,
    #[error("answered as a whole what was asked for as a stream")]
    Whole,
}
