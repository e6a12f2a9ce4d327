//! Changes to a body, made in one pass. What is not changed keeps its bytes.

use std::ops::Range;

use bytes::Bytes;
use serde_json::Value;

use super::body::JsonBody;

#[derive(Default)]
pub struct Edits {
    replaced: Vec<(Range<usize>, String)>,
    /// Members that were not there, each with its comma.
    added: String,
}

impl Edits {
    /// Gives a member this value, as JSON; a member that is not there is added.
    pub fn set(&mut self, body: &JsonBody, name: &str, value: String) {
        if let Some(place) = body.place_of(name) {
            self.replaced.push((place, value));
            return;
        }
        self.added.push_str(&Value::from(name).to_string());
        self.added.push(':');
        self.added.push_str(&value);
        self.added.push(',');
    }

    /// Puts a text in the place of what stands there.
    pub fn replace(&mut self, place: Range<usize>, text: String) {
        self.replaced.push((place, text));
    }

    /// `bytes`: of a body that has a member besides those that are added, as every checked request has.
    pub fn apply(mut self, bytes: &Bytes) -> Bytes {
        if self.replaced.is_empty() && self.added.is_empty() {
            return bytes.clone();
        }
        self.replaced.sort_by_key(|(place, _)| place.start);
        let growth: usize = self.replaced.iter().map(|(_, value)| value.len()).sum();
        let mut out = Vec::with_capacity(bytes.len() + growth + self.added.len());
        let open = memchr::memchr(b'{', bytes).map_or(0, |brace| brace + 1);
        out.extend_from_slice(bytes.get(..open).unwrap_or_default());
        out.extend_from_slice(self.added.as_bytes());
        let mut from = open;
        for (place, value) in self.replaced {
            out.extend_from_slice(bytes.get(from..place.start).unwrap_or_default());
            out.extend_from_slice(value.as_bytes());
            from = place.end;
        }
        out.extend_from_slice(bytes.get(from..).unwrap_or_default());
        Bytes::from(out)
    }
}
