//! What the bodies of a call say, as far as they are JSON: messages and parameters of the request,
//! the text of the answer, whole or from a stream's pieces.

use serde_json::{Map, Value};

/// Members of a request that are no parameter of it.
const INPUTS: [&str; 4] = ["messages", "prompt", "input", "batch"];

/// What was asked.
#[derive(Debug, Default, PartialEq)]
pub struct Asked {
    pub messages: Option<Value>,
    pub parameters: Map<String, Value>,
}

/// What was answered.
#[derive(Debug, Default, PartialEq)]
pub struct Answered {
    pub text: Option<String>,
    /// The answer's JSON, or a list of a stream's pieces; the text itself where it is no JSON.
    pub raw: Option<Value>,
}

pub fn asked(body: &[u8]) -> Asked {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return Asked::default();
    };
    // `/route/invoke` has its request inside.
    if let Some(Value::Object(request)) = members.remove("request") {
        members.extend(request);
    }
    let mut inputs = INPUTS.iter().filter_map(|name| members.remove(*name));
    let messages = inputs.next().map(|input| match input {
        Value::String(text) => serde_json::json!([{"role": "user", "content": text}]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            input
        }
    });
    inputs.for_each(drop);
    if let Some(Value::Object(parameters)) = members.remove("parameters") {
        members.extend(parameters);
    }
    Asked { messages, parameters: members }
}

pub fn answered(body: &[u8]) -> Answered {
    if body.is_empty() {
        return Answered::default();
    }
    if let Ok(whole) = serde_json::from_slice::<Value>(body) {
        return Answered { text: text_of(&whole), raw: Some(whole) };
    }
    let text = String::from_utf8_lossy(body);
    let pieces: Vec<Value> = text.lines().filter_map(piece).collect();
    if pieces.is_empty() {
        return Answered { text: None, raw: Some(Value::String(text.into_owned())) };
    }
    let texts: Vec<String> = pieces.iter().filter_map(text_of).collect();
    Answered { text: (!texts.is_empty()).then(|| texts.concat()), raw: Some(Value::Array(pieces)) }
}

/// A line of a stream, of events or of JSON.
fn piece(line: &str) -> Option<Value> {
    let json = line.strip_prefix("data:").unwrap_or(line).trim();
    serde_json::from_str(json).ok().filter(Value::is_object)
}

/// The text in an answer or in a piece of it, in OpenAI's form or in that of `invoke`.
fn text_of(answer: &Value) -> Option<String> {
    for name in ["output_text", "text"] {
        if let Some(text) = answer.get(name).and_then(Value::as_str) {
            return Some(text.to_owned());
        }
    }
    let choice = answer.get("choices")?.get(0)?;
    let message = choice.get("message").or_else(|| choice.get("delta"))?;
    match message.get("content")? {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            Some(texts.collect::<Vec<_>>().concat())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_of_every_form_give_messages_and_parameters() {
        let messages = json!([{"role": "user", "content": "hi"}]);
        for body in [
            json!({"model": "m", "messages": messages, "temperature": 0.5}),
            json!({"model": "m", "prompt": "hi", "parameters": {"temperature": 0.5}}),
            json!({"model": "m", "request": {"messages": messages, "temperature": 0.5}}),
        ] {
            let asked = asked(body.to_string().as_bytes());
            assert_eq!(asked.messages, Some(messages.clone()), "{body}");
            let parameters = json!({"model": "m", "temperature": 0.5});
            assert_eq!(Value::Object(asked.parameters), parameters, "{body}");
        }
        for cut in [&b""[..], b"{\"mess", b"[1]", b"\xff"] {
            assert_eq!(asked(cut), Asked::default());
        }
    }

    #[test]
    fn answers_of_every_form_give_their_text() {
        for (body, text) in [
            (r#"{"choices":[{"message":{"content":"hello"}}]}"#, Some("hello")),
            (
                r#"{"choices":[{"message":{"content":[{"type":"text","text":"hello"}]}}]}"#,
                Some("hello"),
            ),
            (r#"{"output_text":"hello","raw":{}}"#, Some("hello")),
            (
                "data: {\"choices\":[{\"delta\":{\"content\":\"hel\"}}]}\n\n: quiet\n\
                 data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\ndata: [DONE]\n\n",
                Some("hello"),
            ),
            ("{\"text\":\"hel\"}\n{\"text\":\"lo\"}\n{\"is_final\":true}\n", Some("hello")),
            (r#"{"error":{"message":"no"}}"#, None),
            (r#"{"choices":[{"message":{"conte"#, None),
        ] {
            let answered = answered(body.as_bytes());
            assert_eq!(answered.text.as_deref(), text, "{body}");
            assert!(answered.raw.is_some());
        }
        assert_eq!(answered(b""), Answered::default());
        assert_eq!(answered(b"{\"cut").raw, Some(json!("{\"cut")));
    }
}
