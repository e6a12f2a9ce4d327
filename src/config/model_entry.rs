//! Reads one `[[models]]`.

use super::entries::{ModelConfig, ModelEntry, RateLimit};
use super::provider_entry::read_mock;
use super::reader::TableReader;
use super::size;

/// Dollars per 1,000 tokens. A higher price is a mistake in the unit.
const MAX_PRICE: f64 = 1_000.0;

pub fn read(table: TableReader<'_>) -> Option<ModelEntry> {
    let name = table.required_string("name");
    let provider = table.required_string("provider");
    let at = name.as_ref().map_or(table.at, |name| name.at);
    let entry = ModelEntry {
        name: String::new(),
        provider: String::new(),
        display_name: table.string("display_name"),
        description: table.string("description"),
        remote_identifier: table.string("remote_identifier"),
        is_active: table.bool("is_active").unwrap_or(true),
        tags: read_tags(&table),
        default_params: table.json_table("default_params").unwrap_or_default(),
        local_path: table.string("local_path"),
        download_uri: table.string("download_uri"),
        rate_limit: table.table("rate_limit").and_then(read_rate_limit),
        config: table.table("config").map(read_config).unwrap_or_default(),
        at,
        provider_at: provider.as_ref().map_or(at, |provider| provider.at),
    };
    table.finish_or_say("; what a model can do and costs stands in `[models.config]`");
    Some(ModelEntry { name: name?.value, provider: provider?.value, ..entry })
}

fn read_tags(table: &TableReader<'_>) -> Vec<String> {
    let mut tags = table.strings("tags").unwrap_or_default();
    for tag in &tags {
        let is_sane = !tag.is_empty()
            && tag.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
        if !is_sane {
            table.error_of(
                "tags",
                table.at,
                format!("tag `{tag}` may hold only letters, digits, `-`, `_`, `.`, `:`"),
            );
        }
    }
    tags.sort();
    tags.dedup();
    tags
}

fn read_rate_limit(table: TableReader<'_>) -> Option<RateLimit> {
    let max_requests = table.positive("max_requests");
    let per_seconds = table.positive("per_seconds");
    let burst_size = table.positive("burst_size");
    let max_wait_ms = table.u64("max_wait_ms").unwrap_or(0);
    let notes = table.string("notes");
    for (key, value) in [("max_requests", max_requests), ("per_seconds", per_seconds)] {
        if value.is_none() && !table.has(key) {
            table.error_of(key, table.at, format!("`{key}` is missing"));
        }
    }
    if let (Some(burst), Some(max)) = (burst_size, max_requests)
        && burst < max
    {
        table.error_of(
            "burst_size",
            table.at,
            format!("`burst_size` ({burst}) must be at least `max_requests` ({max})"),
        );
    }
    table.finish();
    let max_requests = max_requests?;
    Some(RateLimit {
        max_requests,
        per_seconds: per_seconds?,
        burst_size: burst_size.unwrap_or(max_requests),
        max_wait_ms,
        notes,
    })
}

fn read_config(table: TableReader<'_>) -> ModelConfig {
    let context_window = table.any("context_window").and_then(|written| {
        let tokens = size::parse(&written.value);
        if tokens.is_none() {
            table.error(written.at, "`context_window` must be like \"128k\", \"1M\" or 200000");
        }
        tokens
    });
    let price = |key| table.f64(key, 0.0, MAX_PRICE);
    let config = ModelConfig {
        context_window,
        supports_vision: table.bool("supports_vision"),
        supports_tools: table.bool("supports_tools"),
        supports_audio: table.bool("supports_audio"),
        supports_video: table.bool("supports_video"),
        languages: table.strings("languages").unwrap_or_default(),
        priority: table.i64("priority").unwrap_or(0),
        weight: table.f64("weight", 0.0, 1e6),
        max_concurrent: table.positive("max_concurrent").and_then(|most| most.try_into().ok()),
        tokens_per_minute: table.positive("tokens_per_minute"),
        fallbacks: table.strings("fallbacks").unwrap_or_default(),
        context_fallbacks: table.strings("context_fallbacks").unwrap_or_default(),
        content_fallbacks: table.strings("content_fallbacks").unwrap_or_default(),
        cost_per_1k_tokens: price("cost_per_1k_tokens"),
        cost_per_1k_completion_tokens: price("cost_per_1k_completion_tokens"),
        cost_per_1k_cached_tokens: price("cost_per_1k_cached_tokens"),
        cost_per_1k_cache_write_tokens: price("cost_per_1k_cache_write_tokens"),
        cost_per_1k_reasoning_tokens: price("cost_per_1k_reasoning_tokens"),
        mock: table.table("mock").map(read_mock),
        other: serde_json::Map::new(),
    };
    ModelConfig { other: table.into_unknown(), ..config }
}
