//! The table of the types of providers: a row says where a type differs from the OpenAI family's
//! usual member.
//!
//! Sources: the providers' documents on base URLs, compatible APIs and error codes.

use std::time::Duration;

use super::ProviderKind;
use super::errors;
use super::facts::{
    BaseUrl, ChatQuirks, KeyNeed, KindFacts, Location, OtherApi, ReasoningPolicy, Refuses,
};
use crate::domain::chat::Maker;
use crate::domain::dialect::Dialect;
use crate::domain::service::Service;

impl ProviderKind {
    pub const fn facts(self) -> &'static KindFacts {
        match self {
            Self::Openai => &OPENAI,
            Self::Deepseek => &DEEPSEEK,
            Self::Glm => &GLM,
            Self::Qwen => &QWEN,
            Self::Kimi => &KIMI,
            Self::Openrouter => &OPENROUTER,
            Self::Grok => &GROK,
            Self::Vllm => &VLLM,
            Self::Transformers => &TRANSFORMERS,
            Self::OpenaiCompatible => &OPENAI_COMPATIBLE,
            Self::RemoteHttp => &REMOTE_HTTP,
            Self::Claude => &CLAUDE,
            Self::Gemini => &GEMINI,
            Self::Ollama => &OLLAMA,
            Self::Mock => &MOCK,
        }
    }
}

/// Below the 5 s after which uvicorn, and so vLLM and Transformers, closes.
const BELOW_UVICORNS: Duration = Duration::from_secs(4);

const RESPONSES: Dialect = Dialect::OpenAiResponses(Maker::OpenAi);

const RESPONSES_BESIDE: OtherApi =
    OtherApi { dialect: RESPONSES, location: Location::Beside("responses") };

const DEEPSEEKS: &[&str] = &["api.deepseek.com"];

const COMPLETIONS: (Service, Location) = (Service::Completions, Location::Beside("completions"));
const EMBEDDINGS: (Service, Location) = (Service::Embeddings, Location::Beside("embeddings"));
const MODERATIONS: (Service, Location) = (Service::Moderations, Location::Beside("moderations"));
const RERANK: (Service, Location) = (Service::Rerank, Location::Beside("rerank"));
const IMAGES: (Service, Location) = (Service::Images, Location::Beside("images/generations"));
const IMAGE_EDITS: (Service, Location) = (Service::ImageEdits, Location::Beside("images/edits"));
const IMAGE_VARIATIONS: (Service, Location) =
    (Service::ImageVariations, Location::Beside("images/variations"));
const SPEECH: (Service, Location) = (Service::Speech, Location::Beside("audio/speech"));
const TRANSCRIPTIONS: (Service, Location) =
    (Service::Transcriptions, Location::Beside("audio/transcriptions"));
const TRANSLATIONS: (Service, Location) =
    (Service::Translations, Location::Beside("audio/translations"));

const USUAL_QUIRKS: ChatQuirks = ChatQuirks {
    max_tokens_name: None,
    refuses: Refuses::Nothing,
    keeps_preferences: false,
    added_to_streamed_tools: None,
    earlier_reasoning: ReasoningPolicy::Kept,
};

/// A vendor of the OpenAI family.
const USUAL: KindFacts = KindFacts {
    base_url: BaseUrl::Required,
    api_version: Some("v1"),
    foreign_base_end: None,
    dialect: Dialect::OpenAiChat,
    path: "chat/completions",
    other_apis: &[],
    services: &[],
    completes_by_chat_models: true,
    chooses_responses_by_model: false,
    models_path: Some("models"),
    key_header: ("authorization", "Bearer"),
    key: KeyNeed::Always,
    keep_alive: Duration::from_secs(30),
    takes_text_files: false,
    has_own_providers: false,
    chat_quirks: USUAL_QUIRKS,
    error_rules: &[],
};

static OPENAI: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://api.openai.com/v1"),
    other_apis: &[RESPONSES_BESIDE],
    services: &[
        COMPLETIONS,
        EMBEDDINGS,
        MODERATIONS,
        IMAGES,
        IMAGE_EDITS,
        IMAGE_VARIATIONS,
        SPEECH,
        TRANSCRIPTIONS,
        TRANSLATIONS,
    ],
    completes_by_chat_models: false,
    chooses_responses_by_model: true,
    chat_quirks: ChatQuirks {
        // The o-series and everything from gpt-5 on answer 400 to `max_tokens`.
        max_tokens_name: Some("max_completion_tokens"),
        refuses: Refuses::WhileReasoning {
            reasoning: &[
                "temperature",
                "top_p",
                "top_k",
                "stop",
                "presence_penalty",
                "frequency_penalty",
                "logit_bias",
                "logprobs",
                "top_logprobs",
            ],
            // No model of OpenAI's knows it.
            otherwise: &["top_k"],
        },
        earlier_reasoning: ReasoningPolicy::TakenOut,
        ..USUAL_QUIRKS
    },
    ..USUAL
};

static DEEPSEEK: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://api.deepseek.com"),
    other_apis: &[OtherApi {
        dialect: Dialect::AnthropicMessages,
        location: Location::OnHosts { hosts: DEEPSEEKS, path: "/anthropic/v1/messages" },
    }],
    // Fill-in-the-middle, of its beta.
    services: &[(
        Service::Completions,
        Location::OnHosts { hosts: DEEPSEEKS, path: "/beta/completions" },
    )],
    chat_quirks: ChatQuirks {
        earlier_reasoning: ReasoningPolicy::GivenBackIfNeeded,
        ..USUAL_QUIRKS
    },
    error_rules: errors::DEEPSEEK,
    ..USUAL
};

/// Two sites with one API: bigmodel.cn and z.ai.
static GLM: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://open.bigmodel.cn/api/paas/v4"),
    api_version: Some("v4"),
    other_apis: &[
        OtherApi {
            dialect: Dialect::AnthropicMessages,
            location: Location::OnHosts {
                hosts: &["open.bigmodel.cn", "api.z.ai"],
                path: "/api/anthropic/v1/messages",
            },
        },
        OtherApi {
            dialect: RESPONSES,
            location: Location::OnHosts { hosts: &["api.z.ai"], path: "/api/v1/responses" },
        },
    ],
    services: &[EMBEDDINGS, MODERATIONS, RERANK, IMAGES, SPEECH, TRANSCRIPTIONS],
    chat_quirks: ChatQuirks {
        // Both sites know only the old name.
        max_tokens_name: Some("max_tokens"),
        // Without it the arguments of calls come in one late chunk.
        added_to_streamed_tools: Some(("tool_stream", "true")),
        ..USUAL_QUIRKS
    },
    error_rules: errors::GLM,
    ..USUAL
};

/// DashScope. Its document names an Anthropic layer; the base URLs of its regions differ.
static QWEN: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://dashscope.aliyuncs.com/compatible-mode/v1"),
    services: &[COMPLETIONS, EMBEDDINGS],
    error_rules: errors::QWEN,
    ..USUAL
};

static KIMI: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://api.moonshot.ai/v1"),
    other_apis: &[
        OtherApi {
            dialect: Dialect::AnthropicMessages,
            location: Location::OnHosts { hosts: MOONSHOT, path: "/anthropic/v1/messages" },
        },
        OtherApi {
            dialect: RESPONSES,
            location: Location::OnHosts { hosts: MOONSHOT, path: "/v1/responses" },
        },
    ],
    chat_quirks: ChatQuirks {
        refuses: Refuses::WithoutSampling(&[
            "temperature",
            "top_p",
            "n",
            "presence_penalty",
            "frequency_penalty",
        ]),
        earlier_reasoning: ReasoningPolicy::GivenBackIfNeeded,
        ..USUAL_QUIRKS
    },
    error_rules: errors::KIMI,
    ..USUAL
};

const MOONSHOT: &[&str] = &["api.moonshot.ai", "api.moonshot.cn"];

static OPENROUTER: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://openrouter.ai/api/v1"),
    services: &[COMPLETIONS, EMBEDDINGS, RERANK],
    has_own_providers: true,
    chat_quirks: ChatQuirks { keeps_preferences: true, ..USUAL_QUIRKS },
    error_rules: errors::OPENROUTER,
    ..USUAL
};

/// xAI. Its Anthropic layer is deprecated.
static GROK: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://api.x.ai/v1"),
    other_apis: &[OtherApi {
        dialect: Dialect::OpenAiResponses(Maker::Xai),
        location: Location::Beside("responses"),
    }],
    services: &[COMPLETIONS, EMBEDDINGS, IMAGES],
    chooses_responses_by_model: true,
    chat_quirks: ChatQuirks {
        refuses: Refuses::WithoutSampling(&["temperature", "top_p"]),
        ..USUAL_QUIRKS
    },
    error_rules: errors::GROK,
    ..USUAL
};

static VLLM: KindFacts = KindFacts {
    base_url: BaseUrl::Default("http://localhost:8000/v1"),
    other_apis: &[
        OtherApi { dialect: Dialect::AnthropicMessages, location: Location::Beside("messages") },
        RESPONSES_BESIDE,
    ],
    services: &[COMPLETIONS, EMBEDDINGS, RERANK, IMAGES, SPEECH, TRANSCRIPTIONS, TRANSLATIONS],
    key: KeyNeed::Never,
    keep_alive: BELOW_UVICORNS,
    ..USUAL
};

static TRANSFORMERS: KindFacts = KindFacts {
    base_url: BaseUrl::Default("http://localhost:8000/v1"),
    other_apis: &[RESPONSES_BESIDE],
    services: &[COMPLETIONS, TRANSCRIPTIONS],
    key: KeyNeed::Never,
    keep_alive: BELOW_UVICORNS,
    ..USUAL
};

/// Any other server of the family. It may serve a vendor's model by that vendor's own rules.
static OPENAI_COMPATIBLE: KindFacts = KindFacts {
    // It may have any.
    services: &[
        COMPLETIONS,
        EMBEDDINGS,
        MODERATIONS,
        RERANK,
        IMAGES,
        IMAGE_EDITS,
        IMAGE_VARIATIONS,
        SPEECH,
        TRANSCRIPTIONS,
        TRANSLATIONS,
    ],
    key: KeyNeed::IfNamed,
    chat_quirks: ChatQuirks {
        keeps_preferences: true,
        earlier_reasoning: ReasoningPolicy::GivenBackIfNeeded,
        ..USUAL_QUIRKS
    },
    ..USUAL
};

static REMOTE_HTTP: KindFacts = KindFacts {
    api_version: None,
    dialect: Dialect::RemoteHttp,
    path: "",
    models_path: None,
    key: KeyNeed::Never,
    ..USUAL
};

static CLAUDE: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://api.anthropic.com"),
    dialect: Dialect::AnthropicMessages,
    path: "messages",
    key_header: ("x-api-key", ""),
    takes_text_files: true,
    ..USUAL
};

static GEMINI: KindFacts = KindFacts {
    base_url: BaseUrl::Default("https://generativelanguage.googleapis.com"),
    api_version: Some("v1beta"),
    dialect: Dialect::GeminiGenerate,
    // The model's name and the method follow in each call.
    path: "models",
    services: &[(Service::Embeddings, Location::Beside("models"))],
    key_header: ("x-goog-api-key", ""),
    takes_text_files: true,
    ..USUAL
};

static OLLAMA: KindFacts = KindFacts {
    base_url: BaseUrl::Default("http://localhost:11434"),
    api_version: Some("api"),
    // The habit of OpenAI's SDKs.
    foreign_base_end: Some("/v1"),
    dialect: Dialect::OllamaChat,
    path: "chat",
    // Continuations are asked for in its layer of OpenAI's API.
    services: &[
        (Service::Completions, Location::AboveVersion("v1/completions")),
        (Service::Embeddings, Location::Beside("embed")),
    ],
    models_path: Some("tags"),
    key: KeyNeed::Never,
    takes_text_files: true,
    ..USUAL
};

/// Answers within the router, as a member of the family would.
static MOCK: KindFacts = KindFacts {
    base_url: BaseUrl::InProcess,
    services: &[EMBEDDINGS],
    models_path: None,
    key: KeyNeed::Never,
    ..USUAL
};
