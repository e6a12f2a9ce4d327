//! What can go wrong with an upstream, and the provider it belongs to.

use std::sync::Arc;
use std::time::Duration;

use super::refusal::Refusal;

/// A failure of an upstream, with its provider's name.
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

    /// The router's own want: it says nothing of the provider.
    #[error(
        "not called, because the router has no file descriptors left; its operator finds the remedy in \
         the log"
    )]
    NoDescriptors,

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
        /// The status, classified by the dialect's reader of errors.
        refusal: Refusal,
        message: String,
        retry_after: Option<Duration>,
        /// The body as the vendor wrote it, for a client of the same API.
        vendor: Option<Arc<str>>,
    },

    /// The model ended without content for another reason than being done.
    #[error("{0}")]
    GaveUp(String),

    /// An error inside a stream that had begun with a good status.
    #[error("broke off the stream: {0}")]
    InStream(String),
}

impl Fault {
    /// The client's message for a refused key. The upstream's text may show parts of the key.
    pub const KEY_REFUSED: &str =
        "the router's key was refused; its operator finds the reason in the log";

    /// Precedes the upstream's message where it refused what the router's translation produced.
    pub const TRANSLATION_REFUSED: &str =
        "it refused the request as the router translated it; the client's request is valid";

    /// Maps the text that came from outside, for redaction.
    pub fn map_message(self, change: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Connect(message) => Self::Connect(change(&message)),
            Self::BadAnswer(message) => Self::BadAnswer(change(&message)),
            Self::GaveUp(message) => Self::GaveUp(change(&message)),
            Self::InStream(message) => Self::InStream(change(&message)),
            Self::Status { status, refusal, message, retry_after, vendor } => {
                Self::Status { status, refusal, message: change(&message), retry_after, vendor }
            }
            same @ (Self::Closed | Self::NoDescriptors | Self::TooSlow { .. }) => same,
        }
    }

    /// Whether a retry is pointless until the request, the configuration or the account changes.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Status { refusal, .. } if refusal.is_lasting())
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { refusal: Refusal::NotFound, .. })
    }

    /// The HTTP status and the code for the client.
    pub fn status_and_code(&self) -> (u16, &'static str) {
        match self {
            Self::Connect(_) => (502, "upstream_unreachable"),
            Self::NoDescriptors => (503, "no_file_descriptors"),
            Self::Closed => (502, "upstream_closed"),
            Self::TooSlow { .. } => (504, "upstream_timeout"),
            Self::BadAnswer(_) => (502, "upstream_bad_answer"),
            Self::GaveUp(_) => (502, "upstream_gave_up"),
            Self::InStream(_) => (502, "upstream_stream_error"),
            Self::Status { refusal, .. } => refusal.status_and_code(),
        }
    }
}

/// The stages of a call that have a deadline each.
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
