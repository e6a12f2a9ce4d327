//! JSON that was cut off, closed again.

/// What comes next where the text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A member's name, or the end of its object.
    Name,
    Colon,
    Value,
    /// A comma, or the end of what is open.
    Comma,
}

/// The text with all that is open in it closed: its last string ends where it was cut, a number or
/// a word that was not ended is left out. Of anything but the beginning of a JSON text it makes
/// none either.
pub fn closed(text: &str) -> String {
    let mut open: Vec<u8> = Vec::new();
    let mut place = Place::Value;
    let mut in_string = false;
    let mut is_escaped = false;
    // Where the number or word under way, and where the escape under way began.
    let (mut word, mut escape) = (None, 0);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => (is_escaped, escape) = (true, at),
                b'"' => {
                    in_string = false;
                    place = if place == Place::Name { Place::Colon } else { Place::Comma };
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                open.push(byte);
                place = if byte == b'{' { Place::Name } else { Place::Value };
            }
            b'}' | b']' => {
                open.pop();
                (place, word) = (Place::Comma, None);
            }
            b':' => place = Place::Value,
            b',' => {
                place = if open.last() == Some(&b'{') { Place::Name } else { Place::Value };
                word = None;
            }
            b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => word = word.or(Some(at)),
        }
    }
    let mut text = text.get(..word.unwrap_or(text.len())).unwrap_or_default().to_owned();
    if in_string {
        close_string(&mut text, escape, is_escaped);
        place = if place == Place::Name { Place::Colon } else { Place::Comma };
    }
    match place {
        Place::Colon => text.push_str(":null"),
        Place::Value if open.last() == Some(&b'{') => text.push_str("null"),
        Place::Name | Place::Value => {
            let kept = text.trim_end().strip_suffix(',').map(str::len);
            text.truncate(kept.unwrap_or(text.len()));
        }
        Place::Comma => {}
    }
    text.extend(open.iter().rev().map(|open| if *open == b'{' { '}' } else { ']' }));
    text
}

/// Without an escape that was cut.
fn close_string(text: &mut String, escape: usize, is_escaped: bool) {
    let last = text.get(escape..).unwrap_or_default();
    let is_cut_unicode = last.starts_with("\\u") && last.len() < "\\u0000".len();
    if is_escaped || is_cut_unicode {
        text.truncate(escape);
    }
    // Half a pair of surrogates.
    let pair = text.len().checked_sub("\\ud800".len());
    if let Some(at) = pair
        && text.get(at..).is_some_and(|last| {
            let last = last.to_ascii_lowercase();
            ["\\ud8", "\\ud9", "\\uda", "\\udb"].iter().any(|half| last.starts_with(half))
        })
    {
        text.truncate(at);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_closed_wherever_it_was_cut() {
        let whole =
            r#"{"a": [1.5, {"b\"": "x\u00e9\\\ud83d\ude00y"}, true, [], ""], "c": null, "d": {}}"#;
        for end in 1..whole.len() {
            let closed = closed(&whole[..end]);
            let parsed = serde_json::from_str::<serde_json::Value>(&closed);
            assert!(parsed.is_ok(), "{} became {closed}", &whole[..end]);
        }
        assert_eq!(closed(whole), whole);
        assert_eq!(closed(r#"{"a":"a long te"#), r#"{"a":"a long te"}"#);
        assert_eq!(closed(r#"{"a":[12, 1"#), r#"{"a":[12]}"#);
    }
}
