//! Takes apart JSON that is known to be valid, as that in a [`RawValue`] is. Nothing is checked again,
//! and a string is passed over at the speed of memory: a conversion opens a request level by level,
//! and a parser would read most of its bytes once for each.

use std::borrow::Cow;

use serde::de::value::{BorrowedStrDeserializer, Error};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::members::Members;

/// The members of an object. `None` for another value, and where a key stands twice or cannot be read.
pub fn members(object: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    let mut reader = Reader { text: object.get(), at: 0 };
    let mut members = Members::with_capacity(8);
    reader.open(b'{')?;
    while reader.next(b'}')? {
        let key = reader.value()?;
        let inside = key.strip_prefix('"')?.strip_suffix('"')?;
        let key = match memchr::memchr(b'\\', inside.as_bytes()) {
            None => Cow::Borrowed(inside),
            Some(_) => Cow::Owned(serde_json::from_str(key).ok()?),
        };
        let key = members.new_key(key).ok()?;
        reader.skip_spaces();
        // The colon.
        reader.at += 1;
        reader.skip_spaces();
        members.list.push((key, raw(reader.value()?)?));
    }
    Some(members.list)
}

/// The elements of a list; `None` for another value.
pub fn elements(list: &RawValue) -> Option<Vec<&RawValue>> {
    let mut reader = Reader { text: list.get(), at: 0 };
    let mut elements = Vec::with_capacity(8);
    reader.open(b'[')?;
    while reader.next(b']')? {
        elements.push(raw(reader.value()?)?);
    }
    Some(elements)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn open(&mut self, bracket: u8) -> Option<()> {
        (self.byte()? == bracket).then(|| self.at += 1)
    }

    /// Goes to the next element; `false` at the end.
    fn next(&mut self, end: u8) -> Option<bool> {
        self.skip_spaces();
        if self.byte()? == b',' {
            self.at += 1;
            self.skip_spaces();
        }
        Some(self.byte()? != end)
    }

    /// The value that begins here.
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        match self.byte()? {
            b'"' => self.skip_string()?,
            b'{' | b'[' => self.skip_nested()?,
            _ => {
                while !matches!(
                    self.byte(),
                    None | Some(b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t')
                ) {
                    self.at += 1;
                }
            }
        }
        self.text.get(start..self.at)
    }

    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let quote = memchr::memchr(b'"', rest)?;
            let before = rest.get(..quote)?.iter().rev();
            let is_escaped = before.take_while(|byte| **byte == b'\\').count() % 2 == 1;
            self.at += quote + 1;
            if !is_escaped {
                return Some(());
            }
        }
    }

    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.byte()? {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// The value that a text is, which is known to be one, without spaces around it.
pub(super) fn raw(text: &str) -> Option<&RawValue> {
    <&RawValue>::deserialize(Text(text)).ok()
}

/// A raw value asks for a newtype, which it takes as a map of the newtype's name to the text.
struct Text<'a>(&'a str);

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Named { name: Some(name), text: self.0 })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Named<'a> {
    name: Option<&'static str>,
    text: &'a str,
}

impl<'a> MapAccess<'a> for Named<'a> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let name = self.name.take();
        name.map(|name| seed.deserialize(BorrowedStrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(BorrowedStrDeserializer::new(self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::RawObject;
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    fn any_json() -> impl Strategy<Value = Value> {
        let text = r#"[\\"a{}\[\],: \n\u{e9}]{0,6}"#;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((text, inner), 0..5)
                    .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    fn check(text: &str) {
        let value: &RawValue = serde_json::from_str(text).unwrap();
        assert_eq!(raw(value.get()).unwrap().get(), value.get());
        let texts = |values: Vec<&RawValue>| -> Vec<String> {
            values.into_iter().map(|value| value.get().to_owned()).collect()
        };
        let expected = serde_json::from_str::<Vec<&RawValue>>(value.get()).ok();
        assert_eq!(elements(value).map(texts), expected.map(texts), "{text}");
        let pairs = |members: Vec<(Cow<'_, str>, &RawValue)>| -> Vec<(String, String)> {
            members.into_iter().map(|(key, it)| (key.into_owned(), it.get().to_owned())).collect()
        };
        let expected = RawObject::parse(value.get().as_bytes()).ok();
        assert_eq!(members(value).map(pairs), expected.map(|it| pairs(it.members)), "{text}");
    }

    proptest! {
        #[test]
        fn it_is_what_a_parser_finds(value in any_json()) {
            check(&value.to_string());
            check(&serde_json::to_string_pretty(&value).unwrap());
        }
    }

    #[test]
    fn odd_spellings_are_read_or_left_to_the_parser() {
        for text in [
            " [ ] ",
            "{ }",
            r#"{"a":1,"\u0061":2}"#,
            r#"{"\u0061\"":"\\\"" , "b" : [ 1e5 ,-0.50 , true ] }"#,
            r#"{"a":"\\\\","b":{"c":"}\"]"}}"#,
            r#"{"\ud800":1}"#,
            "5",
            "\"a\"",
        ] {
            check(text);
        }
        let many: Vec<String> = (0..100).map(|n| format!("\"{n}\":{n}")).collect();
        check(&format!("{{{}}}", many.join(",")));
        check(&format!("{{{},\"7\":7}}", many.join(",")));
        check(&format!("{}{}", "[".repeat(1_000), "]".repeat(1_000)));
    }
}
