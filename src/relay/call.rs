//! The inputs of a call, and the context in which a worker serves it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use actix::ArbiterHandle;

use super::cut::Cut;
use super::in_flight::WorkerCalls;
use super::selection_seeds::SelectionSeeds;
use crate::catalog::Catalogue;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::forwarded::ModelField;
use crate::dialects::request::ClientRequest;
use crate::dialects::session;
use crate::domain::clock::Clock;
use crate::domain::hops::Hops;
use crate::domain::ids::RequestId;
use crate::domain::service::Service;
use crate::domain::trace_context::TraceContext;
use crate::domain::vendor_headers::VendorHeaders;
use crate::keys::ApiKey;
use crate::providers::{Pools, ProviderStates, Upload};
use crate::recorder::{JournalHandle, RecorderHandle};
use crate::routing::Selector;
use crate::routing::tags::TagFilter;

/// Everything needed to serve a call. One for each web worker; only the pools and the list of its calls are its own.
pub struct RelayContext {
    pub catalogue: Arc<Catalogue>,
    pub states: Arc<ProviderStates>,
    pub pools: Pools,
    pub recorder: RecorderHandle,
    /// The calls that are under way at this worker.
    pub calls: WorkerCalls,
    pub journal: JournalHandle,
    /// Set when the process is stopping.
    pub is_stopping: Arc<AtomicBool>,
    /// Triggered when the stop has waited long enough for calls in flight.
    pub cut: Cut,
    pub clock: Clock,
    /// Where the models' limiters run.
    pub arbiter: ArbiterHandle,
    pub seeds: Arc<SelectionSeeds>,
}

impl RelayContext {
    pub fn now(&self) -> Duration {
        self.clock.uptime()
    }
}

/// The origin of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Client(Endpoint),
    /// The router itself, on behalf of a client: the call of a pair's analyzer.
    Router,
}

impl Origin {
    /// Whether the call is counted in tokens, even where the upstream tells none.
    pub fn is_in_tokens(self) -> bool {
        match self {
            Self::Client(Endpoint::Other(service)) => service.is_in_tokens(),
            Self::Client(_) | Self::Router => true,
        }
    }

    /// As a record's `endpoint`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client(endpoint) => endpoint.as_str(),
            Self::Router => "analyzer",
        }
    }
}

/// The route through which a client's call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Chat,
    Messages,
    Responses,
    Gemini,
    /// Embeddings by Gemini's API.
    GeminiEmbeddings,
    /// Ollama's `/api/chat`.
    OllamaChat,
    /// Ollama's `/api/generate`.
    OllamaGenerate,
    /// Ollama's `/api/embed` and `/api/embeddings`.
    OllamaEmbeddings,
    Invoke,
    Route,
    /// Another than those for chats.
    Other(Service),
}

impl Endpoint {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Messages => "messages",
            Self::Responses => "responses",
            Self::Gemini => "gemini",
            Self::GeminiEmbeddings => "gemini_embeddings",
            Self::OllamaChat => "ollama_chat",
            Self::OllamaGenerate => "ollama_generate",
            Self::OllamaEmbeddings => "ollama_embeddings",
            Self::Invoke => "invoke",
            Self::Route => "route",
            Self::Other(service) => service.as_str(),
        }
    }
}

/// A parsed request.
#[derive(Clone, Debug)]
pub struct Call {
    pub request_id: RequestId,
    pub origin: Origin,
    pub selector: Selector,
    /// From the header `x-llm-router-tags`.
    pub tags: TagFilter,
    /// From the header `x-session-id`, or a coding agent's own. The body may name one as well.
    pub session: Option<String>,
    /// The conversation's hash from a trace, to reproduce its order.
    pub known_conversation: Option<u64>,
    /// Of the order of candidates.
    pub seed: u64,
    pub request: ClientRequest,
    /// Of a request that is a form with files; its fields are the body of `request`.
    pub form: Option<SentForm>,
    /// Of a streamed answer.
    pub format: ClientFormat,
    /// The caller's key; absent for a local caller.
    pub api_key: Option<Arc<ApiKey>>,
    /// The routers that the call went through before.
    pub hops: Hops,
    /// The trace that the caller sent.
    pub trace: Option<TraceContext>,
    /// The version and the features of its API that the client names.
    pub vendor: VendorHeaders,
    /// Parameters changed to the key's limits.
    pub adjusted: Vec<String>,
    pub arrived: Instant,
    /// The same moment as microseconds since 1970.
    pub arrived_us: i64,
    pub before: Before,
}

/// A form with files, as the client sent it.
#[derive(Clone, Debug)]
pub struct SentForm {
    pub upload: Arc<Upload>,
    pub model: ModelField,
}

/// What a call spent its time on before it was a call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    pub auth: Option<Duration>,
    /// Waiting for the body.
    pub body: Duration,
}

impl Call {
    /// The client's name for the session that it belongs to.
    pub fn session_id(&self) -> Option<String> {
        session::id(&self.request, self.session.as_deref())
    }

    /// The conversation's hash, computed from the request.
    pub fn conversation(&self) -> u64 {
        let caller = self.api_key.as_ref().map(|key| &*key.name);
        self.request.conversation_seed(self.session.as_deref(), caller)
    }
}
