//! Detects the type of inline data. Clients name a type by a file's extension or by habit, and some
//! providers answer 400 when the bytes are of another: the first bytes take precedence.
//!
//! Source: the "MIME sniffing" standard of WHATWG, section 6.

use std::borrow::Cow;

use data_encoding::BASE64;

use crate::domain::chat::Media;

/// As much of the base64 as shows the type.
const HEAD: usize = 32;

/// The type of the data, in base64. `declared` is used when the bytes show nothing else.
pub fn real(declared: Option<&str>, base64: &str) -> Option<String> {
    let head = head_of(base64);
    let is_plain = is_plain(&head);
    if let Some(declared) = declared.filter(|declared| is_text(declared) && is_plain) {
        return Some(declared.to_owned());
    }
    let shown = by_first_bytes(&head);
    let is_same = |names: &[&str]| declared.is_some_and(|declared| names.contains(&declared));
    match (shown, declared) {
        (Some(names), _) if !is_same(names) => names.first().map(|name| (*name).to_owned()),
        (_, None | Some("application/octet-stream")) if is_plain => {
            let is_readable = bytes_of(base64).is_some_and(|bytes| is_utf8_text(&bytes));
            let text = is_readable.then(|| String::from("text/plain"));
            text.or_else(|| declared.map(str::to_owned))
        }
        _ => declared.map(str::to_owned),
    }
}

/// Whether such a file is read as text, by whatever name.
pub fn is_text(media_type: &str) -> bool {
    const APPLICATION: [&str; 17] = [
        "csv",
        "graphql",
        "javascript",
        "json",
        "jsonl",
        "markdown",
        "rtf",
        "sql",
        "toml",
        "typescript",
        "x-javascript",
        "x-ndjson",
        "x-python",
        "x-sh",
        "x-yaml",
        "xml",
        "yaml",
    ];
    let Some((family, subtype)) = media_type.split_once('/') else { return false };
    family == "text"
        || subtype.ends_with("+json")
        || subtype.ends_with("+xml")
        || (family == "application" && APPLICATION.contains(&subtype))
}

/// The text of a file that is one.
pub fn text_of(media: &Media) -> Option<String> {
    let Media::Inline { media_type, data } = media else { return None };
    let bytes = is_text(media_type).then(|| bytes_of(data)).flatten()?;
    Some(match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16_lossy(&units)
}

fn bytes_of(base64: &str) -> Option<Vec<u8>> {
    BASE64.decode(base64.as_bytes()).ok()
}

fn head_of(base64: &str) -> Cow<'_, [u8]> {
    let whole = base64.len() / 4 * 4;
    let head = base64.get(..whole.min(HEAD)).unwrap_or_default();
    bytes_of(head).map_or(Cow::Borrowed(&[]), Cow::Owned)
}

/// Whether it holds no byte that does not occur in texts.
fn is_plain(bytes: &[u8]) -> bool {
    let is_mark = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let is_control =
        |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    is_mark || !bytes.iter().any(is_control)
}

fn is_utf8_text(bytes: &[u8]) -> bool {
    is_plain(bytes) && std::str::from_utf8(bytes).is_ok()
}

/// All names of a type, the usual one first.
fn by_first_bytes(bytes: &[u8]) -> Option<&'static [&'static str]> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', ..] => &["image/png"],
        [0xFF, 0xD8, 0xFF, ..] => &["image/jpeg", "image/jpg"],
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => &["image/gif"],
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => &["image/webp"],
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
            &["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"]
        }
        [b'%', b'P', b'D', b'F', b'-', ..] => &["application/pdf"],
        [b'I', b'D', b'3', 2..=4, ..] | [0xFF, 0xFB | 0xF3 | 0xF2 | 0xFA, ..] => {
            &["audio/mp3", "audio/mpeg", "audio/mpga"]
        }
        [b'f', b'L', b'a', b'C', ..] => &["audio/flac", "audio/x-flac"],
        [b'O', b'g', b'g', b'S', ..] => {
            &["audio/ogg", "audio/opus", "audio/vorbis", "video/ogg", "application/ogg"]
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(declared: &str, bytes: &[u8]) -> Option<String> {
        real(Some(declared).filter(|declared| !declared.is_empty()), &BASE64.encode(bytes))
    }

    #[test]
    fn the_first_bytes_count_more_than_a_name() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        const WEBP: &[u8] = b"RIFF\x24\0\0\0WEBPVP8 ";
        const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt ";
        for (declared, bytes, expected) in [
            ("image/jpeg", PNG, "image/png"),
            ("text/plain", PNG, "image/png"),
            ("", PNG, "image/png"),
            ("image/png", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            ("image/jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpg"),
            ("image/png", b"GIF89a\x01\0\x01\0", "image/gif"),
            ("image/png", WEBP, "image/webp"),
            ("application/octet-stream", b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
            ("audio/mp3", WAV, "audio/wav"),
            ("audio/x-wav", WAV, "audio/x-wav"),
            ("audio/wav", b"ID3\x04\0\0", "audio/mp3"),
            ("audio/mpeg", b"\xff\xfb\x90\0", "audio/mpeg"),
            ("text/x-python", b"print(1)", "text/x-python"),
            ("text/plain", b"GIF89a is a format", "text/plain"),
            ("application/octet-stream", "né".as_bytes(), "text/plain"),
            ("application/octet-stream", b"a\0b", "application/octet-stream"),
            ("application/zip", b"PK\x03\x04", "application/zip"),
        ] {
            assert_eq!(of(declared, bytes).as_deref(), Some(expected), "{declared}");
        }
        assert_eq!(of("", b"\0\x01"), None);
    }

    #[test]
    fn a_file_that_is_text_is_read() {
        let text = |media_type: &str, bytes: &[u8]| {
            text_of(&Media::Inline { media_type: media_type.into(), data: BASE64.encode(bytes) })
        };
        for media_type in ["text/plain", "text/x-python", "application/json", "image/svg+xml"] {
            assert_eq!(text(media_type, "é".as_bytes()).as_deref(), Some("é"), "{media_type}");
        }
        assert_eq!(text("text/csv", b"\xef\xbb\xbfa;b").as_deref(), Some("a;b"));
        assert_eq!(text("text/csv", b"\xff\xfea\0\xe9\0").as_deref(), Some("aé"));
        assert_eq!(text("text/plain", b"caf\xe9").as_deref(), Some("caf\u{fffd}"));
        assert_eq!(text("application/pdf", b"%PDF-"), None);
        assert_eq!(text_of(&Media::FileId("file-1".into())), None);
    }
}
