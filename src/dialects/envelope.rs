//! The router's own envelope around what only one upstream can read again: a signature of
//! thinking, a cipher, the signature of a call. Clients of another family send such opaque strings
//! back as they came, so they carry it over the turns.
//!
//! It is base64 throughout, because one of these fields must be, and begins with a fixed prefix, by
//! which it is told from a vendor's own string. It names the model that made its content: it goes
//! back to that model, and to no other.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json::write::Object;
use crate::domain::chat::Maker;

/// Of the bytes: the name of the format and its version.
const MAGIC: &[u8] = b"llmr1:";

/// The same in base64: six bytes are eight characters, whatever follows them.
pub const PREFIX: &str = "bGxtcjE6";

/// What an envelope holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holds {
    /// Nothing: the thinking is plain text.
    #[serde(rename = "n")]
    Nothing,
    /// The signature of the thinking, or thinking that is encrypted.
    #[serde(rename = "s")]
    Seal,
    /// Thinking that is encrypted, where the item does not tell it from a signature.
    #[serde(rename = "o")]
    Opaque,
    /// The signature of the tool call that follows.
    #[serde(rename = "c")]
    CallSignature,
    /// A summary that stands for a conversation, which any model may read.
    #[serde(rename = "t")]
    Summary,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// `provider/model` by the provider's name and the upstream's name of the model.
    #[serde(rename = "by")]
    pub sealed_by: String,
    #[serde(rename = "h")]
    pub holds: Holds,
    /// As [`maker_name`] has it.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    /// The vendor's id of an encrypted block.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub data: String,
    /// The thinking itself, for clients that do not send it back.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Envelope {
    pub fn write(&self) -> String {
        let mut bytes = MAGIC.to_vec();
        // Writing JSON of our own type into memory cannot fail.
        let _ = serde_json::to_writer(&mut bytes, self);
        BASE64.encode(&bytes)
    }

    /// The members of its thinking in a chat's message, as those of an element of `thinking_blocks`.
    pub fn write_seal<'o>(&self, name: &str, out: &'o mut Object) -> &'o mut Object {
        out.text(name, &self.data).text(SEALED_BY, &self.sealed_by);
        if let Some(maker) = &self.maker {
            out.text("format", maker);
        }
        out
    }

    /// `None` for a string that is not an envelope of this version. A client that holds the bytes, as
    /// Google's SDK for Python does, may write them in base64's other alphabet, and without padding.
    pub fn read(text: &str) -> Option<Self> {
        if !text.starts_with(PREFIX) {
            return None;
        }
        let bytes = match BASE64.decode(text.as_bytes()) {
            Ok(bytes) => bytes,
            Err(_) => BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()?,
        };
        serde_json::from_slice(bytes.strip_prefix(MAGIC)?).ok()
    }
}

/// The name of a vendor that sealed something, as `format` in a chat's thinking; `None` for
/// Anthropic's, whose format the blocks are.
pub fn maker_name(maker: Maker) -> Option<&'static str> {
    match maker {
        Maker::Anthropic => None,
        Maker::Google => Some("google-gemini-v1"),
        Maker::OpenAi => Some("openai-responses-v1"),
        Maker::Xai => Some("xai-responses-v1"),
        Maker::Unknown => Some("unknown"),
    }
}

/// The member of a chat's thinking, and of a call's signature, that names the model which sealed it.
pub const SEALED_BY: &str = "sealed_by";

/// Leaves out of a chat's messages what another model than this one sealed. Thinking keeps its text.
pub fn keep_only_of(members: &mut Map<String, Value>, model: &str) {
    let messages = members.get_mut("messages").and_then(Value::as_array_mut);
    let is_foreign = |holder: &Map<String, Value>| {
        holder.get(SEALED_BY).is_some_and(|by| by.as_str() != Some(model))
    };
    for message in messages.into_iter().flatten() {
        if let Some(blocks) = message.get_mut("thinking_blocks").and_then(Value::as_array_mut) {
            blocks.retain(|block| !block.as_object().is_some_and(is_foreign));
        }
        let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
        for call in calls.into_iter().flatten().filter_map(Value::as_object_mut) {
            let google = call.get("extra_content").and_then(|extra| extra.get("google"));
            if google.and_then(Value::as_object).is_some_and(is_foreign) {
                call.shift_remove("extra_content");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn only_an_envelope_of_this_version_is_opened() {
        assert!(BASE64.encode(MAGIC).starts_with(PREFIX));
        for text in ["", "EqQBCkYIBRgC", PREFIX, "bGxtcjE6!", "bGxtcjE6e30=", "bGxtcjI6e30="] {
            assert_eq!(Envelope::read(text), None, "{text}");
        }
    }

    #[test]
    fn what_another_model_sealed_is_left_out() {
        let block = |by: &str| json!({"type": "thinking", "signature": "s", "sealed_by": by});
        let call = |by: &str| json!({"id": "a", "extra_content": {"google": {"thought_signature": "s", "sealed_by": by}}});
        let mut body = json!({"messages": [{
            "role": "assistant",
            "thinking_blocks": [block("a/m"), block("b/m"), {"type": "thinking", "thinking": "x"}],
            "tool_calls": [call("a/m"), call("b/m"), {"id": "c"}],
        }, {"role": "user", "content": "hi"}]});
        keep_only_of(body.as_object_mut().unwrap(), "a/m");
        let expected = json!({"messages": [{
            "role": "assistant",
            "thinking_blocks": [block("a/m"), {"type": "thinking", "thinking": "x"}],
            "tool_calls": [call("a/m"), {"id": "a"}, {"id": "c"}],
        }, {"role": "user", "content": "hi"}]});
        assert_eq!(body, expected);
    }

    proptest! {
        #[test]
        fn what_is_sealed_comes_back(
            sealed_by in ".*", data in ".*", id in proptest::option::of(".*"),
            text in proptest::option::of(".*"),
            holds in prop::sample::select(vec![
                Holds::Nothing, Holds::Seal, Holds::Opaque, Holds::CallSignature, Holds::Summary,
            ]),
        ) {
            let envelope = Envelope { sealed_by, holds, maker: None, id, data, text };
            let written = envelope.write();
            prop_assert!(written.starts_with(PREFIX));
            prop_assert!(written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
            prop_assert_eq!(Envelope::read(&written), Some(envelope.clone()));
            let other = written.replace('+', "-").replace('/', "_");
            prop_assert_eq!(Envelope::read(&other), Some(envelope.clone()));
            prop_assert_eq!(Envelope::read(other.trim_end_matches('=')), Some(envelope));
        }
    }
}
