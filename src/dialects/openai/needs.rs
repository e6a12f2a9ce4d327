//! The capabilities that a chat body needs from a model.
//!
//! Most requests are plain text, and a search for a few words shows it; only where one of them is
//! found are the messages parsed, because a text may be that very word.

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialects::json::Kind;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{count, is_filled_list};
use crate::dialects::media_type;
use crate::dialects::token_estimate::{self, Estimate, Price};
use crate::domain::facts::{Needs, Place};

/// Where no string of the messages begins like this, every part is text.
const MEDIA_WORDS: [&[u8]; 7] =
    [b"image", b"input_", b"audio_url\"", b"video", b"file\"", b"document\"", b"data"];

/// The beginning of a data URL, or the member that holds base64.
const INLINE: &[u8] = b"\"data";

/// Where no string of the messages begins like this, no tool was called.
const TOOL_WORDS: [&[u8]; 2] = [b"tool_call", b"function_call\""];

#[derive(Clone, Copy)]
pub enum Medium {
    Image,
    Audio,
    Video,
    File,
}

impl Medium {
    /// OpenAI's names, and those of other APIs whose models clients also call.
    fn of(kind: &str) -> Option<Self> {
        match kind {
            "image_url" | "input_image" | "image" => Some(Self::Image),
            "input_audio" | "audio_url" => Some(Self::Audio),
            "video_url" | "input_video" | "video" => Some(Self::Video),
            "file" | "input_file" | "document" => Some(Self::File),
            _ => None,
        }
    }

    /// Tokens of a medium-sized image, a minute of sound, half a minute of video, a few pages; at
    /// least those of a thumbnail, a word, a few frames, a few lines.
    pub fn price(self) -> Price {
        match self {
            Self::Image => Price { likely: 1_000, least: 64 },
            Self::Audio => Price { likely: 1_500, least: 32 },
            Self::Video => Price { likely: 8_000, least: 256 },
            Self::File => Price { likely: 3_000, least: 64 },
        }
    }
}

/// The needs of a chat body.
pub fn read(body: &JsonBody) -> Needs {
    let value = |name: &str| body.value_of(name).unwrap_or_default();
    let messages = value("messages");
    let has_tools = is_filled_list(value("tools")) || is_filled_list(value("functions"));
    let mut needs = Needs {
        tools: has_tools,
        forced_tool: has_tools
            && (is_forced(value("tool_choice")) || is_forced(value("function_call"))),
        structured: is_schema(value("response_format")),
        max_tokens: max_tokens(body),
        ..Needs::default()
    };
    let mut estimate = Estimate::of_json(messages);
    if is_worth_reading(messages, has_tools) {
        read_messages(&mut needs, messages, &mut estimate);
    }
    for name in ["tools", "functions", "response_format"] {
        estimate += Estimate::of_json(value(name));
    }
    needs.prompt_tokens = estimate.likely();
    needs.least_prompt_tokens = estimate.least();
    needs
}

/// `max_completion_tokens`, else `max_tokens`.
pub fn max_tokens(body: &JsonBody) -> Option<u64> {
    let value = |name: &str| count(body.value_of(name)?);
    value("max_completion_tokens").or_else(|| value("max_tokens"))
}

fn read_messages(needs: &mut Needs, messages: &[u8], estimate: &mut Estimate) {
    // A body that cannot be parsed is left to the upstream.
    let messages: Vec<Message<'_>> = serde_json::from_slice(messages).unwrap_or_default();
    for (index, message) in messages.iter().enumerate() {
        needs.tools |= message.tool_calls.is_some_and(|calls| is_filled_list(bytes(calls)))
            || message.tool_call_id.is_some()
            || message.function_call.is_some();
        // Earlier answers of a model are history, which any model may be sent.
        let made = [(message.images, Medium::Image), (message.audio, Medium::Audio)];
        for (made, medium) in made {
            if let Some(made) = made.filter(|made| is_inline(made)) {
                estimate.exchange(bytes(made), medium.price());
            }
        }
        let parts = message.content.filter(|content| Kind::of(content) == Kind::Array);
        let parts = parts.and_then(|parts| serde_json::from_str(parts.get()).ok());
        let parts: Vec<&RawValue> = parts.unwrap_or_default();
        for (part, json) in parts.into_iter().enumerate() {
            read_part(needs, json, Place { message: index, part }, estimate);
        }
    }
}

fn read_part(needs: &mut Needs, json: &RawValue, place: Place, estimate: &mut Estimate) {
    let (medium, price) = medium_of(json);
    if let Some(price) = price {
        estimate.exchange(bytes(json), price);
    }
    match medium {
        Some(Medium::File) => note_file(needs, file_type(bytes(json)).as_deref(), place),
        Some(medium) => note(needs, medium, place),
        None => {}
    }
}

pub fn note(needs: &mut Needs, medium: Medium, place: Place) {
    let first = match medium {
        Medium::Image => &mut needs.image,
        Medium::Audio => &mut needs.audio,
        Medium::Video => &mut needs.video,
        Medium::File => &mut needs.file,
    };
    first.get_or_insert(place);
}

/// `media_type`: of the file, where it is known.
pub fn note_file(needs: &mut Needs, media_type: Option<&str>, place: Place) {
    match media_type {
        Some(found) if media_type::is_text(found) => _ = needs.text_file.get_or_insert(place),
        Some(found) if found.starts_with("image/") => note(needs, Medium::Image, place),
        Some(found) if found.starts_with("audio/") => note(needs, Medium::Audio, place),
        _ => note(needs, Medium::File, place),
    }
}

/// The medium that a part is, and the price of one that is no text.
fn medium_of(json: &RawValue) -> (Option<Medium>, Option<Price>) {
    let kind = serde_json::from_str::<Typed>(json.get()).ok().and_then(|part| part.kind);
    let kind = kind.as_deref().unwrap_or_default();
    let medium = Medium::of(kind);
    // Of an unknown type, but not text.
    let is_text = kind.ends_with("text") || matches!(kind, "refusal" | "thinking");
    let is_unknown_file = medium.is_none() && !is_text && is_inline(json);
    let priced = if is_unknown_file { Some(Medium::File) } else { medium };
    (medium, priced.map(Medium::price))
}

/// The likely tokens of a part that is no text.
pub fn tokens_of_medium(part: &RawValue) -> Option<u64> {
    medium_of(part).1.map(|price| price.likely)
}

/// The likely tokens of an image that a model made.
pub fn tokens_of_image() -> u64 {
    Medium::Image.price().likely
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_call_id: Option<&'a RawValue>,
    #[serde(borrow)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow)]
    images: Option<&'a RawValue>,
    #[serde(borrow)]
    audio: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: Option<String>,
}

fn is_worth_reading(messages: &[u8], has_tools: bool) -> bool {
    let tool_words: &[&[u8]] = if has_tools { &[] } else { &TOOL_WORDS };
    has_string_like(messages, |string| {
        let is_word = |word: &&[u8]| string.starts_with(word);
        MEDIA_WORDS.iter().any(is_word) || tool_words.iter().any(is_word)
    })
}

/// Whether a string may begin as `is_sought` says of the text behind its quote. One pass over the
/// quotes; those within a text follow a backslash.
pub fn has_string_like(json: &[u8], is_sought: impl Fn(&[u8]) -> bool) -> bool {
    let begins = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| json.get(before));
        before != Some(&b'\\') && is_sought(json.get(at + 1..).unwrap_or_default())
    };
    // A letter written as `\u0061` hides a word from the search: unusual, but valid.
    let is_letter = |at: usize| {
        let digits = json.get(at + 2..at + 5).unwrap_or_default();
        matches!(digits, [b'0', b'0', b'4'..=b'7'])
    };
    memchr::memchr_iter(b'"', json).any(begins) || token_estimate::escapes(json).any(is_letter)
}

/// The media type of a file that is inline in the part.
fn file_type(part: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\"file_data\"";
    let at = memmem::find(part, NAME)? + NAME.len();
    let value = part.get(at..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let head = value.strip_prefix(b"\"")?;
    let head = std::str::from_utf8(head.get(..head.len().min(256))?).ok()?;
    let (declared, data) = match head.split_once(',') {
        Some((kind, data)) if kind.to_ascii_lowercase().starts_with("data:") => {
            let declared = kind.get(5..)?.split(';').next()?.trim().to_ascii_lowercase();
            (Some(declared).filter(|declared| declared.contains('/')), data)
        }
        _ => (None, head),
    };
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let length = data.bytes().take_while(|byte| is_base64(byte)).count();
    media_type::real(declared.as_deref(), data.get(..length / 4 * 4)?)
}

fn bytes(json: &RawValue) -> &[u8] {
    json.get().as_bytes()
}

fn is_inline(json: &RawValue) -> bool {
    memmem::find(bytes(json), INLINE).is_some()
}

fn is_schema(format: &[u8]) -> bool {
    let format = serde_json::from_slice::<Typed>(format).ok();
    format.and_then(|format| format.kind).as_deref() == Some("json_schema")
}

fn is_forced(choice: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Choice {
        Word(String),
        Object {
            #[serde(rename = "type")]
            kind: Option<String>,
            allowed_tools: Option<Allowed>,
        },
    }
    #[derive(Deserialize)]
    struct Allowed {
        mode: Option<String>,
    }

    match serde_json::from_slice(choice) {
        Ok(Choice::Word(word)) => word == "required" || word == "any",
        Ok(Choice::Object { kind, allowed_tools }) => match kind.as_deref() {
            Some("auto" | "none") => false,
            Some("allowed_tools") => {
                allowed_tools.and_then(|allowed| allowed.mode).as_deref() == Some("required")
            }
            Some(_) | None => true,
        },
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
