//! Clamps the client's parameters to its key's limits. Only values out of bounds are rewritten;
//! everything else keeps its bytes.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::upstream::edit::ALIASES;
use crate::config::key_rules::{Limit, ParameterLimits, number};
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;

/// All names of a parameter.
fn names_of<'a>(name: &'a str, aliases: &'a [&'static [&'static str]]) -> Vec<&'a str> {
    let known = aliases.iter().find(|names| names.contains(&name));
    known.map_or_else(|| vec![name], |names| names.to_vec())
}

/// The body with every value within its bounds, and the changes, such as `max_tokens=100`; `None`
/// where nothing changed. Absent parameters stay absent.
pub fn lowered(body: &JsonBody, limits: &ParameterLimits) -> Option<(Bytes, Vec<String>)> {
    let mut edits = Edits::default();
    let mut adjusted = Vec::new();
    for (name, limit) in limits.each() {
        for name in names_of(name, ALIASES) {
            let Some(written) = body.value_of(name) else { continue };
            if let Some(value) = within(written, limit, is_most(name)) {
                let value = number(value).to_string();
                adjusted.push(format!("{name}={value}"));
                edits.set(body, name, value);
            }
        }
    }
    (!adjusted.is_empty()).then(|| (edits.apply(body.bytes()), adjusted))
}

/// A model's default parameters with every value within its bounds, and the changes. Where neither
/// they nor the body limit the answer's length, the key's limit is added.
pub fn lowered_defaults(
    defaults: &Map<String, Value>,
    body: &JsonBody,
    limits: &ParameterLimits,
) -> (Map<String, Value>, Vec<String>) {
    let mut defaults = defaults.clone();
    let mut adjusted = Vec::new();
    for (name, limit) in limits.each() {
        let names = names_of(name, ALIASES);
        let is_said = names.iter().any(|name| body.has(name));
        for name in &names {
            let Some(value) = defaults.get_mut(*name) else { continue };
            if let Some(bound) = within(value.to_string().as_bytes(), limit, is_most(name)) {
                *value = Value::Number(number(bound));
                if !is_said {
                    adjusted.push(format!("{name}={value}"));
                }
            }
        }
        let is_default = names.iter().any(|name| defaults.contains_key(*name));
        if let Some(most) = limit.max.filter(|_| is_most(name) && !is_said && !is_default) {
            let most = Value::Number(number(most));
            adjusted.push(format!("{name}={most}"));
            defaults.insert(name.to_owned(), most);
        }
    }
    (defaults, adjusted)
}

/// Whether the name is one of those for the maximum answer length.
fn is_most(name: &str) -> bool {
    ALIASES.iter().any(|names| names.contains(&"max_tokens") && names.contains(&name))
}

/// The value to write instead. A number in quotes counts as a number, because some upstreams accept
/// it; `null` counts as unlimited, and is replaced where a bound is needed.
fn within(written: &[u8], limit: Limit, is_most: bool) -> Option<f64> {
    let text = std::str::from_utf8(written).ok()?.trim();
    if text == "null" {
        return limit.max.filter(|_| is_most);
    }
    let value = text.trim_matches('"').trim().parse().ok()?;
    limit.adjusted(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::body;
    use serde_json::json;

    fn limits() -> ParameterLimits {
        serde_json::from_value(json!({
            "max_tokens": 100, "temperature": {"min": 0.2, "max": 1}, "top_p": 0.5,
            "custom_limits": {"n": 2, "top_k": {"min": 1}},
        }))
        .unwrap()
    }

    const MESSAGES: &str = r#""messages":[{"role":"user"}]"#;

    fn body(members: &str) -> JsonBody {
        body::parse(Bytes::from(format!("{{{members}{MESSAGES}}}"))).unwrap()
    }

    #[test]
    fn what_is_out_of_bounds_is_written_anew_and_nothing_else() {
        for (before, after, told) in [
            ("", "", ""),
            (r#""max_tokens": 100, "x": 1.50,"#, r#""max_tokens": 100, "x": 1.50,"#, ""),
            (
                r#""max_tokens": 101, "x": 1.50,"#,
                r#""max_tokens": 100, "x": 1.50,"#,
                "max_tokens=100",
            ),
            (
                r#""max_completion_tokens":1e9,"#,
                r#""max_completion_tokens":100,"#,
                "max_completion_tokens=100",
            ),
            (
                r#""max_output_tokens":1e999,"#,
                r#""max_output_tokens":100,"#,
                "max_output_tokens=100",
            ),
            (r#""max_tokens":null,"#, r#""max_tokens":100,"#, "max_tokens=100"),
            (
                r#""temperature":0,"top_p":0.9,"#,
                r#""temperature":0.2,"top_p":0.5,"#,
                "temperature=0.2 top_p=0.5",
            ),
            (r#""temperature":null,"#, r#""temperature":null,"#, ""),
            (r#""n":10,"top_k":"0","#, r#""n":2,"top_k":1,"#, "n=2 top_k=1"),
            (r#""m\u0061x_tokens":500,"#, r#""m\u0061x_tokens":100,"#, "max_tokens=100"),
        ] {
            let body = body(before);
            let lowered = lowered(&body, &limits());
            assert_eq!(lowered.is_none(), told.is_empty(), "{before}");
            let (lowered, adjusted) = lowered.unwrap_or((body.bytes().clone(), Vec::new()));
            assert_eq!(adjusted.join(" "), told, "{before}");
            let text = String::from_utf8(lowered.to_vec()).unwrap();
            assert_eq!(text, format!("{{{after}{MESSAGES}}}"));
        }
    }

    #[test]
    fn defaults_are_lowered_and_the_longest_answer_is_always_said() {
        for (members, defaults, expected, told) in [
            ("", json!({}), json!({"max_tokens": 100}), "max_tokens=100"),
            ("", json!({"max_tokens": 50}), json!({"max_tokens": 50}), ""),
            (
                "",
                json!({"max_output_tokens": 500}),
                json!({"max_output_tokens": 100}),
                "max_output_tokens=100",
            ),
            (r#""max_completion_tokens":5,"#, json!({}), json!({}), ""),
            (
                r#""temperature":1,"max_tokens":5,"#,
                json!({"temperature": 2}),
                json!({"temperature": 1}),
                "",
            ),
        ] {
            let Value::Object(defaults) = defaults else { panic!("defaults are an object") };
            let (lowered, adjusted) = lowered_defaults(&defaults, &body(members), &limits());
            assert_eq!((Value::Object(lowered), adjusted.join(" ").as_str()), (expected, told));
        }
    }
}
