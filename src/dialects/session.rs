//! The client's own name for the session that a call belongs to, for its record.

use std::borrow::Cow;

use super::Dialect;
use super::json::RawObject;
use super::json::body::JsonBody;
use super::json::fields::filled_string;
use super::request::ClientRequest;

/// A longer name is none. Clients' own have 26 to 64 characters.
const MAX_BYTES: usize = 128;

/// What stands before the session in Claude Code's `user_abc_account_def_session_ghi`.
const MARK: &str = "_session_";

/// The name in a header; else, of Anthropic's Messages, in `metadata.user_id`; else `session_id` or
/// `prompt_cache_key` of the body.
pub fn id(request: &ClientRequest, header: Option<&str>) -> Option<String> {
    if let Some(id) = header.and_then(readable) {
        return Some(id.to_owned());
    }
    let body = request.body();
    match request.dialect {
        Dialect::AnthropicMessages => of_user_id(body),
        _ => ["session_id", "prompt_cache_key"].into_iter().find_map(|name| {
            let text = filled_string(body.value_of(name)?)?;
            Some(readable(&text)?.to_owned())
        }),
    }
}

/// The last part of a compound id, or a member of one that is written as JSON. An id without a
/// session is a user's.
fn of_user_id(body: &JsonBody) -> Option<String> {
    let metadata = RawObject::parse(body.value_of("metadata")?).ok()?;
    let user_id = filled_string(metadata.get("user_id")?.get().as_bytes())?;
    let id = match RawObject::parse(user_id.as_bytes()) {
        Ok(object) => filled_string(object.get("session_id")?.get().as_bytes())?,
        Err(_) => Cow::Borrowed(user_id.rsplit_once(MARK)?.1),
    };
    Some(readable(&id)?.to_owned())
}

/// A text that can be shown on one line, and is what it seems to be.
fn readable(text: &str) -> Option<&str> {
    let text = text.trim();
    let is_short = (1..=MAX_BYTES).contains(&text.len());
    (is_short && !text.chars().any(is_hidden)).then_some(text)
}

/// Controls, and what has no width or turns the direction of what follows.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;

    fn of(dialect: Dialect, members: Value, header: Option<&str>) -> Option<String> {
        let mut body = json!({
            "model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}],
        });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let bytes = Bytes::from(body.to_string());
        id(&ClientRequest::parse(dialect, bytes, None).unwrap(), header)
    }

    fn of_chat(members: Value, header: Option<&str>) -> Option<String> {
        of(Dialect::OpenAiChat, members, header)
    }

    fn of_messages(user_id: &str, header: Option<&str>) -> Option<String> {
        of(Dialect::AnthropicMessages, json!({"metadata": {"user_id": user_id}}), header)
    }

    #[test]
    fn the_first_source_that_names_one_counts() {
        let all = json!({"session_id": "b", "prompt_cache_key": "c"});
        assert_eq!(of_chat(all.clone(), Some(" a ")).as_deref(), Some("a"));
        assert_eq!(of_chat(all.clone(), None).as_deref(), Some("b"));
        assert_eq!(of_chat(all, Some(" ")).as_deref(), Some("b"));
        let key = json!({"session_id": 5, "prompt_cache_key": "c"});
        assert_eq!(of_chat(key, None).as_deref(), Some("c"));
        for none in [json!({}), json!({"prompt_cache_key": ""}), json!({"user": "u"})] {
            assert_eq!(of_chat(none, None), None);
        }
    }

    #[test]
    fn a_user_of_messages_is_no_session() {
        let compound = "user_0a1_account__session_7c5e1a52-1f0c-4ad2-8c5a-6f2f6f0f3b11";
        let session = Some("7c5e1a52-1f0c-4ad2-8c5a-6f2f6f0f3b11");
        assert_eq!(of_messages(compound, None).as_deref(), session);
        let object = r#"{"device_id":"d","account_uuid":"","session_id":"s-1"}"#;
        assert_eq!(of_messages(object, None).as_deref(), Some("s-1"));
        assert_eq!(of_messages(compound, Some("h")).as_deref(), Some("h"));
        for user in ["", "u-1", "_session_", r#"{"user":"u"}"#, r#"{"session_id":5}"#] {
            assert_eq!(of_messages(user, None), None, "{user}");
        }
    }

    #[test]
    fn what_cannot_be_shown_is_none() {
        let longest = "x".repeat(MAX_BYTES);
        assert_eq!(readable(&longest), Some(longest.as_str()));
        for text in
            ["ses_1", "会话 7", "a/b?c=d&e#f", "'; DROP TABLE invocations; --", "=1+1", "🧪"]
        {
            assert_eq!(readable(text), Some(text));
        }
        let long = "x".repeat(MAX_BYTES + 1);
        for text in ["", " ", "a\nb", "a\0", "a\u{1b}[31m", "a\u{202e}b", "\u{200b}", "a\u{fffd}"] {
            assert_eq!(readable(text), None, "{text:?}");
        }
        assert_eq!(readable(&long), None);
        assert_eq!(of_chat(json!({"prompt_cache_key": "c"}), Some(&long)).as_deref(), Some("c"));
    }
}
