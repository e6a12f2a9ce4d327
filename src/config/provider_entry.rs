//! Reads one `[[providers]]`.

use super::egress::EgressPolicy;
use super::entries::{ApiChoice, MockSettings, ProviderEntry, ProviderSettings};
use super::payload_mapping::{PayloadMapping, ResponsePointers};
use super::reader::{TableReader, nearest};
use super::sample_key::instead_of_key;
use super::secrets::ProviderSecrets;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::provider_kind::facts::BaseUrl;
use crate::domain::proxy::Proxy;
use crate::domain::secret::Secret;

/// A day. A longer wait is a mistake in the unit.
const MAX_SECONDS: f64 = 86_400.0;

pub fn read(table: TableReader<'_>, egress: EgressPolicy) -> Option<ProviderEntry> {
    let name = table.required_string("name");
    let kind = read_kind(&table);
    let base_url = read_base_url(&table, egress);
    let api_key_env = table.string("api_key_env");
    let api_key = read_api_key(&table);
    let is_active = table.bool("is_active").unwrap_or(true);
    let settings = table.table("settings").map(|table| read_settings(table, egress));
    let (settings, secrets) = settings.unwrap_or_default().split_secrets();

    let at = name.as_ref().map_or(table.at, |name| name.at);
    if let Some(name) = &name
        && name.value.contains('/')
    {
        table.error(name.at, "`name` of a provider must not contain `/`");
    }
    if let Some(kind) = kind
        && kind.facts().base_url == BaseUrl::Required
        && !table.has("base_url")
    {
        table.error_of("base_url", at, format!("type `{}` needs a `base_url`", kind.as_str()));
    }
    table.finish();
    Some(ProviderEntry {
        name: name?.value,
        kind: kind?,
        base_url,
        api_key_env,
        is_active,
        settings,
        secrets: ProviderSecrets { api_key, ..secrets },
        at,
    })
}

fn read_kind(table: &TableReader<'_>) -> Option<ProviderKind> {
    let written = table.required_string("type")?;
    let kind = ProviderKind::parse(&written.value);
    if kind.is_none() {
        let known = ProviderKind::ALL.map(ProviderKind::as_str);
        let hint = nearest(&written.value, &known).map_or_else(
            || format!("known types: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        table.error(written.at, format!("`type` `{}` is unknown; {hint}", written.value));
    }
    kind
}

/// Messages must not repeat the value: a key without quotes is parsed as a number or a word.
fn read_api_key(table: &TableReader<'_>) -> Vec<Secret> {
    let Some(written) = table.located_secret("api_key") else { return Vec::new() };
    if !written.value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        table.error(written.at, "`api_key` holds a character that no HTTP header can carry");
        return Vec::new();
    }
    let keys = Secret::list(&written.value);
    for doubt in keys.iter().filter_map(|key| instead_of_key(key.expose())) {
        table.warning(written.at, format!("`api_key` {doubt}"));
    }
    keys
}

fn read_base_url(table: &TableReader<'_>, egress: EgressPolicy) -> Option<String> {
    let written = table.located_string("base_url")?;
    let problem = match url::Url::parse(&written.value) {
        Err(error) => Some(error.to_string()),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Some(String::from("the scheme must be http or https"))
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => {
            Some(String::from("a host is missing"))
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Some(String::from("a key belongs in `api_key_env`, not in the URL"))
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            Some(String::from("a query or fragment does not belong here"))
        }
        Ok(url) => egress.refuse(&url),
    };
    if let Some(problem) = problem {
        table.error(written.at, format!("`base_url` is not usable: {problem}"));
        return None;
    }
    Some(written.value)
}

/// An endpoint that is a whole URL replaces the `base_url`.
fn read_endpoint(table: &TableReader<'_>, egress: EgressPolicy) -> Option<String> {
    let written = table.located_string("endpoint")?;
    if !written.value.contains("://") {
        return Some(written.value);
    }
    let problem = match url::Url::parse(&written.value) {
        Err(error) => Some(error.to_string()),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Some(String::from("a key belongs in `api_key_env`, not in the URL"))
        }
        Ok(url) => egress.refuse(&url),
    };
    if let Some(problem) = problem {
        table.error(written.at, format!("`endpoint` is not usable: {problem}"));
        return None;
    }
    Some(written.value)
}

fn read_settings(table: TableReader<'_>, egress: EgressPolicy) -> ProviderSettings {
    let seconds = |key| table.f64(key, 0.001, MAX_SECONDS);
    let settings = ProviderSettings {
        endpoint: read_endpoint(&table, egress),
        headers: read_headers(&table),
        auth_header: read_header_name(&table, "auth_header"),
        auth_scheme: table.string("auth_scheme"),
        connect_timeout: seconds("connect_timeout"),
        timeout: seconds("timeout"),
        first_chunk_timeout: seconds("first_chunk_timeout"),
        idle_timeout: seconds("idle_timeout"),
        max_connections: table
            .positive("max_connections")
            .and_then(|connections| usize::try_from(connections).ok()),
        max_concurrent: table.positive("max_concurrent").and_then(|most| most.try_into().ok()),
        tokens_per_minute: table.positive("tokens_per_minute"),
        probe_interval: table.f64("probe_interval", 1.0, MAX_SECONDS),
        proxy: read_proxy(&table, egress),
        ca_file: table.string("ca_file"),
        api: read_api(&table),
        payload_mapping: read_payload_mapping(&table),
        mock: table.table("mock").map(read_mock),
        other: serde_json::Map::new(),
    };
    ProviderSettings { other: table.into_unknown(), ..settings }
}

fn read_payload_mapping(table: &TableReader<'_>) -> PayloadMapping {
    let request = table.json_table("request");
    let response = table.table("response").map(|pointers| {
        let read = ResponsePointers {
            text: pointers.string("text"),
            finish_reason: pointers.string("finish_reason"),
            prompt_tokens: pointers.string("prompt_tokens"),
            completion_tokens: pointers.string("completion_tokens"),
            error: pointers.string("error"),
        };
        pointers.finish();
        read
    });
    let mapping = PayloadMapping { request, response: response.unwrap_or_default() };
    if let Err(problem) = mapping.check() {
        table.error(table.at, problem);
    }
    mapping
}

fn read_api(table: &TableReader<'_>) -> Option<ApiChoice> {
    let written = table.located_string("api")?;
    let found = ApiChoice::WORDS.iter().find(|(word, _)| *word == written.value);
    if found.is_none() {
        table.error(
            written.at,
            format!("`api` is `{}`; known: chat, responses, auto", written.value),
        );
    }
    found.map(|(_, choice)| *choice)
}

fn read_proxy(table: &TableReader<'_>, egress: EgressPolicy) -> Option<String> {
    let written = table.located_secret("proxy")?;
    if matches!(written.value.as_str(), "" | "none" | "direct") {
        return Some(written.value);
    }
    let problem = match Proxy::parse(&written.value) {
        Err(problem) => Some(problem),
        Ok(proxy) => egress.refuse_host(&proxy.host),
    };
    if let Some(problem) = problem {
        table.error(written.at, format!("`proxy` cannot be used: {problem}"));
        return None;
    }
    Some(written.value)
}

fn read_headers(table: &TableReader<'_>) -> Vec<(String, String)> {
    let headers = table.string_map("headers").unwrap_or_default();
    for (name, value) in &headers {
        let is_sane = is_header_name(name) && value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_sane {
            table.error_of(
                "headers",
                table.at,
                format!("`headers` holds `{name}`, which no HTTP header can carry"),
            );
        }
    }
    headers
}

fn read_header_name(table: &TableReader<'_>, key: &'static str) -> Option<String> {
    let written = table.located_string(key)?;
    if !is_header_name(&written.value) {
        table.error(written.at, format!("`{key}` is not the name of an HTTP header"));
        return None;
    }
    Some(written.value)
}

pub(super) fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

pub fn read_mock(table: TableReader<'_>) -> MockSettings {
    let status = table.any("error_status").and_then(|written| {
        let status = written.value.as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.filter(|status| (400..=599).contains(status));
        if status.is_none() {
            table.error(written.at, "`error_status` must be from 400 to 599");
        }
        status
    });
    let settings = MockSettings {
        text: table.string("text"),
        tokens: table.positive("tokens"),
        first_token_ms: table.u64("first_token_ms"),
        token_interval_ms: table.u64("token_interval_ms"),
        error_rate: table.f64("error_rate", 0.0, 1.0),
        error_status: status,
        retry_after: table.u64("retry_after"),
        models: table.strings("models"),
    };
    table.finish();
    settings
}
