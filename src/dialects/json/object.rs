//! A JSON object whose values are left as they were written: a digit of a number, a space in a
//! string, an unknown field.

use std::borrow::Cow;
use std::fmt;

use super::known;
use super::members::Members;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members in their order, keys unescaped, values raw. A key that stands twice is an
/// error: two readers would not agree on which of them counts.
#[derive(Debug, Default)]
pub struct RawObject<'a> {
    pub members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> RawObject<'a> {
    /// # Errors
    /// When the text is no JSON object, or holds a key twice.
    pub fn parse(text: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// Of a value that was parsed before.
    ///
    /// # Errors
    /// When it is no object, or holds a key twice.
    pub fn of(value: &'a RawValue) -> serde_json::Result<Self> {
        match known::members(value) {
            Some(members) => Ok(Self { members }),
            None => Self::parse(value.get().as_bytes()),
        }
    }

    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = RawObject<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::with_capacity(16);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            let known = |key| A::Error::custom(format!("the field `{key}` stands twice"));
            let key = members.new_key(key).map_err(known)?;
            members.list.push((key, map.next_value()?));
        }
        Ok(RawObject { members: members.list })
    }
}

/// A key, borrowed where it has no escapes.
pub struct Key<'a>(pub Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// What a raw value is, told by its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

impl Kind {
    pub fn of(value: &RawValue) -> Self {
        Self::of_json(value.get().as_bytes())
    }

    /// Without spaces before it.
    pub fn of_json(json: &[u8]) -> Self {
        match json.first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Bool,
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number,
        }
    }

    pub fn of_value(value: &Value) -> Self {
        match value {
            Value::Object(_) => Self::Object,
            Value::Array(_) => Self::Array,
            Value::String(_) => Self::String,
            Value::Number(_) => Self::Number,
            Value::Bool(_) => Self::Bool,
            Value::Null => Self::Null,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "a list",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_spelling() {
        let object =
            RawObject::parse(br#"{"n": 1.50e+1, "s\u0065ed": 18446744073709551616 }"#).unwrap();
        assert_eq!(object.get("n").unwrap().get(), "1.50e+1");
        assert_eq!(object.get("seed").unwrap().get(), "18446744073709551616");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let error = RawObject::parse(br#"{"model":"a","mod\u0065l":"b"}"#).unwrap_err();
        assert!(error.to_string().contains("the field `model` stands twice"), "{error}");
    }
}
