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
    /// Their names and where their values stand in that.
    added_members: Vec<(String, Range<usize>)>,
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
        let start = self.added.len();
        self.added.push_str(&value);
        self.added_members.push((name.to_owned(), start..self.added.len()));
        self.added.push(',');
    }

    /// Puts a text in the place of what stands there.
    pub fn replace(&mut self, place: Range<usize>, text: String) {
        self.replaced.push((place, text));
    }

    /// The body with what was changed, which need not be parsed. The names of added members need no
    /// escapes.
    pub fn applied_to(mut self, body: &JsonBody) -> JsonBody {
        if self.replaced.is_empty() && self.added.is_empty() {
            return body.clone();
        }
        let open = memchr::memchr(b'{', body.bytes()).map_or(0, |brace| brace + 1);
        let added = self.added.len();
        let names = std::mem::take(&mut self.added_members).into_iter();
        let first = names.map(|(name, value)| (name, value.start + open..value.end + open));
        let first: Vec<_> = first.collect();
        let lengths: Vec<(Range<usize>, usize)> =
            self.replaced.iter().map(|(place, text)| (place.clone(), text.len())).collect();
        // Where what stands there begins, or, past it, ends.
        let moved = |at: usize, is_end: bool| {
            let before = lengths.iter().filter(|(place, _)| match is_end {
                true => place.end <= at,
                false => place.start < at,
            });
            let (gone, come) = before
                .fold((0, 0), |(gone, come), (place, length)| (gone + place.len(), come + length));
            (at + added + come).saturating_sub(gone)
        };
        let bytes = self.apply(body.bytes());
        body.moved(bytes.clone(), |place| moved(place.start, false)..moved(place.end, true))
            .with_first(JsonBody::written(bytes, first))
    }

    /// `bytes`: of a body.
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
        let rest = bytes.get(open..).unwrap_or_default().trim_ascii_start();
        if rest.starts_with(b"}") && out.ends_with(b",") {
            out.pop();
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [&str; 4] = ["a", "b", "c", "d"];

    fn parsed(bytes: Bytes) -> JsonBody {
        JsonBody::parse(bytes, |_| Ok(())).unwrap()
    }

    #[test]
    fn an_empty_body_gets_its_first_member() {
        for body in ["{}", "{ }", "{\n}"] {
            let body = parsed(Bytes::from(body));
            let mut edits = Edits::default();
            edits.set(&body, "a", String::from("1"));
            let edited = edits.applied_to(&body);
            let value: Value = serde_json::from_slice(edited.bytes()).unwrap();
            assert_eq!(value, serde_json::json!({"a": 1}));
            assert_eq!(edited.value_of("a"), Some(b"1".as_slice()));
        }
    }

    proptest! {
        #[test]
        fn a_body_with_edits_is_what_its_bytes_say(
            members in prop::collection::btree_map(prop::sample::select(&NAMES[..]), "[0-9]{1,5}", 1..4),
            edits in prop::collection::btree_map(prop::sample::select(&NAMES[..]), "[0-9]{1,9}", 0..4),
            space in "[ \n]{0,2}",
        ) {
            let member = |(name, value): (&&str, &String)| format!("\"{name}\":{space}\"{value}\"{space}");
            let text: Vec<String> = members.iter().map(member).collect();
            let body = parsed(Bytes::from(format!("{space}{{{space}{}}}", text.join(","))));
            let edited = || {
                let mut all = Edits::default();
                for (name, value) in &edits {
                    match body.place_of(name).filter(|_| value.len() > 4) {
                        // Inside of a value.
                        Some(place) => all.replace(place.start + 1..place.end - 1, value.clone()),
                        None => all.set(&body, name, format!("[{value:?}]")),
                    }
                }
                all
            };
            prop_assert_eq!(edited().applied_to(&body), parsed(edited().apply(body.bytes())));
        }
    }
}
