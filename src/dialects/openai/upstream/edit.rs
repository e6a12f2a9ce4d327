//! Edits the client's request for the upstream: the model's name, usage in streams, default
//! parameters. Everything else keeps its bytes.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::history::{with_reasoning, without_thinking};
use super::quirks::{EarlierReasoning, Quirks};
use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::string;
use crate::dialects::openai::facts::{is_stream, wants_usage};

/// Names of one parameter; a default under one name yields to any of them in the body.
pub(in crate::dialects::openai) const ALIASES: &[&[&str]] =
    &[&["max_tokens", "max_completion_tokens", "max_output_tokens"]];

/// The body for the model with the upstream's name `remote_name`.
pub fn encode(
    body: &JsonBody,
    remote_name: &str,
    default_params: &Map<String, Value>,
    quirks: &Quirks,
) -> Bytes {
    let unwanted = || quirks.refused.iter().chain(quirks.own).copied();
    if unwanted().any(|name| body.has(name)) {
        let names: Vec<&str> = unwanted().collect();
        return encode(&body.without(&names), remote_name, default_params, quirks);
    }
    let mut edits = Edits::default();
    if let Some(name) = quirks.max_tokens_name {
        rename_max_tokens(body, name, &mut edits);
    }
    edit_model(body, remote_name, &mut edits);
    if is_stream(body) {
        ask_for_usage(body, &mut edits);
    }
    for (name, value) in default_params {
        if !has_parameter(name, |name| body.has(name)) && !quirks.refused.contains(&name.as_str()) {
            let is_alias = ALIASES.iter().any(|aliases| aliases.contains(&name.as_str()));
            let name = quirks.max_tokens_name.filter(|_| is_alias).unwrap_or(name);
            edits.set(body, name, value.to_string());
        }
    }
    if let Some((name, value)) = quirks.added.filter(|(name, _)| !body.has(name)) {
        edits.set(body, name, value.to_owned());
    }
    let messages = match quirks.reasoning {
        EarlierReasoning::Kept => None,
        EarlierReasoning::TakenOut => without_thinking(body),
        EarlierReasoning::GivenBack => with_reasoning(body),
    };
    if let Some(messages) = messages {
        edits.set(body, "messages", messages);
    }
    edits.apply(body.bytes())
}

/// The same for another service than chats. `own`: the members meant for the router alone.
/// `tells_usage`: whether a stream tells it where it is asked to, as that of a chat does.
pub fn plainly(
    body: &JsonBody,
    remote_name: &str,
    default_params: &Map<String, Value>,
    own: &[&str],
    tells_usage: bool,
) -> Bytes {
    if own.iter().any(|name| body.has(name)) {
        return plainly(&body.without(own), remote_name, default_params, &[], tells_usage);
    }
    let mut edits = Edits::default();
    edit_model(body, remote_name, &mut edits);
    if tells_usage && is_stream(body) {
        ask_for_usage(body, &mut edits);
    }
    for (name, value) in default_params.iter().filter(|(name, _)| !body.has(name)) {
        edits.set(body, name, value.to_string());
    }
    edits.apply(body.bytes())
}

/// Renames the client's token limit to the upstream's name. A body with both names stays as it is.
fn rename_max_tokens(body: &JsonBody, name: &str, edits: &mut Edits) {
    const NAMES: [&str; 2] = ["max_tokens", "max_completion_tokens"];
    if body.has(name) {
        return;
    }
    let other = NAMES.into_iter().find(|other| *other != name);
    if let Some(place) = other.and_then(|other| body.name_place_of(other)) {
        edits.replace(place, name.to_owned());
    }
}

fn edit_model(body: &JsonBody, remote_name: &str, edits: &mut Edits) {
    if body.value_of("model").and_then(string).as_deref() != Some(remote_name) {
        edits.set(body, "model", Value::from(remote_name).to_string());
    }
}

/// Usage is always requested, for the call log; the stream strips it again for a client that did
/// not request it.
fn ask_for_usage(body: &JsonBody, edits: &mut Edits) {
    if wants_usage(body) {
        return;
    }
    let mut options = String::from(r#"{"include_usage":true"#);
    if let Some(place) = body.place_of("stream_options")
        && let Ok(written) = RawObject::parse(body.text_at(&place))
    {
        for (name, value) in &written.members {
            if name != "include_usage" {
                options.push(',');
                options.push_str(&Value::from(name.as_ref()).to_string());
                options.push(':');
                options.push_str(value.get());
            }
        }
    }
    options.push('}');
    edits.set(body, "stream_options", options);
}

/// The members, preceded by the default parameters of which no name is among them.
pub(in crate::dialects) fn with_defaults(
    members: Map<String, Value>,
    default_params: &Map<String, Value>,
) -> Map<String, Value> {
    let missing = missing_defaults(default_params, |name| members.contains_key(name));
    let mut all: Map<String, Value> =
        missing.map(|(name, value)| (name.clone(), value.clone())).collect();
    if all.is_empty() {
        return members;
    }
    all.extend(members);
    all
}

/// The default parameters of which no name is present.
pub(in crate::dialects) fn missing_defaults(
    default_params: &Map<String, Value>,
    is_there: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&String, &Value)> {
    default_params.iter().filter(move |(name, _)| !has_parameter(name, &is_there))
}

fn has_parameter(name: &str, is_there: impl Fn(&str) -> bool) -> bool {
    let aliases = ALIASES.iter().find(|aliases| aliases.contains(&name));
    aliases.map_or_else(|| is_there(name), |aliases| aliases.iter().any(|name| is_there(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::body;
    use serde_json::json;

    fn encoded(body: &str, remote_name: &str, defaults: Value) -> String {
        let body = body::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let Value::Object(defaults) = defaults else { panic!("defaults are an object") };
        String::from_utf8(encode(&body, remote_name, &defaults, &Quirks::default()).to_vec())
            .unwrap()
    }

    #[test]
    fn a_body_that_needs_no_change_is_the_same_memory() {
        let bytes = Bytes::from(r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#);
        let body = body::parse(bytes.clone()).unwrap();
        assert_eq!(encode(&body, "m", &Map::new(), &Quirks::default()).as_ptr(), bytes.as_ptr());
    }

    #[test]
    fn only_the_model_changes_and_numbers_keep_their_digits() {
        let body = r#" { "x_unknown" : {"a":[1.50]}, "seed":18446744073709551616, "model" : "a/b", "temperature":1.0, "messages":[{"role":"user"}] } "#;
        assert_eq!(encoded(body, "b", json!({})), body.replace("\"a/b\"", "\"b\""));
    }

    #[test]
    fn a_stream_is_always_asked_for_usage() {
        let tail = r#""model":"m","stream":true,"messages":[{"role":"user"}]}"#;
        assert_eq!(
            encoded(&format!("{{{tail}"), "m", json!({})),
            format!(r#"{{"stream_options":{{"include_usage":true}},{tail}"#)
        );
        let own = format!(r#"{{"stream_options":{{"include_usage":false,"x":1e2}},{tail}"#);
        assert_eq!(
            encoded(&own, "m", json!({})),
            format!(r#"{{"stream_options":{{"include_usage":true,"x":1e2}},{tail}"#)
        );
        let asked = format!(r#"{{"stream_options":{{"include_usage":true}},{tail}"#);
        assert_eq!(encoded(&asked, "m", json!({})), asked);
    }

    #[test]
    fn a_default_yields_to_what_the_client_said_under_any_name() {
        let body = r#"{"model":"m","max_completion_tokens":5,"messages":[{"role":"user"}]}"#;
        assert_eq!(
            encoded(body, "m", json!({"max_tokens": 9, "temperature": 0.5})),
            r#"{"temperature":0.5,"model":"m","max_completion_tokens":5,"messages":[{"role":"user"}]}"#
        );
    }

    #[test]
    fn the_most_tokens_go_out_under_the_name_that_the_upstream_takes() {
        let with =
            |name: &str| format!(r#"{{"model":"m","{name}": 1e2,"messages":[{{"role":"user"}}]}}"#);
        let renamed = |body: String, name: &'static str| {
            let body = body::parse(Bytes::from(body)).unwrap();
            let quirks = Quirks { max_tokens_name: Some(name), ..Quirks::default() };
            let encoded = encode(&body, "m", &Map::new(), &quirks);
            String::from_utf8(encoded.to_vec()).unwrap()
        };
        let (old, new) = ("max_tokens", "max_completion_tokens");
        assert_eq!(renamed(with(old), new), with(new));
        assert_eq!(renamed(with(new), old), with(old));
        assert_eq!(renamed(with(old), old), with(old));
    }

    #[test]
    fn what_the_model_refuses_is_left_out_wherever_it_stands() {
        let quirks = Quirks { refused: &["temperature", "top_p"], ..Quirks::default() };
        let rest = r#""model":"m","messages":[{"role":"user"}]"#;
        let defaults = Map::from_iter([(String::from("top_p"), Value::from(1))]);
        for body in [
            format!(r#"{{"temperature":1,"top_p":2,{rest}}}"#),
            format!(r#"{{ {rest} , "temperature" : 1, "top_p":null }}"#),
            format!(r#"{{"top\u005fp":1,{rest}}}"#),
            format!("{{{rest}}}"),
        ] {
            let body = body::parse(Bytes::from(body)).unwrap();
            let encoded = encode(&body, "m", &defaults, &quirks);
            assert_eq!(String::from_utf8_lossy(&encoded), format!("{{{rest}}}"));
        }
        let long = format!(r#"{{"temperature":1,"max_tokens":2,"x":1.50,{rest}}}"#);
        let body = body::parse(Bytes::from(long)).unwrap();
        let quirks = Quirks { max_tokens_name: Some("max_completion_tokens"), ..quirks };
        assert_eq!(
            String::from_utf8_lossy(&encode(&body, "m2", &Map::new(), &quirks)),
            r#"{"max_completion_tokens":2,"x":1.50,"model":"m2","messages":[{"role":"user"}]}"#
        );
    }

    #[test]
    fn a_body_without_a_model_gets_one() {
        let body = r#"{"messages":[{"role":"user"}]}"#;
        assert_eq!(
            encoded(body, "q\"uote", json!({})),
            r#"{"model":"q\"uote","messages":[{"role":"user"}]}"#
        );
    }
}
