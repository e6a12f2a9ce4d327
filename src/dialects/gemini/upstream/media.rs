//! A part of a message as Gemini accepts it: text, inline bytes, or the URI of a file.

use std::borrow::Cow;

use super::request::{Blob, FileData, Payload};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::media_type;
use crate::dialects::place::{InMessage, Member};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{Media, Part, PartContent};

/// The prefix of the URIs of the Files API.
const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/";

/// # Errors
/// When the model does not take such media; `place` is the part's.
pub(super) fn encode<'a>(
    part: &'a Part,
    place: InMessage,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Payload<'a>, Untranslatable> {
    dropped.record_if(part.cache_control.is_some(), "cache_control");
    let (kind, source) = match &part.content {
        PartContent::Text(text) => return Ok(Payload::Text(text)),
        PartContent::Image { source, detail } => {
            let says_detail = detail.as_deref().is_some_and(|detail| detail != "auto");
            dropped.record_if(says_detail, "detail");
            (Kind::IMAGE, source)
        }
        PartContent::Audio { source } => (Kind::AUDIO, source),
        PartContent::Video { source } => (Kind::VIDEO, source),
        PartContent::File { source, filename } => {
            dropped.record_if(filename.is_some(), "filename");
            (Kind::FILE, source)
        }
    };
    let place = place.member(kind.member);
    let is_text_file = kind.member == Member::File && is_text_file(source);
    if !(kind.is_taken)(capabilities) && !is_text_file {
        let complaint = format!(": this model does not take {}", kind.noun);
        return Err(Untranslatable::at(place, complaint));
    }
    match source {
        Media::Inline { media_type, data } => {
            let mime_type = if is_text_file { text_type(media_type) } else { spelled(media_type) };
            if mime_type.starts_with(kind.prefix) {
                return Ok(Payload::InlineData(Blob { mime_type, data }));
            }
            let complaint = format!(" must be of a type `{}…`, not `{media_type}`", kind.prefix);
            Err(Untranslatable::at(place, complaint))
        }
        Media::Url(url) => {
            let file_uri = Cow::Borrowed(url.as_str());
            Ok(Payload::FileData(FileData { mime_type: type_by_ending(url), file_uri }))
        }
        Media::FileId(id) => file_by_id(id, place),
    }
}

/// A kind of media, and how to tell whether a model supports it.
struct Kind {
    /// The member of the part that holds it.
    member: Member,
    noun: &'static str,
    /// The prefix of its media types.
    prefix: &'static str,
    is_taken: fn(&Capabilities) -> bool,
}

impl Kind {
    const IMAGE: Self = Self {
        member: Member::Image,
        noun: "images",
        prefix: "image/",
        is_taken: |capabilities| capabilities.takes_images,
    };
    const AUDIO: Self = Self {
        member: Member::Audio,
        noun: "audio",
        prefix: "audio/",
        is_taken: |capabilities| capabilities.takes_audio,
    };
    const VIDEO: Self = Self {
        member: Member::Video,
        noun: "video",
        prefix: "video/",
        is_taken: |capabilities| capabilities.takes_video,
    };
    const FILE: Self = Self {
        member: Member::File,
        noun: "files",
        prefix: "",
        is_taken: |capabilities| capabilities.takes_files,
    };
}

/// Gemini's names for types that have several.
fn spelled(media_type: &str) -> &str {
    match media_type {
        "audio/mpeg" => "audio/mp3",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "audio/wav",
        "image/jpg" => "image/jpeg",
        other => other,
    }
}

fn is_text_file(source: &Media) -> bool {
    matches!(source, Media::Inline { media_type, .. } if media_type::is_text(media_type))
}

/// The text types that Gemini knows; any other is plain text to it.
fn text_type(media_type: &str) -> &str {
    const KNOWN: [&str; 7] =
        ["text/plain", "text/html", "text/css", "text/md", "text/csv", "text/xml", "text/rtf"];
    match media_type {
        "text/markdown" => "text/md",
        known if KNOWN.contains(&known) => known,
        _ => "text/plain",
    }
}

/// An id of Google's Files API, or the URI that it returned. Ids of other providers are unknown
/// here.
fn file_by_id(id: &str, place: InMessage) -> Result<Payload<'_>, Untranslatable> {
    let file_uri = if id.contains("://") {
        Cow::Borrowed(id)
    } else if id.starts_with("files/") {
        Cow::Owned(format!("{FILES}{id}"))
    } else {
        let complaint = format!(
            ": Gemini knows no file `{id}`; send its content, or the URI of Google's Files API"
        );
        return Err(Untranslatable::at(place, complaint));
    };
    Ok(Payload::FileData(FileData { mime_type: None, file_uri }))
}

/// The media type by the extension of a URL's path; without one Gemini asks the server.
fn type_by_ending(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?;
    let (_, name) = path.rsplit_once('/')?;
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "ogg" => "audio/ogg",
        "aac" => "audio/aac",
        "mp4" => "video/mp4",
        "mov" => "video/mov",
        "webm" => "video/webm",
        "mpg" | "mpeg" => "video/mpeg",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;
    use serde_json::json;

    fn encoded(content: PartContent, capabilities: &Capabilities) -> Result<String, String> {
        let part = Part { content, cache_control: None };
        encode(&part, InMessage::at(3).content(1), capabilities, &mut Dropped::default())
            .map(|data| serde_json::to_string(&data).unwrap())
            .map_err(bad_request)
            .map_err(|bad| format!("{} [{}]", bad.message, bad.param.unwrap()))
    }

    fn inline(media_type: &str) -> Media {
        Media::Inline { media_type: media_type.into(), data: "AA==".into() }
    }

    #[test]
    fn bytes_are_inlined_under_geminis_names() {
        let all = Capabilities::default();
        let image = PartContent::Image { source: inline("image/png"), detail: None };
        let expected = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
        assert_eq!(encoded(image, &all), Ok(expected.to_string()));
        let audio = PartContent::Audio { source: inline("audio/mpeg") };
        let expected = json!({"inlineData": {"mimeType": "audio/mp3", "data": "AA=="}});
        assert_eq!(encoded(audio, &all), Ok(expected.to_string()));
    }

    #[test]
    fn urls_become_file_data_with_the_type_of_their_extension() {
        for (source, expected) in [
            (
                Media::Url("https://a.example/x.PNG?w=1.jpg".into()),
                json!({"mimeType": "image/png", "fileUri": "https://a.example/x.PNG?w=1.jpg"}),
            ),
            (
                Media::Url("https://www.youtube.com/watch?v=1.mp4".into()),
                json!({"fileUri": "https://www.youtube.com/watch?v=1.mp4"}),
            ),
            (
                Media::FileId("files/ab1".into()),
                json!({"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/ab1"}),
            ),
            (Media::FileId("gs://b/c".into()), json!({"fileUri": "gs://b/c"})),
        ] {
            let video = PartContent::Video { source };
            let expected = json!({"fileData": expected}).to_string();
            assert_eq!(encoded(video, &Capabilities::default()), Ok(expected));
        }
    }

    #[test]
    fn what_cannot_be_carried_names_its_place() {
        let all = Capabilities::default();
        let none = Capabilities {
            takes_images: false,
            takes_audio: false,
            takes_video: false,
            takes_files: false,
            ..Capabilities::default()
        };
        for (content, capabilities, expected) in [
            (
                PartContent::Image { source: inline("image/png"), detail: None },
                &none,
                "`messages[3].content[1].image_url`: this model does not take images [messages[3].content[1].image_url]",
            ),
            (
                PartContent::Audio { source: inline("audio/wav") },
                &none,
                "`messages[3].content[1].input_audio`: this model does not take audio [messages[3].content[1].input_audio]",
            ),
            (
                PartContent::Video { source: inline("video/mp4") },
                &none,
                "`messages[3].content[1].video_url`: this model does not take video [messages[3].content[1].video_url]",
            ),
            (
                PartContent::File { source: inline("application/pdf"), filename: None },
                &none,
                "`messages[3].content[1].file`: this model does not take files [messages[3].content[1].file]",
            ),
            (
                PartContent::Image { source: inline("text/html"), detail: None },
                &all,
                "`messages[3].content[1].image_url` must be of a type `image/…`, not `text/html` [messages[3].content[1].image_url]",
            ),
            (
                PartContent::File { source: Media::FileId("file-1".into()), filename: None },
                &all,
                "`messages[3].content[1].file`: Gemini knows no file `file-1`; send its content, or the URI of Google's Files API [messages[3].content[1].file]",
            ),
        ] {
            assert_eq!(encoded(content, capabilities), Err(expected.into()));
        }
    }
}
