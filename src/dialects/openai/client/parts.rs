//! The content of a message: a string, or a list of parts.

use serde_json::Value;

use super::fields::{Fields, bad, with_places, wrong_type};
use super::media;
use crate::dialects::errors::BadRequest;
use crate::dialects::media_type;
use crate::domain::chat::{Media, Part, PartContent};

/// One element of a list of parts. An assistant's list may also hold thinking.
pub(super) enum Element {
    Part(Part),
    Refusal(String),
    /// `thinking` or `redacted_thinking`, not decoded yet.
    Thinking(Fields),
}

/// The content of a message of any role but the assistant's; `None` where it is absent. An empty
/// string is an empty list.
pub(super) fn content(message: &mut Fields) -> Result<Option<Vec<Part>>, BadRequest> {
    let Some(elements) = elements(message)? else { return Ok(None) };
    let part = |(element, place): (Element, String)| match element {
        Element::Part(part) => Ok(part),
        Element::Refusal(_) | Element::Thinking(_) => {
            Err(bad(&format!("{place}.type"), "belongs into a message of the assistant"))
        }
    };
    elements.into_iter().map(part).collect::<Result<_, _>>().map(Some)
}

/// The content with its paths. A `cache_control` of the message applies to its last part; without
/// parts it is left in the message.
pub(super) fn elements(message: &mut Fields) -> Result<Option<Vec<(Element, String)>>, BadRequest> {
    let place = message.place_of("content");
    let mut elements = match message.take("content") {
        None => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => Vec::new(),
        Some(Value::String(text)) => {
            let part = Part { content: PartContent::Text(text), cache_control: None };
            vec![(Element::Part(part), place)]
        }
        Some(Value::Array(values)) => with_places(values, &place)
            .into_iter()
            .map(|(value, place)| {
                let element = element(Fields::new(value, place.clone())?)?;
                Ok((element, place))
            })
            .collect::<Result<_, BadRequest>>()?,
        Some(other) => return Err(wrong_type(&place, "a string or a list of parts", &other)),
    };
    if let Some((Element::Part(last), _)) = elements.last_mut() {
        let of_message = message.take("cache_control");
        last.cache_control = last.cache_control.take().or(of_message);
    }
    Ok(Some(elements))
}

fn element(mut part: Fields) -> Result<Element, BadRequest> {
    let cache_control = part.take("cache_control");
    let kind = part.required_string("type")?;
    let content = match kind.as_str() {
        "text" => {
            let text = part.string("text")?;
            PartContent::Text(text.ok_or_else(|| bad(&part.place_of("text"), "is missing"))?)
        }
        "image_url" => {
            let (source, detail) = from_url_member(&mut part, "image_url", "image")?;
            PartContent::Image { source, detail }
        }
        "video_url" => {
            PartContent::Video { source: from_url_member(&mut part, "video_url", "video")?.0 }
        }
        "audio_url" => {
            PartContent::Audio { source: from_url_member(&mut part, "audio_url", "audio")?.0 }
        }
        "input_audio" => PartContent::Audio { source: input_audio(&mut part)? },
        "file" => file(&mut part)?,
        "refusal" => return part.required_string("refusal").map(Element::Refusal),
        "thinking" | "redacted_thinking" => return Ok(Element::Thinking(with_kind(part, kind))),
        unknown => {
            let complaint = format!(
                "is `{unknown}`; known are text, image_url, input_audio, audio_url, video_url and file"
            );
            return Err(bad(&part.place_of("type"), &complaint));
        }
    };
    Ok(Element::Part(Part { content, cache_control }))
}

/// The part again, with its `type` put back.
fn with_kind(part: Fields, kind: String) -> Fields {
    let place = part.place().to_owned();
    let mut members = part.into_rest();
    members.insert(String::from("type"), Value::from(kind));
    Fields::at(members, place)
}

/// `{"url": …, "detail": …}`, or the URL alone as some clients send it.
fn from_url_member(
    part: &mut Fields,
    name: &str,
    family: &str,
) -> Result<(Media, Option<String>), BadRequest> {
    let place = part.place_of(name);
    let (url, detail) = match part.take(name) {
        None => return Err(bad(&place, "is missing")),
        Some(Value::String(url)) => (url, None),
        Some(value) => {
            let mut inner = Fields::new(value, place.clone())?;
            let url = inner.string("url")?;
            let url = url.ok_or_else(|| bad(&inner.place_of("url"), "is missing"))?;
            (url, inner.string("detail")?)
        }
    };
    Ok((media::from_url(url, Some(family), &place)?, detail))
}

/// Bare base64 and its format, `wav` or `mp3`; providers with more formats use the same names.
fn input_audio(part: &mut Fields) -> Result<Media, BadRequest> {
    let mut audio = part.required_object("input_audio")?;
    let place = audio.place_of("data");
    let data = audio.string("data")?.ok_or_else(|| bad(&place, "is missing"))?;
    let format = audio.required_string("format")?.to_ascii_lowercase();
    if !format.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(bad(&audio.place_of("format"), "is no format such as `wav` or `mp3`"));
    }
    media::from_base64(data, format!("audio/{format}"), &place)
}

fn file(part: &mut Fields) -> Result<PartContent, BadRequest> {
    let mut file = part.required_object("file")?;
    let filename = file.string("filename")?;
    let data_place = file.place_of("file_data");
    let source = match (file.string("file_data")?, file.string("file_id")?) {
        (Some(data), _) if data.contains(':') => media::from_url(data, None, &data_place)?,
        // Bare base64 holds no colon.
        (Some(data), _) => {
            let unknown = String::from("application/octet-stream");
            let found = media_type::real(Some(&unknown), &data).unwrap_or(unknown);
            media::from_base64(data, found, &data_place)?
        }
        (None, Some(id)) if !id.is_empty() => Media::FileId(id),
        _ => return Err(bad(file.place(), "needs `file_data` or `file_id`")),
    };
    let is_of = |family: &str| match &source {
        Media::Inline { media_type, .. } => {
            media_type.starts_with(family) && !media_type::is_text(media_type)
        }
        Media::Url(_) | Media::FileId(_) => false,
    };
    // The media type counts, whichever member the file is in.
    Ok(if is_of("image/") {
        PartContent::Image { source, detail: None }
    } else if is_of("audio/") {
        PartContent::Audio { source }
    } else {
        PartContent::File { source, filename }
    })
}
