//! Reads one `[[api_keys]]`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::key_rules::{BudgetRules, KeyRules, Limit, ParameterLimits, Per, Role};
use super::reader::{Located, TableReader};
use super::timestamp::parse_end;
use crate::domain::secret::Secret;

/// `[[api_keys]]`. The keys themselves are not part of the entry's digest.
#[derive(Clone, Debug, Serialize)]
pub struct KeyEntry {
    pub name: Option<String>,
    pub is_active: bool,
    pub role: Role,
    /// Microseconds since 1970.
    pub expires_at_us: Option<i64>,
    pub rules: KeyRules,
    /// From `key`, which may be a comma-separated list.
    #[serde(skip)]
    pub keys: Vec<Secret>,
    /// An environment variable that holds the keys instead.
    #[serde(skip)]
    pub key_env: Option<String>,
    #[serde(skip)]
    pub at: usize,
}

pub fn read(table: TableReader<'_>) -> Option<KeyEntry> {
    let at = table.at;
    let key = table.located_secret("key");
    let key_env = table.string("key_env");
    let keys = key.as_ref().map(|key| Secret::list(&key.value)).unwrap_or_default();
    match (&key, &key_env) {
        // A value of the wrong type was reported already.
        (None, None) if table.any("key").is_some() || table.any("key_env").is_some() => {}
        (None, None) => table.error(at, "`key` or `key_env` is missing"),
        (Some(key), Some(_)) => table.error(key.at, "`key` and `key_env` exclude each other"),
        (Some(key), None) if keys.is_empty() => table.error(key.at, "`key` is empty"),
        _ => {}
    }
    let entry = KeyEntry {
        name: table.string("name"),
        is_active: table.bool("is_active").unwrap_or(true),
        role: read_word(&table, "role", Role::parse, "user, admin").unwrap_or_default(),
        expires_at_us: read_expiry(&table),
        rules: read_rules(&table),
        keys,
        key_env,
        at,
    };
    for (field, message) in entry.rules.problems() {
        let place = table.any(field).map_or(at, |written| written.at);
        table.error(place, format!("`{field}` {message}"));
    }
    table.finish();
    Some(entry)
}

fn read_word<T>(
    table: &TableReader<'_>,
    key: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    known: &str,
) -> Option<T> {
    let Located { value, at } = table.located_string(key)?;
    let parsed = parse(&value);
    if parsed.is_none() {
        table.error(at, format!("`{key}` `{value}` is unknown; known: {known}"));
    }
    parsed
}

fn read_expiry(table: &TableReader<'_>) -> Option<i64> {
    let Located { value, at } = table.any("expires_at")?;
    let read = value.as_str().and_then(parse_end);
    if read.is_none() {
        table.error(at, "`expires_at` must be a time like 2027-01-31 or 2027-01-31T12:00:00Z");
    }
    read.map(jiff::Timestamp::as_microsecond)
}

fn read_rules(table: &TableReader<'_>) -> KeyRules {
    KeyRules {
        allowed_models: table.strings("allowed_models"),
        allowed_providers: table.strings("allowed_providers"),
        allowed_tags: table.strings("allowed_tags"),
        allowed_ips: table.strings("allowed_ips"),
        parameter_limits: table.table("parameter_limits").map(read_limits).unwrap_or_default(),
        requests_per_minute: table.positive("requests_per_minute"),
        tokens_per_minute: table.positive("tokens_per_minute"),
        budget: table.table("budget").map(read_budget),
        allow_unpriced: table.bool("allow_unpriced").unwrap_or(false),
        record_bodies: table.bool("record_bodies"),
    }
}

fn read_limits(table: TableReader<'_>) -> ParameterLimits {
    let mut limits = ParameterLimits::default();
    for name in ParameterLimits::NAMES {
        let limit = table.any(name).and_then(|written| read_limit(&table, name, written));
        if let Some(slot) = limits.limit_mut(name) {
            *slot = limit;
        }
    }
    match table.any("custom_limits") {
        Some(Located { value: Value::Object(custom), at }) => {
            let limit = |(name, value): (String, Value)| {
                let limit = read_limit(&table, &name, Located { value, at })?;
                Some((name, limit))
            };
            limits.custom_limits = custom.into_iter().filter_map(limit).collect::<BTreeMap<_, _>>();
        }
        Some(Located { at, .. }) => table.error(at, "`custom_limits` must be a table"),
        None => {}
    }
    table.finish();
    limits
}

fn read_limit(table: &TableReader<'_>, name: &str, written: Located<Value>) -> Option<Limit> {
    let limit = serde_json::from_value(written.value).ok();
    if limit.is_none() {
        table.error(written.at, format!("`{name}` must be a number (the most) or {{ min, max }}"));
    }
    limit
}

fn read_budget(table: TableReader<'_>) -> BudgetRules {
    let budget = BudgetRules {
        usd: table.f64("usd", 0.0, f64::MAX),
        tokens: table.u64("tokens"),
        per: read_word(&table, "per", Per::parse, "day, month, total").unwrap_or_default(),
        time_zone: table.string("time_zone"),
    };
    table.finish();
    budget
}

#[cfg(test)]
mod tests {
    use crate::config::problems::tests::problems_of;
    use crate::config::read;

    #[test]
    fn a_key_with_everything_is_read() {
        let text = "[[api_keys]]\nkey = \"sk-a, sk-b\"\nname = \"team\"\nrole = \"admin\"\n\
            allowed_models = [\"openai/*\"]\nallowed_providers = []\nallowed_tags = [\"free\"]\n\
            expires_at = 2027-01-31\nallowed_ips = [\"10.0.0.0/8\"]\n\
            requests_per_minute = 60\ntokens_per_minute = 10000\nallow_unpriced = true\n\
            record_bodies = false\n\
            [api_keys.parameter_limits]\nmax_tokens = 4096\ntemperature = { min = 0.1, max = 1 }\n\
            custom_limits = { n = 1 }\n\
            [api_keys.budget]\nusd = 5.5\nper = \"month\"\ntime_zone = \"Europe/Berlin\"\n";
        let (file, warnings) = read(text).unwrap();
        assert_eq!(warnings, []);
        let entry = &file.api_keys[0];
        assert_eq!(entry.keys.len(), 2);
        assert!(!format!("{entry:?}").contains("sk-a"));
        insta::assert_snapshot!(serde_json::to_string(entry).unwrap(), @r#"{"name":"team","is_active":true,"role":"admin","expires_at_us":1801440000000000,"rules":{"allowed_models":["openai/*"],"allowed_providers":[],"allowed_tags":["free"],"allowed_ips":["10.0.0.0/8"],"parameter_limits":{"max_tokens":4096,"temperature":{"min":0.1,"max":1},"custom_limits":{"n":1}},"requests_per_minute":60,"tokens_per_minute":10000,"budget":{"usd":5.5,"per":"month","time_zone":"Europe/Berlin"},"allow_unpriced":true,"record_bodies":false}}"#);
    }

    #[test]
    fn every_problem_has_its_place() {
        let text = "[[api_keys]]\nname = \"none\"\n\
            [[api_keys]]\nkey = \"\"\nrole = \"root\"\nexpires_at = \"soon\"\nallowed_ips = [\"here\"]\n\
            alowed_models = []\n\
            [api_keys.parameter_limits]\ntemperature = \"hot\"\ncustom_limits = 5\n\
            [api_keys.budget]\nper = \"week\"\n";
        insta::assert_snapshot!(problems_of(text), @r"
        1:1: error: [api_keys] `key` or `key_env` is missing
        4:7: error: [api_keys] `key` is empty
        5:8: error: [api_keys] `role` `root` is unknown; known: user, admin
        6:14: error: [api_keys] `expires_at` must be a time like 2027-01-31 or 2027-01-31T12:00:00Z
        7:15: error: [api_keys] `allowed_ips` holds `here`, which is not a network like 10.0.0.0/8
        8:1: warning: [api_keys] unknown key `alowed_models`; did you mean `allowed_models`?
        10:15: error: [api_keys.parameter_limits] `temperature` must be a number (the most) or { min, max }
        11:17: error: [api_keys.parameter_limits] `custom_limits` must be a table
        12:1: error: [api_keys] `budget` needs `usd` or `tokens`
        13:7: error: [api_keys.budget] `per` `week` is unknown; known: day, month, total
        ");
    }

    #[test]
    fn a_key_of_a_wrong_type_is_reported_without_its_value() {
        let text = "[[api_keys]]\nkey = 7355608735560873\n[[api_keys]]\nkey = [\"sk-one\"]\n\
            [[api_keys]]\nkey = { value = \"sk-one\" }\n";
        insta::assert_snapshot!(problems_of(text), @r"
        2:7: error: [api_keys] `key` must be a string, in quotes
        4:7: error: [api_keys] `key` must be a string, in quotes
        6:7: error: [api_keys] `key` must be a string, in quotes
        ");
    }

    #[test]
    fn a_key_in_two_entries_is_refused() {
        let text = "[[api_keys]]\nkey = \"sk-a\"\n[[api_keys]]\nkey = \"sk-b,sk-a\"\n";
        insta::assert_snapshot!(problems_of(text), @"3:1: error: [api_keys] the same key is in two entries");
    }
}
