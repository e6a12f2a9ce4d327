//! The types of providers, each with the defaults for an entry that leaves them out.

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

    pub fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("https://api.openai.com/v1"),
            Self::Deepseek => Some("https://api.deepseek.com"),
            Self::Glm => Some("https://open.bigmodel.cn/api/paas/v4"),
            Self::Qwen => Some("https://dashscope.aliyuncs.com/compatible-mode/v1"),
            Self::Kimi => Some("https://api.moonshot.ai/v1"),
            Self::Openrouter => Some("https://openrouter.ai/api/v1"),
            Self::Grok => Some("https://api.x.ai/v1"),
            Self::Vllm | Self::Transformers => Some("http://localhost:8000/v1"),
            Self::Claude => Some("https://api.anthropic.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com"),
            Self::Ollama => Some("http://localhost:11434"),
            Self::OpenaiCompatible | Self::RemoteHttp | Self::Mock => None,
        }
    }

    /// The version segment of the base URL's path; added where an entry leaves it out.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::Glm => "v4",
            Self::Gemini => "v1beta",
            Self::Ollama => "api",
            _ => "v1",
        }
    }

    /// The path of the chat endpoint after the version.
    pub fn chat_tail(self) -> &'static str {
        match self {
            Self::Claude => "messages",
            Self::Gemini => "models",
            Self::Ollama => "chat",
            Self::RemoteHttp => "",
            _ => "chat/completions",
        }
    }

    /// The header that carries the key, and the scheme before the key.
    pub fn auth(self) -> (&'static str, &'static str) {
        match self {
            Self::Claude => ("x-api-key", ""),
            Self::Gemini => ("x-goog-api-key", ""),
            _ => ("authorization", "Bearer"),
        }
    }

    /// Whether a text file is sent to its models as text, whatever file types they accept.
    pub fn takes_text_files(self) -> bool {
        matches!(self, Self::Claude | Self::Gemini | Self::Ollama)
    }

    /// Whether a call without a key is pointless.
    pub fn needs_key(self) -> bool {
        match self {
            Self::Openai
            | Self::Deepseek
            | Self::Glm
            | Self::Qwen
            | Self::Kimi
            | Self::Openrouter
            | Self::Grok
            | Self::Claude
            | Self::Gemini => true,
            Self::Vllm
            | Self::Transformers
            | Self::OpenaiCompatible
            | Self::RemoteHttp
            | Self::Ollama
            | Self::Mock => false,
        }
    }
}
