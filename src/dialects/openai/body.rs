//! A chat request: checked as far as the router acts on it, kept as the bytes that came.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialects::errors::BadRequest;
use crate::dialects::json::{Kind, RawObject};

/// A chat request whose known fields have the right types.
#[derive(Clone, Debug)]
pub struct ChatBody {
    bytes: Bytes,
    fields: Vec<Field>,
    pub model: Option<String>,
    pub is_stream: bool,
    /// Whether the client itself asked for usage in the stream.
    pub wants_usage: bool,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    /// Where the name stands, between its quotes; `None` where it is written with escapes.
    written: Option<Range<usize>>,
    /// Where the value stands in the bytes.
    value: Range<usize>,
}

/// The types of the fields that are checked here; every other field is the upstream's to judge.
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

impl ChatBody {
    /// # Errors
    /// When the bytes are no JSON object, a known field has the wrong type, or there is no
    /// message.
    pub fn parse(bytes: Bytes) -> Result<Self, BadRequest> {
        let object = RawObject::parse(&bytes).map_err(|error| BadRequest {
            message: format!("the body is not a JSON object: {error}"),
            param: None,
        })?;
        for (name, value) in &object.members {
            check_type(name, value)?;
        }
        check_messages(object.get("messages"))?;

        let model = read(&object, "model").map(|model: Cow<'_, str>| model.into_owned());
        let is_stream = read(&object, "stream").unwrap_or(false);
        let options: Option<StreamOptions> = read(&object, "stream_options");
        let wants_usage = options.is_some_and(|options| options.include_usage == Some(true));
        let fields = fields_of(&object, &bytes);
        Ok(Self { bytes, fields, model, is_stream, wants_usage })
    }

    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub fn has(&self, name: &str) -> bool {
        self.place_of(name).is_some()
    }

    /// Where a field's value stands.
    pub fn place_of(&self, name: &str) -> Option<Range<usize>> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.clone())
    }

    /// A field's value as it was written.
    pub fn value_of(&self, name: &str) -> Option<&[u8]> {
        self.place_of(name).map(|place| self.text_at(&place))
    }

    /// Where a field's name stands, between its quotes.
    pub fn name_place_of(&self, name: &str) -> Option<Range<usize>> {
        self.fields.iter().find(|field| field.name == name)?.written.clone()
    }

    /// The same body without these members.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let mut bytes = vec![b'{'];
        let mut fields = Vec::with_capacity(self.fields.len());
        for field in self.fields.iter().filter(|field| !names.contains(&field.name.as_str())) {
            if bytes.len() > 1 {
                bytes.push(b',');
            }
            let quoted = Value::from(field.name.as_str()).to_string();
            let start = bytes.len();
            bytes.extend_from_slice(quoted.as_bytes());
            let written = (quoted.len() == field.name.len() + 2)
                .then(|| start + 1..start + 1 + field.name.len());
            bytes.push(b':');
            let start = bytes.len();
            bytes.extend_from_slice(self.text_at(&field.value));
            fields.push(Field { name: field.name.clone(), written, value: start..bytes.len() });
        }
        bytes.push(b'}');
        Self { bytes: bytes.into(), fields, model: self.model.clone(), ..*self }
    }

    /// The bytes at a place that [`Self::place_of`] gave.
    pub fn text_at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// A field of a type that was checked before; `null` is as good as absent.
fn read<'a, T: Deserialize<'a>>(object: &RawObject<'a>, name: &str) -> Option<T> {
    let value = object.get(name)?;
    serde_json::from_str::<Option<T>>(value.get()).ok().flatten()
}

fn check_type(name: &str, value: &RawValue) -> Result<(), BadRequest> {
    let Some((_, expected)) = TYPES.iter().find(|(known, _)| *known == name) else {
        return Ok(());
    };
    let found = Kind::of(value);
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

/// Looks at each message once, without keeping any.
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

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: &'de RawValue = Deserialize::deserialize(deserializer)?;
        if Kind::of(raw) != Kind::Object {
            return Ok(Self::Other);
        }
        #[derive(Deserialize)]
        struct Role<'a> {
            #[serde(borrow)]
            role: Option<&'a RawValue>,
        }
        let role = serde_json::from_str::<Role<'_>>(raw.get()).ok().and_then(|found| found.role);
        Ok(Self::Object { role: role.is_some_and(|role| Kind::of(role) == Kind::String) })
    }
}

/// The values are slices of the bytes, so their places follow from their addresses.
fn fields_of(object: &RawObject<'_>, bytes: &Bytes) -> Vec<Field> {
    let base = bytes.as_ptr().addr();
    let place = |text: &str| {
        let start = text.as_ptr().addr() - base;
        start..start + text.len()
    };
    let field = |(name, value): &(Cow<'_, str>, &RawValue)| Field {
        name: name.to_string(),
        written: match name {
            Cow::Borrowed(name) => Some(place(name)),
            Cow::Owned(_) => None,
        },
        value: place(value.get()),
    };
    object.members.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        let bad = ChatBody::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap_err();
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

    #[test]
    fn null_is_as_good_as_absent() {
        let body =
            r#"{"model":null,"stream":null,"stream_options":null,"messages":[{"role":"user"}]}"#;
        let body = ChatBody::parse(Bytes::from(body)).unwrap();
        assert_eq!((body.model, body.is_stream, body.wants_usage), (None, false, false));
    }

    #[test]
    fn escaped_names_are_read_as_what_they_mean() {
        let body = r#"{"mod\u0065l":"a\/b","messages":[{"r\u006fle":"user"}]}"#;
        let body = ChatBody::parse(Bytes::from(body)).unwrap();
        assert_eq!(body.model.as_deref(), Some("a/b"));
    }
}
