//! The wire formats by name; `dialects` reads and writes them.

use super::chat::Maker;
use super::service::Service;

/// The wire format of a client or an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    OpenAiChat,
    /// OpenAI's other API, and the company whose models are behind it.
    OpenAiResponses(Maker),
    AnthropicMessages,
    GeminiGenerate,
    OllamaChat,
    /// A plain JSON service.
    RemoteHttp,
    /// The router's own; no upstream speaks it.
    Invoke,
    /// An API for embeddings.
    Embeddings(EmbeddingApi),
    /// Another of OpenAI's endpoints, whose bodies are passed on as they come.
    Forwarded(Service),
}

/// The APIs for embeddings. An upstream is called through one of those that take many texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbeddingApi {
    OpenAi,
    /// `:batchEmbedContents`
    GeminiBatch,
    /// `:embedContent`
    GeminiSingle,
    /// `/api/embed`
    Ollama,
    /// `/api/embeddings`, for one text.
    OllamaSingle,
}

impl Dialect {
    /// What is asked through it.
    pub fn service(self) -> Service {
        match self {
            Self::Embeddings(_) => Service::Embeddings,
            Self::Forwarded(service) => service,
            Self::OpenAiChat
            | Self::OpenAiResponses(_)
            | Self::AnthropicMessages
            | Self::GeminiGenerate
            | Self::OllamaChat
            | Self::RemoteHttp
            | Self::Invoke => Service::Chat,
        }
    }

    /// Whether both are one API, whoever's models are behind it.
    pub fn is_same_api(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}
