//! Converts the parts of a content that are neither calls nor results.

use std::borrow::Cow;

use data_encoding::BASE64;

use super::findings::Findings;
use super::members::{member, object, text};
use crate::dialects::json::fields::string;
use crate::dialects::json::write::{Object, quoted};
use crate::dialects::json::{Kind, RawObject};

/// A part of a chat message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A text as a JSON string.
    Text(String),
    /// A part as JSON.
    Media(String),
}

impl Piece {
    pub(super) fn part(&self) -> String {
        match self {
            Self::Text(text) => Object::default().text("type", "text").raw("text", text).finish(),
            Self::Media(part) => part.clone(),
        }
    }

    pub(super) fn of(text: &str) -> Self {
        Self::Text(quoted(text))
    }
}

/// Members of a part that only describe it.
const BESIDE: [&str; 7] = [
    "thought",
    "thoughtSignature",
    "videoMetadata",
    "mediaResolution",
    "partMetadata",
    "text",
    "type",
];

pub(super) fn piece(part: &RawObject<'_>, place: &str, findings: &mut Findings) -> Option<Piece> {
    if let Some(said) = member(part, "text") {
        // Some APIs refuse a part that says nothing.
        let is_said = Kind::of(said) == Kind::String && said.get() != "\"\"";
        return is_said.then(|| Piece::Text(said.get().to_owned()));
    }
    if let Some(blob) = object(part, "inlineData") {
        return inline(&blob, &format!("{place}.inlineData"), findings);
    }
    if let Some(file) = object(part, "fileData") {
        return file_at(&file, &format!("{place}.fileData"), findings);
    }
    let done = by_server(part);
    if done.is_none() {
        let unknown = part.members.iter().map(|(name, _)| super::members::camel(name));
        for name in unknown.filter(|name| !BESIDE.contains(&name.as_str())) {
            findings.leave_out(&name);
        }
    }
    done.map(|text| Piece::of(&text))
}

/// What Google's servers ran in earlier turns, which another API knows as text only.
fn by_server(part: &RawObject<'_>) -> Option<String> {
    if let Some(code) = object(part, "executableCode") {
        let language = text(&code, "language").unwrap_or_default().to_ascii_lowercase();
        let code = text(&code, "code").unwrap_or_default();
        return Some(format!("```{language}\n{code}\n```"));
    }
    if let Some(result) = object(part, "codeExecutionResult") {
        let outcome = text(&result, "outcome").unwrap_or_default();
        let output = text(&result, "output").unwrap_or_default();
        return Some(format!("[code execution: {outcome}]\n{output}"));
    }
    for name in ["toolCall", "toolResponse"] {
        if let Some(value) = member(part, name) {
            return Some(format!("[{name}: {}]", value.get()));
        }
    }
    None
}

/// The data is copied as it is written: base64 has nothing to escape.
fn inline(blob: &RawObject<'_>, place: &str, findings: &mut Findings) -> Option<Piece> {
    let mime = text(blob, "mimeType").unwrap_or_default().to_ascii_lowercase();
    let data = member(blob, "data").filter(|data| Kind::of(data) == Kind::String);
    let Some(data) = data.filter(|_| mime.contains('/')) else {
        findings.cannot_be_sent(place, "needs a `mimeType` and `data` in base64");
        return None;
    };
    let data = standard(data.get());
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if !data.bytes().all(is_digit) {
        findings.cannot_be_sent(&format!("{place}.data"), "is no base64");
        return None;
    }
    let essence = mime.split(';').next().unwrap_or_default().trim().to_owned();
    let url = data_url(&essence, &data);
    let name = text(blob, "displayName");
    Some(match essence.split('/').next().unwrap_or_default() {
        "image" => url_part("image_url", &url),
        "audio" => audio(&essence, &data),
        "video" => url_part("video_url", &url),
        "text" => Piece::of(&document(name.as_deref(), &data)?),
        _ if essence == "application/json" => Piece::of(&document(name.as_deref(), &data)?),
        _ => file(name.as_deref(), &essence, &url),
    })
}

/// Google takes the alphabet of URLs and a missing padding as well; other APIs do not.
fn standard(json: &str) -> Cow<'_, str> {
    let inside = json.trim_matches('"');
    let is_standard = inside.len().is_multiple_of(4) && !inside.contains(['-', '_', '\\']);
    if is_standard {
        return Cow::Borrowed(inside);
    }
    let Some(data) = string(json.as_bytes()) else { return Cow::Borrowed(inside) };
    let data: String = data.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let mut data = data.trim_end_matches('=').replace('-', "+").replace('_', "/");
    while !data.len().is_multiple_of(4) {
        data.push('=');
    }
    Cow::Owned(data)
}

/// As a JSON string.
fn data_url(essence: &str, data: &str) -> String {
    let head = quoted(&format!("data:{essence};base64,"));
    let head = head.strip_suffix('"').unwrap_or_default();
    format!("{head}{data}\"")
}

fn url_part(kind: &str, url: &str) -> Piece {
    let inner = Object::default().raw("url", url).finish();
    Piece::Media(Object::default().text("type", kind).raw(kind, &inner).finish())
}

fn audio(essence: &str, data: &str) -> Piece {
    let format = match essence.trim_start_matches("audio/") {
        "wav" | "x-wav" | "wave" | "vnd.wave" => "wav",
        "mp3" | "mpeg" | "mpeg3" => "mp3",
        other => other.trim_start_matches("x-"),
    };
    let inner = Object::default().text("data", data).text("format", format).finish();
    Piece::Media(Object::default().text("type", "input_audio").raw("input_audio", &inner).finish())
}

fn file(name: Option<&str>, essence: &str, url: &str) -> Piece {
    let usual = match essence {
        "application/pdf" => "document.pdf",
        _ => "document",
    };
    let name = name.unwrap_or(usual);
    let inner = Object::default().text("filename", name).raw("file_data", url).finish();
    Piece::Media(Object::default().text("type", "file").raw("file", &inner).finish())
}

/// A text is one for any API.
fn document(name: Option<&str>, data: &str) -> Option<String> {
    let bytes = BASE64.decode(data.as_bytes()).ok()?;
    let head = name.map(|name| format!("Document: {name}\n")).unwrap_or_default();
    Some(format!("{head}{}", String::from_utf8_lossy(&bytes)))
}

/// A file that anybody can fetch is sent by its URL.
fn file_at(file: &RawObject<'_>, place: &str, findings: &mut Findings) -> Option<Piece> {
    let uri = text(file, "fileUri").unwrap_or_default();
    let mime = text(file, "mimeType").unwrap_or_default().to_ascii_lowercase();
    let is_uploaded =
        uri.contains("generativelanguage.googleapis.com") || uri.starts_with("files/");
    let is_public = uri.starts_with("https://") || uri.starts_with("http://");
    if is_uploaded || !is_public {
        let complaint = "a file that was uploaded to one provider cannot be sent to another, and this \
                         model is not served by Gemini's API: send its content as `inlineData`";
        findings.cannot_be_sent(place, complaint);
        return None;
    }
    let url = quoted(&uri);
    Some(match mime.split('/').next().unwrap_or_default() {
        "audio" => url_part("audio_url", &url),
        "video" => url_part("video_url", &url),
        "image" | "" => url_part("image_url", &url),
        _ => self::file(None, &mime, &url),
    })
}
