//! Texts of messages, for a service that takes a prompt instead of messages. They are copied with
//! their escapes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::errors::Untranslatable;
use crate::dialects::json::Kind;
use crate::dialects::place::{InMessage, Member, Place};

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
}

impl Message<'_> {
    fn is_system(&self) -> bool {
        matches!(self.role.as_ref(), "system" | "developer")
    }
}

/// The text of the last user message, as JSON.
///
/// # Errors
/// When there is none, or it holds more than text.
pub(super) fn prompt(messages: &RawValue) -> Result<String, Untranslatable> {
    let messages = parse(messages)?;
    let Some((index, message)) =
        messages.iter().enumerate().rfind(|(_, message)| message.role == "user")
    else {
        let complaint =
            " holds no message of the role `user`, and this provider takes nothing else as prompt";
        return Err(Untranslatable::at(Place::Parameter("messages"), complaint));
    };
    Ok(format!("\"{}\"", text(index, message)?))
}

/// The texts of the system and developer messages separated by blank lines, as JSON; `None` when
/// there are none.
///
/// # Errors
/// When they hold more than text.
pub(super) fn system(messages: &RawValue) -> Result<Option<String>, Untranslatable> {
    let messages = parse(messages)?;
    let texts = messages
        .iter()
        .enumerate()
        .filter(|(_, message)| message.is_system())
        .map(|(index, message)| text(index, message))
        .collect::<Result<Vec<_>, _>>()?;
    let joined = joined(texts.iter().map(String::as_str), r"\n\n");
    Ok((!texts.is_empty()).then(|| format!("\"{joined}\"")))
}

/// Whether [`prompt`] and [`system`], as far as they are used, cover all messages.
pub(super) fn is_all_of(messages: &RawValue, has_prompt: bool, has_system: bool) -> bool {
    let Ok(messages) = parse(messages) else { return true };
    let last = messages.iter().rposition(|message| message.role == "user");
    messages.iter().enumerate().all(|(index, message)| {
        (has_prompt && last == Some(index)) || (has_system && message.is_system())
    })
}

fn parse(messages: &RawValue) -> Result<Vec<Message<'_>>, Untranslatable> {
    serde_json::from_str(messages.get()).map_err(|error| {
        Untranslatable::at(Place::Parameter("messages"), format!(" cannot be read: {error}"))
    })
}

/// The text between the quotes.
fn text(index: usize, message: &Message<'_>) -> Result<String, Untranslatable> {
    let place = InMessage::at(index);
    let Some(content) = message.content else {
        return Err(Untranslatable::at(place.member(Member::Content), " is missing"));
    };
    match Kind::of(content) {
        Kind::String => return Ok(inside(content).to_owned()),
        Kind::Array => {}
        Kind::Object | Kind::Number | Kind::Bool | Kind::Null => {
            let complaint = " must be a string or a list of parts";
            return Err(Untranslatable::at(place.member(Member::Content), complaint));
        }
    }
    let parts: Vec<&RawValue> = serde_json::from_str(content.get()).unwrap_or_default();
    let texts = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| part_text(part, place.content(index)))
        .collect::<Result<Vec<_>, _>>()?;
    // Parts are separated by a line break, or their words would run together.
    Ok(joined(texts, r"\n"))
}

fn part_text<'a>(part: &'a RawValue, place: InMessage) -> Result<&'a str, Untranslatable> {
    let part: Option<Part<'a>> = serde_json::from_str(part.get()).ok();
    let kind = part.as_ref().and_then(|part| part.kind.as_deref());
    let is_text = matches!(kind, None | Some("text" | "input_text"));
    let text = part.as_ref().and_then(|part| part.text);
    match text.filter(|text| is_text && Kind::of(text) == Kind::String) {
        Some(text) => Ok(inside(text)),
        None => {
            let complaint = " cannot be carried: this provider takes text only";
            Err(Untranslatable::at(place, complaint))
        }
    }
}

fn inside(text: &RawValue) -> &str {
    let text = text.get();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

fn joined<'a>(texts: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    let mut out = String::new();
    for text in texts {
        if !out.is_empty() && !text.is_empty() {
            out.push_str(between);
        }
        out.push_str(text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;

    fn read(messages: &str, of: fn(&RawValue) -> Result<Option<String>, Untranslatable>) -> String {
        let messages: &RawValue = serde_json::from_str(messages).unwrap();
        match of(messages) {
            Ok(text) => text.unwrap_or_else(|| String::from("nothing")),
            Err(bad) => {
                let bad = bad_request(bad);
                format!("{} [{}]", bad.message, bad.param.unwrap_or_default())
            }
        }
    }

    #[test]
    fn the_last_user_message_is_the_prompt() {
        for (messages, expected) in [
            (
                r#"[{"role":"user","content":"a"},{"role":"user","content":"b\u00e9\ud800"},{"role":"assistant","content":"c"}]"#,
                r#""b\u00e9\ud800""#,
            ),
            (
                r#"[{"role":"user","content":[{"type":"text","text":"a"},{"text":""},{"type":"text","text":"b"}]}]"#,
                r#""a\nb""#,
            ),
            (r#"[{"role":"user","content":[]}]"#, r#""""#),
            (
                r#"[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"x"},"text":"b"}]}]"#,
                "`messages[0].content[1]` cannot be carried: this provider takes text only [messages[0].content[1]]",
            ),
            (
                r#"[{"role":"user","content":["a"]}]"#,
                "`messages[0].content[0]` cannot be carried: this provider takes text only [messages[0].content[0]]",
            ),
            (
                r#"[{"role":"user","content":null}]"#,
                "`messages[0].content` is missing [messages[0].content]",
            ),
            (
                r#"[{"role":"x"},{"role":"user","content":5}]"#,
                "`messages[1].content` must be a string or a list of parts [messages[1].content]",
            ),
            (
                r#"[{"role":"system","content":"a"}]"#,
                "`messages` holds no message of the role `user`, and this provider takes nothing else as prompt [messages]",
            ),
        ] {
            assert_eq!(
                read(messages, |messages| prompt(messages).map(Some)),
                expected,
                "{messages}"
            );
        }
    }

    #[test]
    fn system_messages_are_set_apart_by_blank_lines() {
        for (messages, expected) in [
            (
                r#"[{"role":"system","content":"a"},{"role":"user","content":[{"type":"image_url"}]},{"role":"developer","content":[{"type":"text","text":"b"}]}]"#,
                r#""a\n\nb""#,
            ),
            (r#"[{"role":"user","content":"a"}]"#, "nothing"),
            (
                r#"[{"role":"system","content":[{"type":"file"}]}]"#,
                "`messages[0].content[0]` cannot be carried: this provider takes text only [messages[0].content[0]]",
            ),
        ] {
            assert_eq!(read(messages, system), expected, "{messages}");
        }
    }
}
