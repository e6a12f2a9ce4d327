//! The wire formats by name; `dialects` reads and writes them.

use super::chat::Maker;

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
    /// Whether both are one API, whoever's models are behind it.
    pub fn is_same_api(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}
