//! Encodes the parts of a message as parts of an item. A part that cannot be carried is refused by
//! its place.

use std::borrow::Cow;

use super::wire::{Audio, File, Piece};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::place::{InMessage, Member};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{Maker, Media, Part, PartContent};

/// The role of the message, which decides what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    System,
    User,
    Assistant,
    Tool,
}

/// What the role and the model support.
pub(super) struct Context<'c> {
    pub capabilities: &'c Capabilities,
    pub maker: Maker,
}

/// `place` is that of the message.
///
/// # Errors
/// When a part cannot be carried.
pub(super) fn pieces<'a>(
    content: &'a [Part],
    speaker: Speaker,
    place: InMessage,
    context: &Context<'_>,
    dropped: &mut Dropped,
) -> Result<Vec<Piece<'a>>, Untranslatable> {
    let piece = |(index, part)| self::piece(part, speaker, place.content(index), context, dropped);
    content.iter().enumerate().map(piece).collect()
}

/// `place` is that of the part.
///
/// # Errors
/// When it cannot be carried.
pub(super) fn piece<'a>(
    part: &'a Part,
    speaker: Speaker,
    place: InMessage,
    context: &Context<'_>,
    dropped: &mut Dropped,
) -> Result<Piece<'a>, Untranslatable> {
    dropped.record_if(part.cache_control.is_some(), "cache_control");
    carried(&part.content, speaker, context, dropped)
        .map_err(|(member, why)| Untranslatable::at(place.member(member), format!(": {why}")))
}

/// The error is the member of the part, and the reason.
fn carried<'a>(
    content: &'a PartContent,
    speaker: Speaker,
    context: &Context<'_>,
    dropped: &mut Dropped,
) -> Result<Piece<'a>, (Member, &'static str)> {
    let shows_media = matches!(speaker, Speaker::User | Speaker::Tool);
    let takes = context.capabilities;
    Ok(match content {
        PartContent::Text(text) if speaker == Speaker::Assistant => Piece::OutputText { text },
        PartContent::Text(text) => Piece::InputText { text },
        PartContent::Image { .. } if !shows_media => {
            return Err((Member::Image, "the API takes images of users and tools only"));
        }
        PartContent::Image { .. } if !takes.takes_images => {
            return Err((Member::Image, "the model takes no images"));
        }
        PartContent::Image { source, detail } => image(source, detail.as_deref()),
        PartContent::File { .. } if !shows_media => {
            return Err((Member::File, "the API takes files of users and tools only"));
        }
        PartContent::File { .. } if !takes.takes_files => {
            return Err((Member::File, "the model takes no files"));
        }
        PartContent::File { source, filename } => {
            Piece::InputFile(file(source, filename.as_deref(), dropped))
        }
        PartContent::Audio { .. } if !takes.takes_audio || context.maker == Maker::Xai => {
            return Err((Member::Audio, "the model takes no audio"));
        }
        PartContent::Audio { .. } if speaker != Speaker::User => {
            return Err((Member::Audio, "the API takes audio of users only"));
        }
        PartContent::Audio { source } => {
            Piece::InputAudio { input_audio: audio(source).map_err(|why| (Member::Audio, why))? }
        }
        PartContent::Video { .. } => return Err((Member::Video, "the API takes no video")),
    })
}

fn image<'a>(source: &'a Media, detail: Option<&'a str>) -> Piece<'a> {
    let (image_url, file_id) = match source {
        Media::Url(url) => (Some(Cow::Borrowed(url.as_str())), None),
        Media::Inline { media_type, data } => (Some(Cow::Owned(data_url(media_type, data))), None),
        Media::FileId(id) => (None, Some(id.as_str())),
    };
    Piece::InputImage { image_url, file_id, detail }
}

/// The API takes a name with data only, and data only with a name: one is generated when the client
/// gave none.
fn file<'a>(source: &'a Media, filename: Option<&'a str>, dropped: &mut Dropped) -> File<'a> {
    if let Media::Inline { media_type, data } = source {
        let made_up = match media_type.as_str() {
            "application/pdf" => "file.pdf",
            "text/plain" => "file.txt",
            _ => "file",
        };
        let file_data = Some(data_url(media_type, data));
        return File { filename: filename.or(Some(made_up)), file_data, ..File::default() };
    }
    dropped.record_if(filename.is_some(), "file.filename");
    match source {
        Media::FileId(id) => File { file_id: Some(id), ..File::default() },
        Media::Url(url) | Media::Inline { data: url, .. } => {
            File { file_url: Some(url), ..File::default() }
        }
    }
}

fn audio(source: &Media) -> Result<Audio<'_>, &'static str> {
    let Media::Inline { media_type, data } = source else {
        return Err("the API takes audio as data only, not by its URL or id");
    };
    let format = match media_type.as_str() {
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        "audio/mp3" | "audio/mpeg" => "mp3",
        _ => return Err("the API takes wav and mp3 only"),
    };
    Ok(Audio { data, format })
}

fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;
    use crate::dialects::responses::upstream::fixtures::part;
    use serde_json::{Value, json};

    fn inline(media_type: &str) -> Media {
        Media::Inline { media_type: media_type.into(), data: "QUJD".into() }
    }

    fn picture(source: Media) -> PartContent {
        PartContent::Image { source, detail: None }
    }

    fn file(source: Media, filename: Option<&str>) -> PartContent {
        PartContent::File { source, filename: filename.map(str::to_owned) }
    }

    fn encoded(
        content: PartContent,
        speaker: Speaker,
        capabilities: &Capabilities,
        maker: Maker,
    ) -> Result<(Value, Vec<String>), String> {
        let mut dropped = Dropped::default();
        let context = Context { capabilities, maker };
        let content = [part(content)];
        let pieces = pieces(&content, speaker, InMessage::at(2), &context, &mut dropped);
        let pieces = pieces.map_err(bad_request).map_err(|bad| {
            assert!(bad.message.contains(bad.param.as_deref().unwrap()));
            bad.message
        })?;
        Ok((serde_json::to_value(&pieces[0]).unwrap(), dropped.into_names()))
    }

    #[test]
    fn what_can_be_carried_is_carried() {
        for (content, expected, dropped) in [
            (
                picture(inline("image/png")),
                json!({"type": "input_image", "image_url": "data:image/png;base64,QUJD"}),
                vec![],
            ),
            (
                picture(Media::FileId("file-1".into())),
                json!({"type": "input_image", "file_id": "file-1"}),
                vec![],
            ),
            (
                file(inline("application/pdf"), Some("a.pdf")),
                json!({"type": "input_file", "filename": "a.pdf",
                    "file_data": "data:application/pdf;base64,QUJD"}),
                vec![],
            ),
            (
                file(inline("application/pdf"), None),
                json!({"type": "input_file", "filename": "file.pdf",
                    "file_data": "data:application/pdf;base64,QUJD"}),
                vec![],
            ),
            (
                file(Media::Url("https://a/b.pdf".into()), Some("a.pdf")),
                json!({"type": "input_file", "file_url": "https://a/b.pdf"}),
                vec!["file.filename"],
            ),
            (
                file(Media::FileId("file-1".into()), None),
                json!({"type": "input_file", "file_id": "file-1"}),
                vec![],
            ),
            (
                PartContent::Audio { source: inline("audio/wav") },
                json!({"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}),
                vec![],
            ),
        ] {
            let capabilities = Capabilities::default();
            let found = encoded(content, Speaker::User, &capabilities, Maker::OpenAi);
            assert_eq!(found, Ok((expected, dropped.into_iter().map(str::to_owned).collect())));
        }
    }

    #[test]
    fn what_cannot_be_carried_names_its_place() {
        let all = Capabilities::default();
        let none = Capabilities {
            takes_images: false,
            takes_files: false,
            takes_audio: false,
            ..Capabilities::default()
        };
        let wav = || PartContent::Audio { source: inline("audio/wav") };
        let pdf = || file(inline("application/pdf"), None);
        let (openai, user) = (Maker::OpenAi, Speaker::User);
        for (content, speaker, capabilities, maker, expected) in [
            (
                picture(inline("image/png")),
                user,
                &none,
                openai,
                "image_url`: the model takes no images",
            ),
            (
                picture(inline("image/png")),
                Speaker::Assistant,
                &all,
                openai,
                "image_url`: the API takes images of users and tools only",
            ),
            (pdf(), user, &none, openai, "file`: the model takes no files"),
            (
                pdf(),
                Speaker::System,
                &all,
                openai,
                "file`: the API takes files of users and tools only",
            ),
            (wav(), user, &none, openai, "input_audio`: the model takes no audio"),
            (wav(), user, &all, Maker::Xai, "input_audio`: the model takes no audio"),
            (wav(), Speaker::Tool, &all, openai, "input_audio`: the API takes audio of users only"),
            (
                PartContent::Audio { source: Media::Url("https://a/b.wav".into()) },
                user,
                &all,
                openai,
                "input_audio`: the API takes audio as data only, not by its URL or id",
            ),
            (
                PartContent::Audio { source: inline("audio/ogg") },
                user,
                &all,
                openai,
                "input_audio`: the API takes wav and mp3 only",
            ),
            (
                PartContent::Video { source: Media::Url("https://a/b.mp4".into()) },
                user,
                &all,
                openai,
                "video_url`: the API takes no video",
            ),
        ] {
            let message = encoded(content, speaker, capabilities, maker).unwrap_err();
            assert_eq!(message, format!("`messages[2].content[0].{expected}"));
        }
    }
}
