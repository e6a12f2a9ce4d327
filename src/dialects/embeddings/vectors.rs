//! A vector as a list of numbers, or as the base64 of its numbers, four bytes each.

use std::fmt;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;

/// Of an answer in OpenAI's form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Float,
    Base64,
}

/// Written in either way.
#[derive(Debug)]
pub struct Vector(pub Vec<f32>);

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = Vec<f32>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list of numbers, or their base64")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                of_base64(text).ok_or_else(|| E::custom("a vector is no base64 of numbers"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = seq.next_element()? {
                    numbers.push(number);
                }
                Ok(numbers)
            }
        }

        let numbers = from.deserialize_any(Written)?;
        match numbers.iter().all(|number| number.is_finite()) {
            true => Ok(Self(numbers)),
            false => Err(D::Error::custom("a vector has a number that is too large")),
        }
    }
}

pub fn encoded(vector: &[f32], encoding: Encoding) -> Value {
    match encoding {
        Encoding::Float => vector.into(),
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            Value::from(BASE64.encode(&bytes))
        }
    }
}

fn of_base64(text: &str) -> Option<Vec<f32>> {
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(written: &Value) -> Result<Vec<f32>, String> {
        let read = serde_json::from_value::<Vector>(written.clone());
        read.map(|vector| vector.0).map_err(|error| error.to_string())
    }

    #[test]
    fn base64_holds_little_endian_numbers_of_four_bytes() {
        // As numpy writes `np.array([1.0, -2.5], dtype="float32").tobytes()`.
        let text = Value::from("AACAPwAAIMA=");
        assert_eq!(encoded(&[1.0, -2.5], Encoding::Base64), text);
        assert_eq!(read(&text), Ok(vec![1.0, -2.5]));
    }

    #[test]
    fn what_is_no_vector_is_refused() {
        for written in ["AACAPw", "AACAPwA=", "no base64!"] {
            assert!(read(&Value::from(written)).is_err(), "{written}");
        }
        // Infinity.
        assert!(read(&Value::from("AACAfw==")).is_err());
        let large: Value = serde_json::from_str("[1e300]").unwrap();
        assert!(read(&large).is_err());
        assert!(read(&serde_json::json!([1.0, "2"])).is_err());
    }

    proptest! {
        #[test]
        fn every_vector_comes_back(numbers in prop::collection::vec(-1e30f32..1e30, 0..20)) {
            for encoding in [Encoding::Float, Encoding::Base64] {
                prop_assert_eq!(read(&encoded(&numbers, encoding)), Ok(numbers.clone()));
            }
        }
    }
}
