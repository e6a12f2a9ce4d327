//! A text to be continued as a chat of one message.

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::dialects::errors::BadRequest;
use crate::dialects::json::Kind;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::json::fields::count;
use crate::dialects::openai::body;

/// Members of this API that a chat does not have, or has in another form.
const OWN: [&str; 5] = ["prompt", "suffix", "echo", "best_of", "logprobs"];

/// The member by which the request cannot be put as a chat.
pub fn only_completion(body: &JsonBody) -> Option<&'static str> {
    let given = |name: &str| body.value_of(name).filter(|value| *value != b"null");
    if given("suffix").is_some_and(|suffix| suffix != b"\"\"") {
        return Some("suffix");
    }
    if given("echo") == Some(b"true") {
        return Some("echo");
    }
    if given("best_of").is_some_and(|best_of| count(best_of) != Some(1)) {
        return Some("best_of");
    }
    text(body).is_none().then_some("prompt")
}

/// `None` where it is more than one text, or tokens.
fn text(body: &JsonBody) -> Option<String> {
    let prompt: &RawValue = serde_json::from_slice(body.value_of("prompt")?).ok()?;
    match Kind::of(prompt) {
        Kind::String => serde_json::from_str(prompt.get()).ok(),
        _ => {
            let [text] = serde_json::from_str::<[String; 1]>(prompt.get()).ok()?;
            Some(text)
        }
    }
}

/// The chat body, and the members that it leaves out.
///
/// # Errors
/// When a chat cannot stand for it.
pub fn as_chat(completion: &JsonBody) -> Result<(JsonBody, Vec<String>), BadRequest> {
    if let Some(member) = only_completion(completion) {
        return Err(refused(member));
    }
    let text = text(completion).unwrap_or_default();
    let is_left_out = |value: &[u8]| value != b"null" && value != b"false" && value != b"0";
    let left_out = completion.value_of("logprobs").is_some_and(is_left_out);
    let rest = completion.without(&OWN);
    let mut edits = Edits::default();
    let messages: Value = json!([{"role": "user", "content": text}]);
    let has_others = rest.names().next().is_some();
    let chat = match has_others {
        true => {
            edits.set(&rest, "messages", messages.to_string());
            edits.apply(rest.bytes())
        }
        false => Bytes::from(json!({"messages": messages}).to_string()),
    };
    let dropped = left_out.then(|| String::from("logprobs")).into_iter().collect();
    Ok((body::parse(chat)?, dropped))
}

fn refused(member: &'static str) -> BadRequest {
    let message = match member {
        "prompt" => {
            "`prompt` must be one text here: this model answers chats, which take neither tokens nor \
             several prompts; send them one by one"
        }
        "suffix" => "`suffix` cannot be put to this model, which answers chats",
        "echo" => "`echo` cannot be asked of this model, which answers chats",
        _ => "`best_of` cannot be asked of this model, which answers chats; `n` can",
    };
    BadRequest::new(message, member)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> JsonBody {
        JsonBody::parse(Bytes::copy_from_slice(body.as_bytes()), |_| Ok(())).unwrap()
    }

    #[test]
    fn a_text_becomes_a_message_and_the_rest_stays() {
        for (body, expected, dropped) in [
            (
                r#"{"model":"m","prompt":"once","max_tokens":5,"stop":["\n"],"x":1.50,"echo":false,"best_of":1}"#,
                r#"{"messages":[{"content":"once","role":"user"}],"model":"m","max_tokens":5,"stop":["\n"],"x":1.50}"#,
                vec![],
            ),
            (
                r#"{"prompt":["once"],"suffix":null,"logprobs":5}"#,
                r#"{"messages":[{"content":"once","role":"user"}]}"#,
                vec!["logprobs"],
            ),
            (
                r#"{"prompt":"","suffix":"","logprobs":null,"n":2}"#,
                r#"{"messages":[{"content":"","role":"user"}],"n":2}"#,
                vec![],
            ),
        ] {
            let (chat, left_out) = as_chat(&parsed(body)).unwrap();
            let chat: Value = serde_json::from_slice(chat.bytes()).unwrap();
            assert_eq!(chat, serde_json::from_str::<Value>(expected).unwrap(), "{body}");
            assert_eq!(left_out, dropped, "{body}");
        }
    }

    #[test]
    fn what_no_chat_can_stand_for_is_refused_in_words() {
        for (body, member) in [
            (r#"{"prompt":"a","suffix":"z"}"#, "suffix"),
            (r#"{"prompt":"a","echo":true}"#, "echo"),
            (r#"{"prompt":"a","best_of":3}"#, "best_of"),
            (r#"{"prompt":"a","best_of":"x"}"#, "best_of"),
            (r#"{"prompt":["a","b"]}"#, "prompt"),
            (r#"{"prompt":[]}"#, "prompt"),
            (r#"{"prompt":[1,2]}"#, "prompt"),
            (r#"{"prompt":[[1,2]]}"#, "prompt"),
            (r#"{"prompt":{"a":1}}"#, "prompt"),
        ] {
            let refused = as_chat(&parsed(body)).unwrap_err();
            assert_eq!(refused.param.as_deref(), Some(member), "{body}");
            assert!(refused.message.contains(member), "{}", refused.message);
        }
    }
}
