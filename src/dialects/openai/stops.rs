//! Removes empty stop sequences. Some clients always send one; OpenAI ignores it, others answer
//! 400, or stop before the first word.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::openai::body;

const STOP: &str = "stop";

/// The body without empty stop sequences; `None` where it has none.
///
/// # Errors
/// When the edited body cannot be parsed, which cannot happen for a body that was parsed before.
pub fn without_empty(body: &JsonBody) -> Result<Option<JsonBody>, BadRequest> {
    let Some(stop) = body.value_of(STOP) else { return Ok(None) };
    // A search of the bytes settles nearly all bodies: an empty string is two quotes in a row.
    if memchr::memmem::find(stop, br#""""#).is_none() {
        return Ok(None);
    }
    let Ok(stop) = serde_json::from_slice::<Value>(stop) else { return Ok(None) };
    match told(&stop) {
        Told::All => Ok(None),
        Told::Nothing => Ok(Some(body.without(&[STOP]))),
        Told::Some(rest) => {
            let mut edits = Edits::default();
            edits.set(body, STOP, rest.to_string());
            body::parse(edits.apply(body.bytes())).map(Some)
        }
    }
}

/// A model's default parameters without empty stop sequences.
pub fn defaults_without_empty(default_params: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let told = default_params.get(STOP).map_or(Told::All, told);
    let mut sound = Cow::Borrowed(default_params);
    match told {
        Told::All => {}
        Told::Nothing => drop(sound.to_mut().shift_remove(STOP)),
        Told::Some(rest) => drop(sound.to_mut().insert(STOP.to_owned(), rest)),
    }
    sound
}

enum Told {
    All,
    Some(Value),
    Nothing,
}

fn told(stop: &Value) -> Told {
    let is_empty = |value: &Value| value.as_str() == Some("");
    match stop {
        stop if is_empty(stop) => Told::Nothing,
        Value::Array(stops) if stops.iter().any(is_empty) => {
            let rest: Vec<Value> = stops.iter().filter(|stop| !is_empty(stop)).cloned().collect();
            if rest.is_empty() { Told::Nothing } else { Told::Some(Value::Array(rest)) }
        }
        _ => Told::All,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::dialects::openai::body;

    #[test]
    fn only_what_is_empty_goes() {
        for (stop, expected) in [
            (r#""""#, Some(None)),
            (r#"["",""]"#, Some(None)),
            (r#"["a", "" ,"\n"]"#, Some(Some(json!(["a", "\n"])))),
            (r#""END""#, None),
            (r#""\"\"""#, None),
            (r#"["a\"\""]"#, None),
            ("[]", None),
            ("null", None),
        ] {
            let text = format!(r#"{{"messages":[{{"role":"user"}}],"stop":{stop},"x":1.50}}"#);
            let body = body::parse(Bytes::from(text)).unwrap();
            let found = without_empty(&body).unwrap();
            let rest = found.as_ref().map(|body| {
                assert_eq!(body.value_of("x"), Some(&b"1.50"[..]));
                body.value_of("stop").map(|stop| serde_json::from_slice(stop).unwrap())
            });
            assert_eq!(rest, expected, "{stop}");
        }
    }

    #[test]
    fn a_models_defaults_are_looked_at_too() {
        for (stop, expected) in [
            (json!(""), json!({"seed": 1})),
            (json!(["", "a"]), json!({"seed": 1, "stop": ["a"]})),
            (json!("a"), json!({"seed": 1, "stop": "a"})),
        ] {
            let defaults = json!({"seed": 1, "stop": stop});
            let sound = defaults_without_empty(defaults.as_object().unwrap()).into_owned();
            assert_eq!(Value::Object(sound), expected);
        }
    }
}
