//! What an upstream's error means where its code or its words say more than its status does:
//! Google answers 400 to a bad key, OpenAI 429 to an empty account, which no waiting mends.
//!
//! Sources: the providers' documents on error codes; [`ROWS`] names the odd ones.

use super::errors::UpstreamError;
use crate::domain::provider_kind::ProviderKind::{
    self, Claude, Deepseek, Gemini, Glm, Grok, Kimi, Openrouter, Qwen,
};
use crate::domain::refusal::Refusal;

/// One reading of an error. The first row that fits counts.
struct Row {
    /// Whose errors; none named: everybody's.
    kinds: &'static [ProviderKind],
    /// With which statuses; none named: any.
    statuses: &'static [u16],
    said: Said,
    refusal: Refusal,
}

enum Said {
    /// One of these codes, in any case.
    Code(&'static [&'static str]),
    /// One of these in the message, in lower case.
    Words(&'static [&'static str]),
}

const ROWS: &[Row] = &[
    // DashScope says so where a quota of tokens per minute is used up.
    Row {
        kinds: &[Qwen],
        statuses: &[429],
        said: Said::Code(&["insufficient_quota"]),
        refusal: Refusal::RateLimited,
    },
    Row {
        kinds: &[Qwen],
        statuses: &[],
        said: Said::Code(&["arrearage", "allocationquota.freetieronly"]),
        refusal: Refusal::Billing,
    },
    Row {
        kinds: &[Qwen],
        statuses: &[],
        said: Said::Code(&["datainspectionfailed", "data_inspection_failed"]),
        refusal: Refusal::ContentPolicy,
    },
    Row {
        kinds: &[Glm],
        statuses: &[],
        said: Said::Code(&["1113", "1309"]),
        refusal: Refusal::Billing,
    },
    Row {
        kinds: &[Glm],
        statuses: &[],
        said: Said::Code(&["1304", "1308", "1310"]),
        refusal: Refusal::Quota,
    },
    Row {
        kinds: &[Glm],
        statuses: &[],
        said: Said::Code(&["1302", "1303"]),
        refusal: Refusal::RateLimited,
    },
    Row { kinds: &[Glm], statuses: &[], said: Said::Code(&["1305"]), refusal: Refusal::Overloaded },
    Row {
        kinds: &[Glm],
        statuses: &[],
        said: Said::Code(&["1301"]),
        refusal: Refusal::ContentPolicy,
    },
    Row {
        kinds: &[Glm],
        statuses: &[],
        said: Said::Code(&["1261"]),
        refusal: Refusal::ContextLength,
    },
    Row { kinds: &[Glm], statuses: &[], said: Said::Code(&["1211"]), refusal: Refusal::NotFound },
    Row {
        kinds: &[Kimi],
        statuses: &[],
        said: Said::Code(&["exceeded_current_quota_error"]),
        refusal: Refusal::Billing,
    },
    Row {
        kinds: &[Kimi],
        statuses: &[],
        said: Said::Code(&["engine_overloaded_error"]),
        refusal: Refusal::Overloaded,
    },
    // The account's credit, and the limit that its owner set, come as the caller's mistakes.
    Row {
        kinds: &[Claude],
        statuses: &[400],
        said: Said::Words(&["credit balance is too low"]),
        refusal: Refusal::Billing,
    },
    Row {
        kinds: &[Claude],
        statuses: &[400, 429],
        said: Said::Words(&["api usage limits", "spend limit"]),
        refusal: Refusal::Quota,
    },
    Row {
        kinds: &[Gemini],
        statuses: &[429],
        said: Said::Code(&["resource_exhausted_per_day"]),
        refusal: Refusal::Quota,
    },
    // "User location is not supported", "billing is not enabled".
    Row {
        kinds: &[Gemini],
        statuses: &[400],
        said: Said::Code(&["failed_precondition"]),
        refusal: Refusal::Forbidden,
    },
    Row {
        kinds: &[Grok],
        statuses: &[400],
        said: Said::Words(&["incorrect api key"]),
        refusal: Refusal::Key,
    },
    Row {
        kinds: &[Grok],
        statuses: &[403, 429],
        said: Said::Words(&["used all available credits", "spending limit"]),
        refusal: Refusal::Billing,
    },
    Row {
        kinds: &[Deepseek],
        statuses: &[400],
        said: Said::Words(&["model not exist"]),
        refusal: Refusal::NotFound,
    },
    Row {
        kinds: &[Openrouter],
        statuses: &[429],
        said: Said::Words(&["free-models-per-day"]),
        refusal: Refusal::Quota,
    },
    Row {
        kinds: &[Openrouter],
        statuses: &[400],
        said: Said::Words(&["is not a valid model id"]),
        refusal: Refusal::NotFound,
    },
    // The moderation of the model's own provider.
    Row {
        kinds: &[Openrouter],
        statuses: &[403],
        said: Said::Words(&["flagged", "moderation"]),
        refusal: Refusal::ContentPolicy,
    },
    Row {
        kinds: &[],
        statuses: &[400, 401, 403],
        said: Said::Code(&["api_key_invalid", "api_key_expired", "invalid_api_key"]),
        refusal: Refusal::Key,
    },
    Row {
        kinds: &[],
        statuses: &[],
        said: Said::Code(&[
            "insufficient_quota",
            "billing_not_active",
            "billing_hard_limit_reached",
            "billing_error",
        ]),
        refusal: Refusal::Billing,
    },
    // Mistral's and Groq's words, at a status of 400 too.
    Row {
        kinds: &[],
        statuses: &[400, 404, 422],
        said: Said::Code(&["model_not_found", "invalid_model", "model_not_available"]),
        refusal: Refusal::NotFound,
    },
    Row {
        kinds: &[],
        statuses: &[400, 413, 422],
        said: Said::Code(&["context_length_exceeded", "string_above_max_length"]),
        refusal: Refusal::ContextLength,
    },
    Row {
        kinds: &[],
        statuses: &[400, 413, 422],
        said: Said::Words(&[
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
    Row {
        kinds: &[],
        statuses: &[400, 403, 422],
        said: Said::Code(&["content_policy_violation", "content_filter"]),
        refusal: Refusal::ContentPolicy,
    },
    // Another router's, or our own; a dialect may have no place for its code.
    Row {
        kinds: &[],
        statuses: &[508],
        said: Said::Code(&["loop_detected"]),
        refusal: Refusal::Loop,
    },
    Row {
        kinds: &[],
        statuses: &[508],
        said: Said::Words(&["has been through this router"]),
        refusal: Refusal::Loop,
    },
    Row {
        kinds: &[],
        statuses: &[],
        said: Said::Code(&["overloaded_error"]),
        refusal: Refusal::Overloaded,
    },
];

/// What the error means that a provider of this kind answered with this status.
pub fn refusal(kind: ProviderKind, status: u16, error: &UpstreamError) -> Refusal {
    let code = error.code.as_deref().unwrap_or_default();
    let message = error.message.to_lowercase();
    let fits = |row: &&Row| {
        (row.kinds.is_empty() || row.kinds.contains(&kind))
            && (row.statuses.is_empty() || row.statuses.contains(&status))
            && match row.said {
                Said::Code(codes) => codes.iter().any(|known| known.eq_ignore_ascii_case(code)),
                Said::Words(words) => words.iter().any(|words| message.contains(words)),
            }
    };
    ROWS.iter().find(fits).map_or_else(|| Refusal::of_status(status), |row| row.refusal)
}
