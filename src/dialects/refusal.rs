//! Classifies an upstream's error by its code or message when they say more than its status: Google
//! answers 400 to a bad key, OpenAI 429 to an account without credit, where a retry is useless. An
//! error is read by the rules of its provider's type, then by those of the call's dialect, then by
//! [`RULES`], which apply everywhere.
//!
//! Sources: the providers' documents on error codes.

use std::time::Duration;

use super::blame::is_translations;
use super::errors::UpstreamError;
use super::json::body::JsonBody;
use super::openai::upstream::error::told_reset;
use super::translate::answer::error;
use super::{Dialect, anthropic, gemini};
use crate::domain::dialect::EmbeddingApi;
use crate::domain::error_rule::{ErrorRule, Says};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::refusal::Refusal;

const RULES: &[ErrorRule] = &[
    ErrorRule {
        statuses: &[400, 401, 403],
        says: Says::Code(&["api_key_invalid", "api_key_expired", "invalid_api_key"]),
        refusal: Refusal::Key,
    },
    ErrorRule {
        statuses: &[],
        says: Says::Code(&[
            "insufficient_quota",
            "billing_not_active",
            "billing_hard_limit_reached",
            "billing_error",
        ]),
        refusal: Refusal::Billing,
    },
    // Messages of Mistral and Groq, also with status 400.
    ErrorRule {
        statuses: &[400, 404, 422],
        says: Says::Code(&["model_not_found", "invalid_model", "model_not_available"]),
        refusal: Refusal::NotFound,
    },
    ErrorRule {
        statuses: &[400, 413, 422],
        says: Says::Code(&["context_length_exceeded", "string_above_max_length"]),
        refusal: Refusal::ContextLength,
    },
    ErrorRule {
        statuses: &[400, 413, 422],
        says: Says::Words(&[
            "maximum context length",
            "prompt is too long",
            "exceed context limit",
            "exceeds the maximum number of tokens allowed",
            "exceeds the available context size",
            "exceeds the context window",
            "exceeds the model's context",
            "range of input length should be",
        ]),
        refusal: Refusal::ContextLength,
    },
    ErrorRule {
        statuses: &[400, 403, 422],
        says: Says::Code(&["content_policy_violation", "content_filter"]),
        refusal: Refusal::ContentPolicy,
    },
    // Another router's, or this router's own; a dialect may have no field for its code.
    ErrorRule { statuses: &[508], says: Says::Code(&["loop_detected"]), refusal: Refusal::Loop },
    ErrorRule {
        statuses: &[508],
        says: Says::Words(&["has been through this router"]),
        refusal: Refusal::Loop,
    },
    ErrorRule {
        statuses: &[],
        says: Says::Code(&["overloaded_error"]),
        refusal: Refusal::Overloaded,
    },
];

/// The decoded answer with an error status.
#[derive(Debug)]
pub struct ReadError {
    pub refusal: Refusal,
    pub error: UpstreamError,
    /// When the body says that a retry may succeed.
    pub retry_after: Option<Duration>,
    /// The body's copy of a header that says when the rate limit resets.
    pub reset: Option<String>,
}

/// `asked`: the client's request, if one was sent.
pub fn read(
    dialect: Dialect,
    kind: ProviderKind,
    status: u16,
    body: &[u8],
    asked: Option<&JsonBody>,
) -> ReadError {
    let (error, retry_after) = error(dialect, status, body);
    let refusal = match refusal(dialect, kind, status, &error) {
        Refusal::BadRequest if asked.is_some_and(|it| is_translations(dialect, &error, it)) => {
            Refusal::Translation
        }
        refusal => refusal,
    };
    let reset = match dialect {
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses(_)
        | Dialect::RemoteHttp
        | Dialect::Invoke
        | Dialect::Forwarded(_)
        | Dialect::Embeddings(EmbeddingApi::OpenAi) => told_reset(body),
        Dialect::AnthropicMessages
        | Dialect::GeminiGenerate
        | Dialect::OllamaChat
        | Dialect::Embeddings(_) => None,
    };
    ReadError { refusal, error, retry_after, reset }
}

/// What an error with this status means, in this dialect and at a provider of this kind.
fn refusal(dialect: Dialect, kind: ProviderKind, status: u16, error: &UpstreamError) -> Refusal {
    let dialects_own = match dialect {
        Dialect::AnthropicMessages => anthropic::upstream::error::RULES,
        Dialect::GeminiGenerate
        | Dialect::Embeddings(EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle) => {
            gemini::upstream::error::RULES
        }
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses(_)
        | Dialect::OllamaChat
        | Dialect::RemoteHttp
        | Dialect::Invoke
        | Dialect::Forwarded(_)
        | Dialect::Embeddings(_) => &[],
    };
    let code = error.code.as_deref().unwrap_or_default();
    let message = error.message.to_lowercase();
    let mut rules = kind.facts().error_rules.iter().chain(dialects_own).chain(RULES);
    rules
        .find(|rule| rule.fits(status, code, &message))
        .map_or_else(|| Refusal::of_status(status), |rule| rule.refusal)
}
