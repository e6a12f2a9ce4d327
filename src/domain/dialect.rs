//! The wire formats by name; `dialects` reads and writes them.

use super::chat::Maker;
use super::provider_kind::ProviderKind;

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
}

impl Dialect {
    /// What this kind of provider speaks where nothing else is chosen.
    pub fn of(kind: ProviderKind) -> Self {
        match kind {
            ProviderKind::Claude => Self::AnthropicMessages,
            ProviderKind::Gemini => Self::GeminiGenerate,
            ProviderKind::Ollama => Self::OllamaChat,
            ProviderKind::RemoteHttp => Self::RemoteHttp,
            ProviderKind::Openai
            | ProviderKind::Deepseek
            | ProviderKind::Glm
            | ProviderKind::Qwen
            | ProviderKind::Kimi
            | ProviderKind::Openrouter
            | ProviderKind::Grok
            | ProviderKind::Vllm
            | ProviderKind::Transformers
            | ProviderKind::OpenaiCompatible
            | ProviderKind::Mock => Self::OpenAiChat,
        }
    }
}
