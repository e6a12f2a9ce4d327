//! The values of keys that are more than a type: words, sizes, times, bounds.

use serde_json::{Value, json};

use crate::config::entries::ApiChoice;
use crate::config::key_rules::{ParameterLimits, Per};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::strategy::Strategy;

/// Those that [`of`] knows, but for the bounds of parameters.
#[cfg(test)]
pub const PATHS: [&str; 15] = [
    "recording.bodies",
    "recording.keep_days",
    "recording.keep_bodies_days",
    "recording.keep_responses_days",
    "recording.max_size",
    "telemetry.otlp_compression",
    "routing.strategy",
    "routing.aliases.*.strategy",
    "routing.pairs.analyzer_fallback",
    "providers.type",
    "providers.settings.api",
    "models.config.context_window",
    "api_keys.role",
    "api_keys.expires_at",
    "api_keys.budget.per",
];

pub fn of(path: &str) -> Option<Value> {
    let days = || json!({ "type": "integer", "minimum": 1, "maximum": 36_500 });
    Some(match path {
        "recording.bodies" => json!({ "anyOf": [{ "type": "boolean" }, words(&["errors"])] }),
        "recording.keep_days" | "recording.keep_bodies_days" => days(),
        "recording.keep_responses_days" => {
            json!({ "type": "integer", "minimum": 0, "maximum": 36_500 })
        }
        "recording.max_size" => json!({ "type": ["string", "integer"] }),
        "telemetry.otlp_compression" => words(&["none", "gzip"]),
        "routing.strategy" | "routing.aliases.*.strategy" => {
            words(&Strategy::ALL.map(Strategy::as_str))
        }
        "routing.pairs.analyzer_fallback" => words(&["strong", "weak"]),
        "providers.type" => {
            let all = ProviderKind::ALL.map(ProviderKind::as_str);
            words(&all.into_iter().chain(["xai", "custom_http"]).collect::<Vec<_>>())
        }
        "providers.settings.api" => words(&ApiChoice::WORDS.map(|(word, _)| word)),
        "models.config.context_window" => {
            json!({ "type": ["string", "integer"], "pattern": "^ *[0-9.]+ *[kKmM]? *$|\\$\\{", "minimum": 1 })
        }
        // A time of TOML is a text for validators.
        "api_keys.expires_at" => json!({ "type": "string" }),
        "api_keys.role" => words(&["user", "admin"]),
        "api_keys.budget.per" => words(&Per::ALL.map(Per::as_str)),
        path if path.ends_with(".mock.error_status") => {
            json!({ "type": "integer", "minimum": 400, "maximum": 599 })
        }
        path => {
            let parameter = path.strip_prefix("api_keys.parameter_limits.")?;
            match parameter {
                "custom_limits" => json!({ "type": "object", "additionalProperties": limit() }),
                name if ParameterLimits::NAMES.contains(&name) => limit(),
                _ => return None,
            }
        }
    })
}

/// One of these words, or one that comes from the environment.
fn words(words: &[&str]) -> Value {
    json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": "\\$\\{" }] })
}

fn limit() -> Value {
    json!({ "anyOf": [
        { "type": "number" },
        {
            "type": "object",
            "properties": { "min": { "type": "number" }, "max": { "type": "number" } },
            "additionalProperties": false,
        },
    ] })
}

/// Keys whose absence is an error although their readers do not say so.
pub fn further_required(path: &str) -> impl Iterator<Item = &'static str> {
    let keys: &[&str] = match path {
        "models.rate_limit" => &["max_requests", "per_seconds"],
        _ => &[],
    };
    keys.iter().copied()
}

/// Keys of which one is required.
pub fn one_required(path: &str) -> Option<[&'static str; 2]> {
    match path {
        "api_keys" => Some(["key", "key_env"]),
        "api_keys.budget" => Some(["usd", "tokens"]),
        _ => None,
    }
}
