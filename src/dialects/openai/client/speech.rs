//! Generated sound, in `audio` of the message or of a delta. `format` names the encoding: with
//! OpenAI's models the client chose it, with Gemini's it did not.
//!
//! Sources: OpenAI's `ChatCompletionAudio`; RFC 2586 (`audio/L16`), whose samples Gemini sends in
//! little-endian order.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::domain::chat::{AssistantMessage, Media, PartContent};

/// The sample rate of Gemini's voices, where the media type gives none.
const USUAL_RATE: u32 = 24_000;

/// Raw 16-bit samples, or a file.
enum Sound<'a> {
    Samples { rate: u32 },
    File { format: &'a str },
}

impl<'a> Sound<'a> {
    fn of(media_type: &'a str) -> Option<Self> {
        let mut attributes = media_type.split(';').map(str::trim);
        let name = attributes.next()?;
        let (family, subtype) = name.split_once('/')?;
        if !family.eq_ignore_ascii_case("audio") {
            return None;
        }
        if !["l16", "pcm", "x-pcm"].iter().any(|known| subtype.eq_ignore_ascii_case(known)) {
            let known = [("mpeg", "mp3"), ("x-wav", "wav"), ("wave", "wav"), ("x-flac", "flac")];
            let named = known.iter().find(|(name, _)| *name == subtype);
            return Some(Self::File { format: named.map_or(subtype, |(_, format)| format) });
        }
        let rate = attributes.find_map(|attribute| attribute.strip_prefix("rate=")?.parse().ok());
        Some(Self::Samples { rate: rate.unwrap_or(USUAL_RATE) })
    }
}

fn sounds(message: &AssistantMessage) -> impl Iterator<Item = (Sound<'_>, &str)> {
    message.parts().filter_map(|part| match &part.content {
        PartContent::Audio { source: Media::Inline { media_type, data } } => {
            Some((Sound::of(media_type)?, data.as_str()))
        }
        _ => None,
    })
}

/// `audio` of a message. Samples become a WAV file; of several files the first is kept.
pub(super) fn whole(message: &AssistantMessage, id: &str, now_unix: i64) -> Option<Value> {
    let (data, format) = match sounds(message).next()? {
        (Sound::File { format }, data) => (data.to_owned(), format),
        (Sound::Samples { rate }, _) => {
            let samples = sounds(message).filter_map(|(sound, data)| match sound {
                Sound::Samples { .. } => BASE64.decode(data.as_bytes()).ok(),
                Sound::File { .. } => None,
            });
            (BASE64.encode(&wav(&samples.collect::<Vec<_>>().concat(), rate)), "wav")
        }
    };
    // The data itself is sent: no id can be used for it later, and nothing expires.
    Some(json!({"id": format!("audio_{id}"), "data": data, "expires_at": now_unix,
        "transcript": "", "format": format}))
}

/// `audio` of a delta. SDKs concatenate repeated strings, so only the first delta has id and
/// format.
pub(super) fn piece(source: &Media, id: &str, is_first: bool) -> Option<Value> {
    let Media::Inline { media_type, data } = source else { return None };
    let sound = Sound::of(media_type)?;
    if !is_first {
        return Some(json!({"data": data}));
    }
    let id = format!("audio_{id}");
    Some(match sound {
        Sound::Samples { rate } => {
            json!({"id": id, "data": data, "format": "pcm16", "sample_rate": rate})
        }
        Sound::File { format } => json!({"id": id, "data": data, "format": format}),
    })
}

/// A mono WAV file with 16-bit samples.
fn wav(samples: &[u8], rate: u32) -> Vec<u8> {
    const HEADER: u32 = 36;
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX - HEADER);
    let mut file = Vec::with_capacity(samples.len() + 44);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(HEADER.saturating_add(length)).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&rate.saturating_mul(2).to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(samples);
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::{Block, Part};

    fn said(sounds: &[(&str, &[u8])]) -> AssistantMessage {
        let block = |(media_type, bytes): &(&str, &[u8])| {
            let data = BASE64.encode(bytes);
            let source = Media::Inline { media_type: (*media_type).to_owned(), data };
            Block::Part(Part::from(PartContent::Audio { source }))
        };
        AssistantMessage { blocks: sounds.iter().map(block).collect() }
    }

    #[test]
    fn samples_become_a_file_that_players_know() {
        let message = said(&[
            ("audio/L16;codec=pcm;rate=16000", b"\x01\0\x02\0"),
            ("audio/L16;codec=pcm;rate=16000", b"\x03\0"),
        ]);
        let audio = whole(&message, "x", 5).unwrap();
        assert_eq!((&audio["format"], &audio["id"]), (&json!("wav"), &json!("audio_x")));
        let file = BASE64.decode(audio["data"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(
            file,
            b"RIFF\x2a\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\x06\0\0\0\x01\0\x02\0\x03\0"
        );
    }

    #[test]
    fn a_file_keeps_its_format() {
        for (media_type, format) in
            [("audio/wav", "wav"), ("audio/mpeg", "mp3"), ("audio/ogg; codecs=opus", "ogg")]
        {
            let audio = whole(&said(&[(media_type, b"abc")]), "x", 5).unwrap();
            assert_eq!((&audio["format"], &audio["data"]), (&json!(format), &json!("YWJj")));
        }
        assert_eq!(whole(&AssistantMessage::default(), "x", 5), None);
    }

    #[test]
    fn only_the_first_piece_has_id_and_format() {
        let source =
            Media::Inline { media_type: "audio/L16;rate=24000".into(), data: "AAA=".into() };
        let first =
            json!({"id": "audio_x", "data": "AAA=", "format": "pcm16", "sample_rate": 24000});
        assert_eq!(piece(&source, "x", true), Some(first));
        assert_eq!(piece(&source, "x", false), Some(json!({"data": "AAA="})));
    }
}
