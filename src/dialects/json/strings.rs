//! Where the strings of JSON lie in a text: one value, one a line, or the events of a stream, also
//! where the text was cut. Strings that are pieces of one text, each in an event of its own, have
//! the same key. One pass, whatever the nesting.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The contents of a string, as they are written between its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of its way from the top: names, positions, and members called `index`, by which streams tell
    /// apart what they are made of.
    pub key: u64,
    pub from: usize,
    pub to: usize,
}

/// No format is nested so deeply; what is deeper is not looked at.
const MAX_DEPTH: usize = 512;

struct Level {
    is_object: bool,
    path: u64,
    /// The name of the member, or the position.
    at: u64,
    is_name_next: bool,
    is_index_next: bool,
    index: Option<u64>,
    /// Places found before it.
    before: usize,
}

/// The strings that are values, in their order.
pub fn places(text: &[u8]) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                if levels.len() >= MAX_DEPTH {
                    return found;
                }
                let is_object = *byte == b'{';
                let path = levels.last().map_or(0, |level| mixed(level.path, level.at));
                let before = found.len();
                levels.push(Level {
                    is_object,
                    path,
                    at: 0,
                    is_name_next: is_object,
                    is_index_next: false,
                    index: None,
                    before,
                });
            }
            b'}' | b']' => {
                if let Some(Level { index: Some(index), before, .. }) = levels.pop() {
                    for place in found.get_mut(before..).unwrap_or_default() {
                        place.key = mixed(place.key, index);
                    }
                }
            }
            b',' => {
                if let Some(level) = levels.last_mut() {
                    level.is_index_next = false;
                    match level.is_object {
                        true => level.is_name_next = true,
                        false => level.at += 1,
                    }
                }
            }
            b'"' => {
                let Some(level) = levels.last_mut() else { continue };
                let (from, to) = (at, end_of_string(text, at));
                at = to + 1;
                if level.is_name_next {
                    level.is_name_next = false;
                    let name = text.get(from..to).unwrap_or_default();
                    level.at = hash(name);
                    level.is_index_next = name == b"index";
                } else {
                    found.push(Place { key: mixed(level.path, level.at), from, to });
                }
            }
            b'0'..=b'9' => {
                if let Some(level) = levels.last_mut().filter(|level| level.is_index_next) {
                    let digit = u64::from(byte - b'0');
                    let index = level.index.unwrap_or(0);
                    level.index = Some(index.wrapping_mul(10).wrapping_add(digit));
                }
            }
            // An event that was cut ends with its line.
            b'\n' if text.get(at..).is_some_and(|rest| rest.starts_with(b"data:")) => {
                levels.clear()
            }
            _ => {}
        }
    }
    found
}

/// Where its closing quote is, or the text's end.
fn end_of_string(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(next) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        match text.get(at + next) {
            Some(b'\\') => at += next + 2,
            _ => return at + next,
        }
    }
    text.len()
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn mixed(one: u64, other: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (one, other).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        places(text.as_bytes()).iter().map(|place| &text[place.from..place.to]).collect()
    }

    #[test]
    fn values_are_found_and_names_are_not() {
        assert_eq!(
            texts(r#"{"a":"x","b":["y",{"c":"z \"q\" \\"}],"d":1,"e":null}"#),
            ["x", "y", r#"z \"q\" \\"#]
        );
        assert_eq!(
            texts("data: {\"a\":\"1\"}\n\ndata: {\"a\":\"2\n\ndata: [DONE]\n"),
            ["1", "2\n\ndata: [DONE]\n"]
        );
        assert_eq!(texts("data: {\"a\":[\"1\"\n\ndata: {\"a\":\"2\"}"), ["1", "2"]);
        assert_eq!(texts("plain \"text\" and more"), [] as [&str; 0]);
        assert_eq!(texts(r#"{"a":"cut off"#), ["cut off"]);
        assert_eq!(texts(r#"{"a":"cut off\"#), [r"cut off\"]);
        assert_eq!(texts("}}]]\"x\""), [] as [&str; 0]);
        assert_eq!(texts(&"[".repeat(100_000)), [] as [&str; 0]);
    }

    #[test]
    fn pieces_of_one_text_have_one_key() {
        let text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"index\":1}]}\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\"c\",\"role\":\"d\"},\"index\":0}]}\n\n";
        let keys: Vec<u64> = places(text.as_bytes()).iter().map(|place| place.key).collect();
        assert_eq!(keys.len(), 4);
        assert_eq!(keys[0], keys[2]);
        assert!(keys[0] != keys[1] && keys[2] != keys[3]);
        let list = places(br#"{"a":["x","y"],"b":["x"]}"#);
        assert!(list[0].key != list[1].key && list[0].key != list[2].key);
    }
}
