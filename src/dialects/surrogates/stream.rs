//! Joins the two halves of a pair in two events of a stream: `"text":"x\ud83c"`, then
//! `"text":"\udf0dy"`. An event that ends a string with a first half is held until the next one; if
//! that begins the same string with the second half, the half moves to the first event. The delay
//! is one event at most.

use std::borrow::Cow;

use memchr::{memmem, memrchr};

use super::{ESCAPE, Half, is_escaped, lone_halves, mend_escapes, utf8};

/// Repairs the events of one stream.
#[derive(Debug, Default)]
pub struct Halves {
    held: Option<Vec<u8>>,
}

impl Halves {
    /// Takes the next event, and returns those to pass on: the held one, then this one, unless it
    /// is held itself.
    pub fn next<'a>(&mut self, event: &'a [u8]) -> (Option<Vec<u8>>, Option<Cow<'a, [u8]>>) {
        let mut event = utf8(event);
        if self.held.is_some() && is_beside(&event) {
            return (None, Some(event));
        }
        if self.held.is_none() && lone_halves(&event).is_empty() {
            return (None, Some(event));
        }
        let mut before = self.held.take();
        if let Some(before) = &mut before {
            join(before, &mut event);
        }
        let before = before.map(|before| mend_escapes(&before).into_owned());
        if lone_halves(&event).iter().any(|half| ends_string(&event, *half)) {
            self.held = Some(event.into_owned());
            return (before, None);
        }
        let mended = match event {
            Cow::Borrowed(event) => mend_escapes(event),
            Cow::Owned(event) => Cow::Owned(mend_escapes(&event).into_owned()),
        };
        (before, Some(mended))
    }

    /// The held event at the end of the stream.
    pub fn last(&mut self) -> Option<Vec<u8>> {
        self.held.take().map(|held| mend_escapes(&held).into_owned())
    }
}

/// A comment, or a ping of Anthropic's: it has no content, so it may pass before the held event.
fn is_beside(event: &[u8]) -> bool {
    let event = event.trim_ascii_start();
    event.first().is_none_or(|first| *first == b':')
        || (event.len() < 128 && memmem::find(event, b"\"ping\"").is_some())
}

/// Moves each second half that begins a string of `after` to the first half that ends the same
/// string of `before`.
fn join(before: &mut Vec<u8>, after: &mut Cow<'_, [u8]>) {
    if indexes(before) != indexes(after) {
        return;
    }
    let firsts = lone_halves(before).into_iter().filter(|half| ends_string(before, *half));
    let firsts: Vec<(Half, Vec<u8>)> =
        firsts.filter_map(|half| Some((half, name_of(before, half.at)?.to_vec()))).collect();
    // In reverse, so that earlier positions stay valid.
    for (first, name) in firsts.into_iter().rev() {
        let second = lone_halves(after).into_iter().rev().find(|half| {
            begins_string(after, *half) && name_of(after, half.at) == Some(name.as_slice())
        });
        let Some(second) = second else { continue };
        let moved = second.at..second.at + ESCAPE;
        let escape: Vec<u8> = after.to_mut().drain(moved).collect();
        let at = first.at + ESCAPE;
        before.splice(at..at, escape);
    }
}

fn ends_string(text: &[u8], half: Half) -> bool {
    half.is_high && text.get(half.at + ESCAPE) == Some(&b'"')
}

fn begins_string(text: &[u8], half: Half) -> bool {
    let quote = half.at.checked_sub(1);
    !half.is_high
        && quote.is_some_and(|quote| text.get(quote) == Some(&b'"') && !is_escaped(text, quote))
}

/// The name of the member whose string contains this position, as written; empty for an element of
/// a list.
fn name_of(text: &[u8], at: usize) -> Option<&[u8]> {
    let before = text.get(..quote_before(text, at)?)?.trim_ascii_end();
    let Some(before) = before.strip_suffix(b":") else { return Some(b"") };
    let name = before.trim_ascii_end().strip_suffix(b"\"")?;
    name.get(quote_before(name, name.len())? + 1..)
}

fn quote_before(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let quote = memrchr(b'"', text.get(..end)?)?;
        if !is_escaped(text, quote) {
            return Some(quote);
        }
        end = quote;
    }
}

/// The numbers of all members whose name ends with `index`: the choice, block or call.
fn indexes(text: &[u8]) -> Vec<&[u8]> {
    let number = |at: usize| {
        let rest = text.get(at + b"index\"".len()..)?.trim_ascii_start();
        let rest = rest.strip_prefix(b":")?.trim_ascii_start();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest.get(..digits)
    };
    memmem::find_iter(text, b"index\"").filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events that are passed on.
    fn passed(events: &[&str]) -> Vec<String> {
        let mut halves = Halves::default();
        let mut out = Vec::new();
        for event in events {
            let (before, event) = halves.next(event.as_bytes());
            out.extend(before);
            out.extend(event.map(Cow::into_owned));
        }
        out.extend(halves.last());
        out.into_iter().map(|event| String::from_utf8(event).unwrap()).collect()
    }

    #[test]
    fn halves_of_two_events_are_joined_in_the_first() {
        assert_eq!(
            passed(&[r#"{"text":"x\ud83c"}"#, r#"{"text":"\udf0dy"}"#]),
            [r#"{"text":"x\ud83c\udf0d"}"#, r#"{"text":"y"}"#]
        );
    }

    #[test]
    fn the_same_text_under_two_names_is_joined_in_both() {
        assert_eq!(
            passed(&[
                r#"{"content":"\ud83c","more":[{ "text" : "\ud83c" }],"index":0}"#,
                r#"{"content":"\udf0d","more":[{ "text" : "\udf0d" }],"index":0}"#,
            ]),
            [
                r#"{"content":"\ud83c\udf0d","more":[{ "text" : "\ud83c\udf0d" }],"index":0}"#,
                r#"{"content":"","more":[{ "text" : "" }],"index":0}"#,
            ]
        );
    }

    #[test]
    fn one_emoji_after_another_may_be_cut() {
        assert_eq!(
            passed(&[r#"{"a":"\ud83c"}"#, r#"{"a":"\udf0d\ud83c"}"#, r#"{"a":"\udf0e"}"#]),
            [r#"{"a":"\ud83c\udf0d"}"#, r#"{"a":"\ud83c\udf0e"}"#, r#"{"a":""}"#]
        );
    }

    #[test]
    fn a_ping_and_a_comment_do_not_part_them() {
        assert_eq!(
            passed(&[
                r#"{"a":"\ud83c"}"#,
                ": comment",
                r#"data: {"type": "ping"}"#,
                r#"{"a":"\udf0d"}"#
            ]),
            [": comment", r#"data: {"type": "ping"}"#, r#"{"a":"\ud83c\udf0d"}"#, r#"{"a":""}"#]
        );
    }

    #[test]
    fn a_half_whose_other_never_comes_becomes_a_replacement_character() {
        for (events, expected) in [
            (vec![r#"{"a":"\ud83c"}"#], vec![r#"{"a":"\ufffd"}"#]),
            (vec![r#"{"a":"\ud83c"}"#, r#"{"a":"b"}"#], vec![r#"{"a":"\ufffd"}"#, r#"{"a":"b"}"#]),
            (
                vec![r#"{"a":"\ud83c"}"#, r#"{"b":"\udf0d"}"#],
                vec![r#"{"a":"\ufffd"}"#, r#"{"b":"\ufffd"}"#],
            ),
            (
                vec![r#"{"index":0,"a":"\ud83c"}"#, r#"{"index":1,"a":"\udf0d"}"#],
                vec![r#"{"index":0,"a":"\ufffd"}"#, r#"{"index":1,"a":"\ufffd"}"#],
            ),
            (
                vec![r#"{"a":"\ud83cx"}"#, r#"{"a":"\udf0d"}"#],
                vec![r#"{"a":"\ufffdx"}"#, r#"{"a":"\ufffd"}"#],
            ),
        ] {
            assert_eq!(passed(&events), expected, "{events:?}");
        }
    }

    #[test]
    fn a_quote_inside_of_a_string_neither_ends_nor_begins_it() {
        assert_eq!(
            passed(&[r#"{"partial_json":"{\"a\":\"\ud83c"}"#, r#"{"partial_json":"\udf0d\"}"}"#]),
            [r#"{"partial_json":"{\"a\":\"\ud83c\udf0d"}"#, r#"{"partial_json":"\"}"}"#]
        );
    }

    #[test]
    fn good_events_are_not_copied() {
        let (before, event) = Halves::default().next(br#"{"a":"\ud83c\udf0d"}"#);
        assert!(before.is_none() && matches!(event, Some(Cow::Borrowed(_))));
    }
}
