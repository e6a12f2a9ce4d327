//! A chat whose body has the form of OpenAI's Responses: Cursor sends `input` and flat tools to the
//! path of chats, and reads the answer as a chat's.

use bytes::Bytes;

use super::errors::BadRequest;
use super::json::body::JsonBody;
use super::openai::body;
use super::responses::client::request::{Purpose, read};

/// The chat body, made of the other form where the bytes have that.
///
/// # Errors
/// When the bytes are neither.
pub fn parse(bytes: Bytes) -> Result<JsonBody, BadRequest> {
    body::parse(bytes.clone()).or_else(|bad| {
        if !has_input(&bytes) {
            return Err(bad);
        }
        let (own, _) = read(bytes, Purpose::Answer)?;
        let converted = own.converted()?;
        converted.left_out()?;
        Ok(converted.chat.clone())
    })
}

fn has_input(bytes: &Bytes) -> bool {
    let has =
        |body: &JsonBody, name| body.value_of(name).is_some_and(|value: &[u8]| value != b"null");
    JsonBody::parse(bytes.clone(), |_| Ok(()))
        .is_ok_and(|body| has(&body, "input") && !has(&body, "messages"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(body: &Value) -> Result<Value, String> {
        match parse(Bytes::from(body.to_string())) {
            Ok(body) => Ok(serde_json::from_slice(body.bytes()).unwrap()),
            Err(bad) => Err(format!("{} [{}]", bad.message, bad.param.unwrap_or_default())),
        }
    }

    #[test]
    fn a_chat_is_left_as_it_is() {
        let body =
            json!({"model": "m", "messages": [{"role": "user", "content": "hi"}], "input": "no"});
        assert_eq!(parsed(&body).unwrap(), body);
    }

    #[test]
    fn input_and_flat_tools_become_a_chat() {
        let body = json!({
            "model": "m", "stream": true, "user": "u", "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "1"},
            ],
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        });
        let chat = parsed(&body).unwrap();
        assert_eq!(chat["stream"], true);
        assert_eq!(chat["tools"][0]["function"]["name"], "f");
        let roles: Vec<_> =
            chat["messages"].as_array().unwrap().iter().map(|it| &it["role"]).collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool"]);
    }

    #[test]
    fn what_is_neither_is_told_by_what_is_wrong_with_it() {
        for (body, expected) in [
            (json!({"model": "m"}), "`messages` is missing [messages]"),
            (json!({"model": "m", "input": null}), "`messages` is missing [messages]"),
            (
                json!({"messages": [], "input": "hi"}),
                "`messages` is empty: send at least one message [messages]",
            ),
            (json!({"input": []}), "`input` is empty: send a text or at least one item [input]"),
            (json!({"input": 7}), "`input` must be a string or a list, not a number [input]"),
        ] {
            assert_eq!(parsed(&body).unwrap_err(), expected, "{body}");
        }
    }
}
