//! Checks the fields of a chat request that the router acts on; the request stays raw bytes.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::{Key, Kind};

/// The types of the fields checked here; every other field is left to the upstream.
const TYPES: &[(&str, &[Kind])] = &[
    ("model", &[Kind::String]),
    ("messages", &[Kind::Array]),
    ("stream", &[Kind::Bool]),
    ("stream_options", &[Kind::Object]),
    ("temperature", &[Kind::Number]),
    ("top_p", &[Kind::Number]),
    ("n", &[Kind::Number]),
    ("max_tokens", &[Kind::Number]),
    ("max_completion_tokens", &[Kind::Number]),
    ("presence_penalty", &[Kind::Number]),
    ("frequency_penalty", &[Kind::Number]),
    ("stop", &[Kind::String, Kind::Array]),
    ("tools", &[Kind::Array]),
    ("tool_choice", &[Kind::String, Kind::Object]),
    ("parallel_tool_calls", &[Kind::Bool]),
    ("response_format", &[Kind::Object]),
    ("user", &[Kind::String]),
];

/// A chat request whose known fields have the right types; `null` counts as absent.
///
/// # Errors
/// When the bytes are not a JSON object, a known field has the wrong type, or there is no message.
pub fn parse(bytes: Bytes) -> Result<JsonBody, BadRequest> {
    JsonBody::parse(bytes, |object| {
        for (name, value) in &object.members {
            check_type(name, Kind::of(value))?;
        }
        check_messages(object.get("messages"))
    })
}

/// The same type check, for members that were added later.
///
/// # Errors
/// When a known field has the wrong type.
pub(in crate::dialects) fn check_types<'a>(
    members: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<(), BadRequest> {
    members.into_iter().try_for_each(|(name, value)| check_type(name, Kind::of_value(value)))
}

/// The same of a body whose messages were written here.
///
/// # Errors
/// When a known field has the wrong type.
pub(in crate::dialects) fn check_written(body: &JsonBody) -> Result<(), BadRequest> {
    let kind = |name: &str| Kind::of_json(body.value_of(name).unwrap_or_default());
    body.names().try_for_each(|name| check_type(name, kind(name)))
}

fn check_type(name: &str, found: Kind) -> Result<(), BadRequest> {
    let Some((_, expected)) = TYPES.iter().find(|(known, _)| *known == name) else {
        return Ok(());
    };
    if found == Kind::Null || expected.contains(&found) {
        return Ok(());
    }
    let expected: Vec<&str> = expected.iter().map(|kind| kind.as_str()).collect();
    let message = format!("`{name}` must be {}, not {}", expected.join(" or "), found.as_str());
    Err(BadRequest::new(message, name))
}

fn check_messages(messages: Option<&RawValue>) -> Result<(), BadRequest> {
    let Some(messages) = messages.filter(|value| Kind::of(value) != Kind::Null) else {
        return Err(BadRequest::new("`messages` is missing", "messages"));
    };
    let checked: MessageCheck = serde_json::from_str(messages.get()).map_err(|error| {
        BadRequest::new(format!("`messages` cannot be read: {error}"), "messages")
    })?;
    if checked.count == 0 {
        return Err(BadRequest::new("`messages` is empty: send at least one message", "messages"));
    }
    match checked.bad {
        None => Ok(()),
        Some((index, BadMessage::NoObject)) => {
            let place = format!("messages[{index}]");
            Err(BadRequest::new(
                format!("`{place}` must be an object with `role` and `content`"),
                place,
            ))
        }
        Some((index, BadMessage::NoRole)) => {
            let place = format!("messages[{index}].role");
            Err(BadRequest::new(format!("`{place}` must be a string"), place))
        }
    }
}

/// Visits each message once, without keeping any.
struct MessageCheck {
    count: usize,
    bad: Option<(usize, BadMessage)>,
}

enum BadMessage {
    NoObject,
    NoRole,
}

impl<'de> Deserialize<'de> for MessageCheck {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Messages;

        impl<'de> Visitor<'de> for Messages {
            type Value = MessageCheck;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a list of messages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut check = MessageCheck { count: 0, bad: None };
                while let Some(message) = seq.next_element::<Message>()? {
                    let fault = match message {
                        Message::Object { role: true } => None,
                        Message::Object { role: false } => Some(BadMessage::NoRole),
                        Message::Other => Some(BadMessage::NoObject),
                    };
                    check.bad = check.bad.or(fault.map(|fault| (check.count, fault)));
                    check.count += 1;
                }
                Ok(check)
            }
        }

        deserializer.deserialize_seq(Messages)
    }
}

enum Message {
    Object { role: bool },
    Other,
}

/// Reads past each value once: a text may be long.
impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MessageVisitor;

        impl<'de> Visitor<'de> for MessageVisitor {
            type Value = Message;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a message")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
                let mut role = None;
                while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                    if key != "role" {
                        map.next_value::<IgnoredAny>()?;
                    } else if role.is_none() {
                        role = Some(Kind::of(map.next_value::<&RawValue>()?) == Kind::String);
                    } else {
                        return Err(A::Error::duplicate_field("role"));
                    }
                }
                Ok(Message::Object { role: role == Some(true) })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Message, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Message::Other)
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Message, E> {
                Ok(Message::Other)
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Message, E> {
                Ok(Message::Other)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Message, E> {
                Ok(Message::Other)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Message, E> {
                Ok(Message::Other)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Message, E> {
                Ok(Message::Other)
            }

            fn visit_unit<E: Error>(self) -> Result<Message, E> {
                Ok(Message::Other)
            }
        }

        deserializer.deserialize_any(MessageVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        let bad = parse(Bytes::copy_from_slice(body.as_bytes())).unwrap_err();
        format!("{} [{}]", bad.message, bad.param.unwrap_or_default())
    }

    #[test]
    fn a_bad_body_is_refused_with_the_name_of_the_field() {
        for (body, expected) in [
            (r#"{"messages":[]}"#, "`messages` is empty: send at least one message [messages]"),
            (r#"{"model":"m"}"#, "`messages` is missing [messages]"),
            (r#"{"messages":null}"#, "`messages` is missing [messages]"),
            (r#"{"messages":"hi"}"#, "`messages` must be a list, not a string [messages]"),
            (
                r#"{"messages":["hi"]}"#,
                "`messages[0]` must be an object with `role` and `content` [messages[0]]",
            ),
            (
                r#"{"messages":[{"role":"user"},{"content":"hi"}]}"#,
                "`messages[1].role` must be a string [messages[1].role]",
            ),
            (r#"{"model":7,"messages":[]}"#, "`model` must be a string, not a number [model]"),
            (
                r#"{"stream":"yes","messages":[]}"#,
                "`stream` must be a boolean, not a string [stream]",
            ),
            (
                r#"{"stop":1,"messages":[]}"#,
                "`stop` must be a string or a list, not a number [stop]",
            ),
        ] {
            assert_eq!(refusal(body), expected, "{body}");
        }
        for malformed in ["", "{", "[1]", r#"{"a":1,}"#, "{\"a\":\"\u{1}\"}", "nonsense"] {
            assert!(refusal(malformed).starts_with("the body is not a JSON object"), "{malformed}");
        }
    }
}
