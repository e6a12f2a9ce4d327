//! What can go wrong with an upstream, and whose upstream it was.

use std::time::Duration;

use super::refusal::Refusal;

/// A failure beyond the router, and whose it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("provider `{provider}`: {fault}")]
pub struct UpstreamFailure {
    pub provider: String,
    pub fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("cannot connect ({0})")]
    Connect(String),

    #[error("connection closed before the answer was complete")]
    Closed,

    #[error("{stage} took longer than {} s", .limit.as_secs_f64())]
    TooSlow { stage: Stage, limit: Duration },

    #[error("{0}")]
    BadAnswer(String),

    /// The upstream answered with an error status of its own.
    #[error("answered {status}: {message}")]
    Status {
        status: u16,
        /// What it means.
        refusal: Refusal,
        message: String,
        retry_after: Option<Duration>,
    },

    /// The model ended without content, and not because it was done.
    #[error("{0}")]
    GaveUp(String),

    /// An error inside a stream that had begun with a good status.
    #[error("broke off the stream: {0}")]
    InStream(String),
}

impl Fault {
    /// What a client is told of a refused key, in place of the upstream's words.
    pub const KEY_REFUSED: &str =
        "the router's key was refused; its operator finds the reason in the log";

    /// What a client is told before the upstream's words where the router's own are refused.
    pub const TRANSLATION_REFUSED: &str =
        "it refused what the router made of the request, which in itself is sound";

    /// Changes what it says in words that came from outside.
    pub fn in_other_words(self, change: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Connect(words) => Self::Connect(change(&words)),
            Self::BadAnswer(words) => Self::BadAnswer(change(&words)),
            Self::GaveUp(words) => Self::GaveUp(change(&words)),
            Self::InStream(words) => Self::InStream(change(&words)),
            Self::Status { status, refusal, message, retry_after } => {
                Self::Status { status, refusal, message: change(&message), retry_after }
            }
            same @ (Self::Closed | Self::TooSlow { .. }) => same,
        }
    }

    /// Whether it stays until somebody mends it, so that a client need not try again.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Status { refusal, .. } if refusal.is_lasting())
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { refusal: Refusal::NotFound, .. })
    }

    pub(super) fn status_and_code(&self) -> (u16, &'static str) {
        match self {
            Self::Connect(_) => (502, "upstream_unreachable"),
            Self::Closed => (502, "upstream_closed"),
            Self::TooSlow { .. } => (504, "upstream_timeout"),
            Self::BadAnswer(_) => (502, "upstream_bad_answer"),
            Self::GaveUp(_) => (502, "upstream_gave_up"),
            Self::InStream(_) => (502, "upstream_stream_error"),
            Self::Status { refusal, .. } => refusal.status_and_code(),
        }
    }
}

/// The four waits of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Connect,
    Head,
    FirstChunk,
    Idle,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Connect => "the connection",
            Self::Head => "the response head",
            Self::FirstChunk => "the first chunk",
            Self::Idle => "the next chunk",
        })
    }
}
