//! One call to an upstream: the request and the reply.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::stream::BodyStream;
use super::upload::Outgoing;
use crate::config::entries::{MockSettings, ProviderSettings};
use crate::config::sections::Timeouts;
use crate::domain::dialect::Dialect;
use crate::domain::failure::Fault;
use crate::domain::hops::Hops;
use crate::domain::secret::Secret;
use crate::domain::trace_context::TraceHeaders;
use crate::domain::vendor_headers::VendorHeaders;

/// A whole answer larger than this is refused.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A longer list of models is refused.
pub const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;

/// The body of an error is read up to this size.
pub const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The deadlines of one call: the provider's own or the global ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deadlines {
    pub connect: Duration,
    pub head: Duration,
    pub first_chunk: Duration,
    pub idle: Duration,
}

impl Deadlines {
    pub fn of(settings: &ProviderSettings, global: &Timeouts) -> Self {
        let or = |own: Option<f64>, global: Duration| own.map_or(global, Duration::from_secs_f64);
        Self {
            connect: or(settings.connect_timeout, global.connect),
            head: or(settings.timeout, global.head),
            first_chunk: or(settings.first_chunk_timeout, global.first_chunk),
            idle: or(settings.idle_timeout, global.idle),
        }
    }
}

/// The upstream endpoint to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The one of its APIs that speaks this dialect.
    Generate(Dialect),
    /// The list of models: costs nothing, and shows whether the key is accepted.
    ListModels,
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    Bytes(Bytes),
    /// A form with files.
    Form(Outgoing),
}

impl Body {
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Form(form) => form.length(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

#[derive(Clone, Debug)]
pub struct WireRequest {
    pub operation: Operation,
    pub body: Body,
    /// Appended to the provider's URL: when the path depends on the model, or a query of a list.
    pub path: Option<String>,
    pub key: Option<Secret>,
    /// The routers that the call went through before this one.
    pub hops: Hops,
    /// The trace that the call belongs to.
    pub trace: Option<TraceHeaders>,
    /// Of a client whose own bytes are sent.
    pub vendor: VendorHeaders,
    pub is_stream: bool,
    pub deadlines: Deadlines,
    /// For a provider of type `mock`.
    pub mock: Option<MockSettings>,
}

/// What an answer says of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentType {
    Json,
    /// Of Server-Sent Events.
    Events,
    /// Of an answer without one, too.
    Other(Cow<'static, str>),
}

/// The answer of an upstream, whatever its status.
#[derive(Debug)]
pub struct UpstreamReply {
    pub status: u16,
    pub content_type: ContentType,
    pub retry_after: Option<Duration>,
    /// When the upstream's rate limit resets. Refusals of any kind may carry it.
    pub reset_after: Option<Duration>,
    pub times: ReplyTimes,
    pub body: ReplyBody,
}

/// When the parts of a reply came, as far as the transport can tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplyTimes {
    /// The wait for one of the provider's connections to be free.
    pub queue: Duration,
    /// Of TCP, and the proxy's tunnel if there is one, without TLS; zero for a pooled connection.
    pub connect: Option<Duration>,
    pub head: Option<Instant>,
    /// The end of a whole body.
    pub received: Option<Instant>,
}

#[derive(Debug)]
pub enum ReplyBody {
    Whole(Bytes),
    Stream(BodyStream),
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    #[error("all {max_connections} connections are in use")]
    Saturated { max_connections: usize },
    #[error(transparent)]
    Fault(#[from] Fault),
}
