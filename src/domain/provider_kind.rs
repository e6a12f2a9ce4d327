//! The types of providers. What each brings with it stands in one row of the table
//! ([`ProviderKind::facts`]).

mod errors;
pub mod facts;
mod table;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The wire protocols that a provider entry may name as its `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    Openai,
    Deepseek,
    Glm,
    Qwen,
    Kimi,
    Openrouter,
    Grok,
    Vllm,
    Transformers,
    OpenaiCompatible,
    RemoteHttp,
    Claude,
    Gemini,
    Ollama,
    Mock,
}

impl ProviderKind {
    pub const ALL: [Self; 15] = [
        Self::Openai,
        Self::Deepseek,
        Self::Glm,
        Self::Qwen,
        Self::Kimi,
        Self::Openrouter,
        Self::Grok,
        Self::Vllm,
        Self::Transformers,
        Self::OpenaiCompatible,
        Self::RemoteHttp,
        Self::Claude,
        Self::Gemini,
        Self::Ollama,
        Self::Mock,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "xai" => Some(Self::Grok),
            "custom_http" => Some(Self::RemoteHttp),
            text => Self::ALL.into_iter().find(|kind| kind.as_str() == text),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Deepseek => "deepseek",
            Self::Glm => "glm",
            Self::Qwen => "qwen",
            Self::Kimi => "kimi",
            Self::Openrouter => "openrouter",
            Self::Grok => "grok",
            Self::Vllm => "vllm",
            Self::Transformers => "transformers",
            Self::OpenaiCompatible => "openai_compatible",
            Self::RemoteHttp => "remote_http",
            Self::Claude => "claude",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::Mock => "mock",
        }
    }

    /// As OpenTelemetry's conventions for GenAI name the vendor (`gen_ai.provider.name`); the own
    /// name where they have none.
    pub fn gen_ai_name(self) -> &'static str {
        match self {
            Self::Kimi => "moonshot_ai",
            Self::Grok => "x_ai",
            Self::Claude => "anthropic",
            Self::Gemini => "gcp.gemini",
            kind => kind.as_str(),
        }
    }
}
