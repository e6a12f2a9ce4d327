//! Reads REST bodies with the readers of `router.toml`: a body is converted to the table that a
//! file would contain, so that there is one set of rules. What is a warning for a file is an error
//! for a body.

use serde_json::{Map, Value, json};
use toml::de::DeTable;

use super::egress::EgressPolicy;
use super::entries::{ModelEntry, ProviderEntry};
use super::problems::{Problem, Problems, Severity};
use super::reader::TableReader;
use super::{model_entry, provider_entry};

/// Members of the router's answers that cannot be set.
const READ_ONLY: [&str; 9] = [
    "id",
    "origin",
    "has_key",
    "health",
    "detail",
    "notices",
    "provider_id",
    "provider_type",
    "is_callable",
];

/// # Errors
/// All problems of the body; each names its `field`.
pub fn provider(
    body: &Map<String, Value>,
    egress: EgressPolicy,
) -> Result<ProviderEntry, Vec<Problem>> {
    if body.contains_key("api_key_env") {
        let message = "`api_key_env` is accepted in router.toml only: over REST, any variable of \
            the router's environment could be sent to any address; set `api_key`";
        return Err(vec![problem(message.to_owned(), "api_key_env")]);
    }
    if body.get("api_key").is_some_and(|key| key.as_str().is_some_and(|key| key.trim().is_empty()))
    {
        let message = "`api_key` is empty; null clears it";
        return Err(vec![problem(message.to_owned(), "api_key")]);
    }
    if let Some(field) = reference(body) {
        let message = format!(
            "`{field}` holds `${{…}}`: over REST nothing is substituted from the router's \
             environment; send the value itself, or set it in router.toml"
        );
        return Err(vec![problem(message, &field)]);
    }
    read(body, "providers", |table| provider_entry::read(table, egress))
}

/// The first reference to an environment variable. Resolving it would disclose the variable to
/// every caller and send it to any address. Other strings are literal.
fn reference(body: &Map<String, Value>) -> Option<String> {
    let holds = |value: &Value| value.as_str().is_some_and(|text| text.contains("${"));
    let find = |members: &Map<String, Value>, before: &str, names: &[&str]| {
        let found = names.iter().find(|name| members.get(**name).is_some_and(holds));
        found.map(|name| format!("{before}{name}"))
    };
    let settings = body.get("settings").and_then(Value::as_object);
    let headers = settings.and_then(|settings| settings.get("headers")?.as_object());
    find(body, "", &["api_key", "base_url"])
        .or_else(|| find(settings?, "settings.", &["endpoint", "proxy"]))
        .or_else(|| headers?.values().any(holds).then(|| String::from("settings.headers")))
}

/// # Errors
/// All problems of the body; each names its `field`.
pub fn model(body: &Map<String, Value>) -> Result<ModelEntry, Vec<Problem>> {
    read(body, "models", model_entry::read)
}

/// An error without a place in a file.
pub fn problem(message: String, field: &str) -> Problem {
    let field = Some(field.to_owned());
    Problem { severity: Severity::Error, line: 1, column: 1, message, field }
}

fn read<T>(
    body: &Map<String, Value>,
    table: &'static str,
    entry: impl FnOnce(TableReader<'_>) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    if let Some(name) = READ_ONLY.iter().find(|name| body.contains_key(**name)) {
        return Err(vec![problem(format!("`{name}` is set by the router: leave it out"), name)]);
    }
    let body = without_nulls(body)?;
    let text = toml::to_string(&json!({table: [body]}))
        .map_err(|error| vec![problem(format!("the body cannot be read: {error}"), "")])?;
    let problems = Problems::of(&text);
    let (parsed, _) = DeTable::parse_recoverable(&text);
    let root = TableReader::root(&parsed, &problems);
    let found = root.tables(table).into_iter().next().and_then(entry);
    let mut problems = problems.into_sorted();
    for problem in &mut problems {
        // Lines and columns of the generated table mean nothing to the caller.
        (problem.line, problem.column) = (1, 1);
        problem.severity = Severity::Error;
        let field = problem.field.take().unwrap_or_default();
        let inside = field.strip_prefix(table).unwrap_or(&field).trim_start_matches('.');
        problem.field = (!inside.is_empty()).then(|| inside.to_owned());
    }
    match found {
        Some(entry) if problems.is_empty() => Ok(entry),
        _ => Err(problems),
    }
}

/// TOML has no null: members that are null are removed.
fn without_nulls(body: &Map<String, Value>) -> Result<Value, Vec<Problem>> {
    fn cleaned(value: &Value) -> Option<Value> {
        Some(match value {
            Value::Null => return None,
            Value::Array(items) => items.iter().map(cleaned).collect::<Option<_>>()?,
            Value::Object(members) => {
                let kept = members.iter().filter(|(_, value)| !value.is_null());
                let kept = kept.map(|(name, value)| Some((name.clone(), cleaned(value)?)));
                kept.collect::<Option<Map<_, _>>>()?.into()
            }
            Value::Number(number)
                if number.as_u64().is_some_and(|it| i64::try_from(it).is_err()) =>
            {
                // Beyond TOML's range, and beyond every bound of the readers.
                number.as_f64().map(Value::from)?
            }
            other => other.clone(),
        })
    }
    let mut kept = Map::new();
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        let Some(value) = cleaned(value) else {
            return Err(vec![problem(format!("`{name}` holds null in a list"), name)]);
        };
        kept.insert(name.clone(), value);
    }
    Ok(kept.into())
}

/// RFC 7396: present members are changed, null removes, objects are merged.
pub fn merge(base: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                base.remove(name);
            }
            Value::Object(inner) => {
                let into = base.entry(name.clone()).or_insert_with(|| Map::new().into());
                if !into.is_object() {
                    *into = Map::new().into();
                }
                if let Value::Object(into) = into {
                    merge(into, inner);
                }
            }
            value => {
                base.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn refused(body: Value) -> String {
        let problems = match body.get("provider") {
            Some(_) => model(&object(body)).map(|_| ()).unwrap_err(),
            None => provider(&object(body), EgressPolicy::default()).map(|_| ()).unwrap_err(),
        };
        let told = problems.iter().map(|problem| {
            format!("{}: {}\n", problem.field.as_deref().unwrap_or("-"), problem.message)
        });
        told.collect()
    }

    #[test]
    fn a_body_is_refused_with_the_files_messages_and_the_field() {
        let body = json!({
            "name": "a/b", "type": "opnai", "base_ur": "http://x", "is_active": "yes",
            "settings": {"timeout": 0, "proxy": "ftp://p", "headers": {"a b": "c"}},
        });
        insta::assert_snapshot!(refused(body), @r"
        name: [providers] `name` of a provider must not contain `/`
        type: [providers] `type` `opnai` is unknown; did you mean `openai`?
        base_ur: [providers] unknown key `base_ur`; did you mean `base_url`?
        is_active: [providers] `is_active` must be true or false, not string
        settings.headers: [providers.settings] `headers` holds `a b`, which no HTTP header can carry
        settings.timeout: [providers.settings] `timeout` must be from 0.001 to 86400
        settings.proxy: [providers.settings] `proxy` cannot be used: `ftp` is no proxy scheme; known: http, socks5, socks5h
        ");
        let body = json!({
            "name": "m", "provider": "p", "tag": [], "tags": ["a b"],
            "rate_limit": {"max_requests": 5, "burst_size": 1},
            "config": {"context_window": "big", "cost_per_1k_tokens": "free"},
        });
        insta::assert_snapshot!(refused(body), @r#"
        tags: [models] tag `a b` may hold only letters, digits, `-`, `_`, `.`, `:`
        tag: [models] unknown key `tag`; did you mean `tags`?
        rate_limit.per_seconds: [models.rate_limit] `per_seconds` is missing
        rate_limit.burst_size: [models.rate_limit] `burst_size` (1) must be at least `max_requests` (5)
        config.context_window: [models.config] `context_window` must be like "128k", "1M" or 200000
        config.cost_per_1k_tokens: [models.config] `cost_per_1k_tokens` must be a number, not string
        "#);
        insta::assert_snapshot!(refused(json!({"type": "openai_compatible"})), @r"
        name: [providers] `name` is missing
        base_url: [providers] type `openai_compatible` needs a `base_url`
        ");
        insta::assert_snapshot!(refused(json!({"name": "a", "type": "openai", "id": 7})), @"id: `id` is set by the router: leave it out");
        insta::assert_snapshot!(refused(json!({"name": "a", "type": "openai", "api_key": " "})), @"api_key: `api_key` is empty; null clears it");
        for (body, field) in [
            (json!({"name": "a", "type": "openai", "api_key": "x${HOME}"}), "api_key"),
            (json!({"name": "a", "type": "openai", "base_url": "http://h/${HOME}"}), "base_url"),
            (
                json!({"name": "a", "type": "openai", "settings": {"proxy": "${P}"}}),
                "settings.proxy",
            ),
            (
                json!({"name": "a", "type": "openai", "settings": {"headers": {"x": "${P}"}}}),
                "settings.headers",
            ),
        ] {
            let told = refused(body);
            assert!(told.starts_with(&format!("{field}: `{field}` holds `${{…}}`")), "{told}");
        }
        insta::assert_snapshot!(refused(json!({"name": "a", "type": "openai", "api_key": "YOUR_API_KEY"})), @"api_key: [providers] `api_key` looks like a placeholder from an example: insert the key itself");
        insta::assert_snapshot!(refused(json!({"name": "a", "type": "openai", "api_key": 12345})), @"api_key: [providers] `api_key` must be a string, in quotes");
    }

    #[test]
    fn a_body_may_hold_whatever_a_file_may() {
        let entry = provider(
            &object(json!({
                "name": "a", "type": "openai", "base_url": null, "api_key": "k1, k2",
                "settings": {"timeout": 3, "endpoint": null, "headers": {"x-a": "b"}},
            })),
            EgressPolicy::default(),
        );
        let entry = entry.unwrap();
        assert_eq!(entry.secrets.api_key.len(), 2);
        assert_eq!(entry.settings.timeout, Some(3.0));
        let entry = model(&object(json!({
            "name": "m", "provider": "p", "default_params": {"seed": u64::MAX, "stop": ["a"], "x": null},
            "config": {"context_window": "128k", "free": {"kept": [1, 2.5]}},
        })));
        let entry = entry.unwrap();
        assert_eq!(entry.config.context_window, Some(128_000));
        assert_eq!(entry.config.other["free"], json!({"kept": [1, 2.5]}));
        assert_eq!(entry.default_params["stop"], json!(["a"]));
    }

    #[test]
    fn a_patch_changes_what_is_present_and_null_removes() {
        let mut base = object(json!({"a": 1, "b": {"c": 2, "d": 3}, "e": [1]}));
        merge(
            &mut base,
            &object(json!({"a": null, "b": {"c": null, "f": 4}, "e": [2], "g": {"h": 5}})),
        );
        assert_eq!(Value::from(base), json!({"b": {"d": 3, "f": 4}, "e": [2], "g": {"h": 5}}));
    }
}
