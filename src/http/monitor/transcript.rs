//! What the bodies of a call say, as far as they are JSON: messages and parameters of the request,
//! the text of the answer, whole or from a stream's pieces.

use serde_json::{Map, Value};

use crate::dialects::texts;

/// Members of a request that are no parameter of it.
const INPUTS: [&str; 4] = ["messages", "prompt", "input", "batch"];

/// Of what was sent.
#[derive(Debug, Default, PartialEq)]
pub struct RequestParts {
    pub messages: Option<Value>,
    pub parameters: Map<String, Value>,
}

/// Of what came back.
#[derive(Debug, Default, PartialEq)]
pub struct AnswerParts {
    pub text: Option<String>,
    /// The answer's JSON, or a list of a stream's pieces; the text itself where it is no JSON.
    pub raw: Option<Value>,
}

pub fn read_request(body: &[u8]) -> RequestParts {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return RequestParts::default();
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
    RequestParts { messages, parameters: members }
}

pub fn read_answer(body: &[u8]) -> AnswerParts {
    if body.is_empty() {
        return AnswerParts::default();
    }
    // As lists have its beginning.
    let text = Some(texts::answer(body)).filter(|text| !text.is_empty());
    if let Ok(whole) = serde_json::from_slice(body) {
        return AnswerParts { text, raw: Some(whole) };
    }
    let body = String::from_utf8_lossy(body);
    let pieces: Vec<Value> = body.lines().filter_map(piece).collect();
    let raw = match pieces.is_empty() {
        true => Value::String(body.into_owned()),
        false => Value::Array(pieces),
    };
    AnswerParts { text, raw: Some(raw) }
}

/// A line of a stream, of events or of JSON.
fn piece(line: &str) -> Option<Value> {
    let json = line.strip_prefix("data:").unwrap_or(line).trim();
    serde_json::from_str(json).ok().filter(Value::is_object)
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
            let asked = read_request(body.to_string().as_bytes());
            assert_eq!(asked.messages, Some(messages.clone()), "{body}");
            let parameters = json!({"model": "m", "temperature": 0.5});
            assert_eq!(Value::Object(asked.parameters), parameters, "{body}");
        }
        for cut in [&b""[..], b"{\"mess", b"[1]", b"\xff"] {
            assert_eq!(read_request(cut), RequestParts::default());
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
            (r#"{"choices":[{"message":{"content":"hel"#, Some("hel")),
            (
                "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n\
                 data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}]}\n\n",
                Some("hello"),
            ),
        ] {
            let answered = read_answer(body.as_bytes());
            assert_eq!(answered.text.as_deref(), text, "{body}");
            assert!(answered.raw.is_some());
        }
        assert_eq!(read_answer(b""), AnswerParts::default());
        assert_eq!(read_answer(b"{\"cut").raw, Some(json!("{\"cut")));
    }
}
