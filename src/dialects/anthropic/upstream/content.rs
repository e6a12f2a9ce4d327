//! Encodes the parts of a message as blocks. A part that cannot be carried is refused by its place.

use super::wire::{Block, Source};
use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::media_type;
use crate::dialects::place::{InMessage, Member};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{Media, Part, PartContent};

/// The conditions under which parts become blocks.
pub(super) struct Context<'c> {
    pub capabilities: &'c Capabilities,
    /// Only messages of users and tools may hold images and documents.
    pub takes_media: bool,
}

/// `place` is that of the message.
pub(super) fn blocks<'a>(
    content: &'a [Part],
    place: InMessage,
    context: &Context<'_>,
    dropped: &mut Dropped,
) -> Result<Vec<Block<'a>>, Untranslatable> {
    let mut blocks = Vec::with_capacity(content.len());
    for (index, part) in content.iter().enumerate() {
        blocks.extend(block(part, place.content(index), context, dropped)?);
    }
    Ok(blocks)
}

/// `None` for whitespace-only text: as a block it is a 400 ("text content blocks must contain
/// non-whitespace text").
pub(super) fn block<'a>(
    part: &'a Part,
    place: InMessage,
    context: &Context<'_>,
    dropped: &mut Dropped,
) -> Result<Option<Block<'a>>, Untranslatable> {
    let refuse =
        |member: Member, why: &str| Untranslatable::at(place.member(member), format!(": {why}"));
    let cache_control = part.cache_control.as_ref();
    Ok(Some(match &part.content {
        PartContent::Text(text) if text.trim().is_empty() => return Ok(None),
        PartContent::Text(text) => Block::Text { text, cache_control },
        PartContent::Image { source, detail } => {
            if !context.takes_media {
                return Err(refuse(
                    Member::Image,
                    "Anthropic takes images of users and tools only",
                ));
            }
            if !context.capabilities.takes_images {
                return Err(refuse(Member::Image, "the model takes no images"));
            }
            if detail.as_deref().is_some_and(|detail| detail != "auto") {
                dropped.record("image_url.detail");
            }
            let source = image(source).map_err(|why| refuse(Member::Image, &why))?;
            Block::Image { source, cache_control }
        }
        PartContent::File { source, filename } => {
            if !context.takes_media {
                return Err(refuse(Member::File, "Anthropic takes files of users and tools only"));
            }
            let source = match media_type::text_of(source) {
                Some(data) => Source::Text { media_type: "text/plain", data },
                None if !context.capabilities.takes_files => {
                    return Err(refuse(Member::File, "the model takes no files"));
                }
                None => document(source).map_err(|why| refuse(Member::File, &why))?,
            };
            Block::Document { source, title: filename.as_deref(), cache_control }
        }
        PartContent::Audio { .. } => {
            return Err(refuse(Member::Audio, "Anthropic takes no audio"));
        }
        PartContent::Video { .. } => {
            return Err(refuse(Member::Video, "Anthropic takes no video"));
        }
    }))
}

fn image(media: &Media) -> Result<Source<'_>, String> {
    match media {
        Media::Url(url) => Ok(Source::Url { url }),
        Media::FileId(file_id) => Ok(Source::File { file_id }),
        Media::Inline { media_type, data } => {
            let media_type = match media_type.to_ascii_lowercase().as_str() {
                "image/jpeg" | "image/jpg" => "image/jpeg",
                "image/png" => "image/png",
                "image/gif" => "image/gif",
                "image/webp" => "image/webp",
                _ => {
                    let why = "Anthropic takes image/jpeg, image/png, image/gif and image/webp";
                    return Err(format!("{why}, not `{media_type}`"));
                }
            };
            Ok(Source::Base64 { media_type, data })
        }
    }
}

fn document(media: &Media) -> Result<Source<'_>, String> {
    match media {
        Media::Url(url) => Ok(Source::Url { url }),
        Media::FileId(file_id) => Ok(Source::File { file_id }),
        Media::Inline { media_type, data }
            if media_type.eq_ignore_ascii_case("application/pdf") =>
        {
            Ok(Source::Base64 { media_type: "application/pdf", data })
        }
        Media::Inline { media_type, .. } => {
            Err(format!("Anthropic takes application/pdf and text, not `{media_type}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;
    use serde_json::{Value, json};

    fn part(content: PartContent) -> Part {
        Part { content, cache_control: None }
    }

    fn inline(media_type: &str) -> Media {
        Media::Inline { media_type: media_type.into(), data: "QUJD".into() }
    }

    fn picture(source: Media) -> PartContent {
        PartContent::Image { source, detail: None }
    }

    fn file(source: Media) -> PartContent {
        PartContent::File { source, filename: Some("a.pdf".into()) }
    }

    fn encoded(content: &[Part], takes_media: bool) -> Result<Value, Untranslatable> {
        let context = Context { capabilities: &Capabilities::default(), takes_media };
        let blocks = blocks(content, InMessage::at(2), &context, &mut Dropped::default())?;
        Ok(serde_json::to_value(&blocks).unwrap())
    }

    #[test]
    fn what_can_be_carried_is_carried() {
        let marked = Part {
            content: PartContent::Text(" a ".into()),
            cache_control: Some(json!({"type": "ephemeral", "ttl": "1h"})),
        };
        let content = [
            marked,
            part(PartContent::Text(String::new())),
            part(PartContent::Text(" \n".into())),
            part(picture(inline("IMAGE/JPG"))),
            part(picture(Media::Url("https://x/y.png".into()))),
            part(picture(Media::FileId("file_1".into()))),
            part(file(inline("application/pdf"))),
            part(file(Media::Url("https://x/y.pdf".into()))),
            part(file(Media::FileId("file_2".into()))),
        ];
        let expected = json!([
            {"type": "text", "text": " a ", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "QUJD"}},
            {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
            {"type": "document", "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}},
            {"type": "document", "title": "a.pdf", "source": {"type": "url", "url": "https://x/y.pdf"}},
            {"type": "document", "title": "a.pdf", "source": {"type": "file", "file_id": "file_2"}},
        ]);
        assert_eq!(encoded(&content, true), Ok(expected));
    }

    #[test]
    fn what_cannot_be_carried_is_named() {
        for (content, takes_media, field) in [
            (picture(inline("image/bmp")), true, "image_url"),
            (picture(inline("image/png")), false, "image_url"),
            (file(inline("application/zip")), true, "file"),
            (file(inline("application/pdf")), false, "file"),
            (PartContent::Audio { source: inline("audio/wav") }, true, "input_audio"),
            (PartContent::Video { source: inline("video/mp4") }, true, "video_url"),
        ] {
            let content = [part(PartContent::Text("a".into())), part(content)];
            let bad = bad_request(encoded(&content, takes_media).unwrap_err());
            assert_eq!(bad.param, Some(format!("messages[2].content[1].{field}")));
        }
    }

    #[test]
    fn a_model_without_vision_gets_no_images() {
        let capabilities =
            Capabilities { takes_images: false, takes_files: false, ..Capabilities::default() };
        let context = Context { capabilities: &capabilities, takes_media: true };
        for content in [picture(inline("image/png")), file(inline("application/pdf"))] {
            let content = [part(content)];
            assert!(blocks(&content, InMessage::at(0), &context, &mut Dropped::default()).is_err());
        }
    }

    #[test]
    fn a_requested_detail_is_reported_as_dropped() {
        let capabilities = Capabilities::default();
        let context = Context { capabilities: &capabilities, takes_media: true };
        let mut dropped = Dropped::default();
        for detail in ["auto", "high"] {
            let source = inline("image/png");
            let content = [part(PartContent::Image { source, detail: Some(detail.into()) })];
            blocks(&content, InMessage::at(0), &context, &mut dropped).unwrap();
        }
        assert_eq!(dropped.into_names(), ["image_url.detail"]);
    }
}
