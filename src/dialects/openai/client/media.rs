//! URLs of images and files: http, or inline data. Inline data is checked here, so that no dialect
//! sends a provider data that it cannot decode.
//!
//! Source: RFC 2397 (data URLs), RFC 4648 section 4 (base64).

use data_encoding::BASE64;

use super::fields::bad;
use crate::dialects::errors::BadRequest;
use crate::dialects::media_type;
use crate::domain::chat::Media;

/// Reads a `data:` or http(s) URL. Inline data must be of the given `family`, such as `image`.
///
/// # Errors
/// When it is neither, or inline data cannot be decoded.
pub(super) fn from_url(
    url: String,
    family: Option<&str>,
    place: &str,
) -> Result<Media, BadRequest> {
    if let Some(rest) = strip_scheme(&url, "data:") {
        return from_data_url(rest, family, place);
    }
    let host = strip_scheme(&url, "https://").or_else(|| strip_scheme(&url, "http://"));
    let Some(host) = host else {
        return Err(bad(place, "must be an http(s) URL or a data URL with base64"));
    };
    if host.is_empty() || host.starts_with('/') || url.contains(is_no_url_character) {
        return Err(bad(place, "is no valid http(s) URL"));
    }
    Ok(Media::Url(url))
}

/// Bare base64, of that type unless its first bytes identify another of the same family.
///
/// # Errors
/// When it is not base64.
pub(super) fn from_base64(
    data: String,
    declared: String,
    place: &str,
) -> Result<Media, BadRequest> {
    check_base64(&data, place)?;
    let family = declared.split_once('/').map(|(family, _)| family);
    let real = media_type::real(Some(&declared), &data);
    let is_of_family = |found: &String| found.split_once('/').map(|(found, _)| found) == family;
    let media_type = real.filter(is_of_family).unwrap_or(declared);
    Ok(Media::Inline { media_type, data })
}

fn from_data_url(rest: &str, family: Option<&str>, place: &str) -> Result<Media, BadRequest> {
    let Some((head, data)) = rest.split_once(',') else {
        return Err(bad(place, "is a data URL without data: a comma is missing"));
    };
    let mut attributes = head.split(';');
    let declared = attributes.next().unwrap_or_default().trim().to_ascii_lowercase();
    let declared = Some(declared).filter(|declared| is_media_type(declared));
    let is_base64 =
        attributes.next_back().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    let data = if is_base64 { data.to_owned() } else { from_percent(data) };
    check_base64(&data, place)?;
    let Some(media_type) = media_type::real(declared.as_deref(), &data) else {
        return Err(bad(place, "is a data URL without a media type such as `image/png`"));
    };
    // Bytes of no known type are base64 whose `;base64` was left out.
    let shows =
        |family: &str| media_type::real(None, &data).is_some_and(|found| found.starts_with(family));
    if !is_base64 && family.is_some_and(|family| !shows(family)) {
        return Err(bad(place, "is a data URL without `;base64`"));
    }
    if let Some(family) = family
        && media_type.split_once('/').is_none_or(|(found, _)| found != family)
    {
        return Err(bad(place, &format!("must be of type `{family}/…`, not `{media_type}`")));
    }
    Ok(Media::Inline { media_type, data })
}

/// Percent-encoded data.
fn from_percent(data: &str) -> String {
    BASE64.encode(&percent_encoding::percent_decode_str(data).collect::<Vec<u8>>())
}

fn strip_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = url.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn is_no_url_character(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// `type/subtype`, without parameters.
fn is_media_type(text: &str) -> bool {
    let is_token = |token: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !token.is_empty() && token.bytes().all(is_part)
    };
    text.len() <= 127
        && text.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// The standard alphabet with padding, which every provider's decoder accepts.
fn check_base64(data: &str, place: &str) -> Result<(), BadRequest> {
    if data.is_empty() {
        return Err(bad(place, "holds no data"));
    }
    let padding = data.len() - data.trim_end_matches('=').len();
    let digits = data.as_bytes().get(..data.len() - padding).unwrap_or_default();
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if let Some(at) = digits.iter().position(|byte| !is_digit(byte)) {
        return Err(bad(place, &format!("is no base64: character {at} of the data is none of it")));
    }
    if padding > 2 || !data.len().is_multiple_of(4) {
        return Err(bad(place, "is no base64: its length or padding is wrong"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Media, String> {
        from_url(url.to_owned(), Some("image"), "x").map_err(|bad| bad.message)
    }

    #[test]
    fn data_urls_and_http_urls_are_read() {
        let png = |data: &str| Media::Inline { media_type: "image/png".into(), data: data.into() };
        assert_eq!(read("data:image/png;base64,AAAA"), Ok(png("AAAA")));
        assert_eq!(read("DATA:Image/PNG;charset=x;BASE64,A+/="), Ok(png("A+/=")));
        assert_eq!(read("https://a/b.png?c=d"), Ok(Media::Url("https://a/b.png?c=d".into())));
        assert_eq!(read("HTTP://a"), Ok(Media::Url("HTTP://a".into())));
    }

    #[test]
    fn what_is_no_image_says_why() {
        for (url, complaint) in [
            ("", "must be an http(s) URL or a data URL with base64"),
            ("file:///etc/passwd", "must be an http(s) URL or a data URL with base64"),
            ("AAAA", "must be an http(s) URL or a data URL with base64"),
            ("http://", "is no valid http(s) URL"),
            ("https:///x", "is no valid http(s) URL"),
            ("https://a b", "is no valid http(s) URL"),
            ("data:image/png;base64", "is a data URL without data: a comma is missing"),
            ("data:;base64,AAAA", "is a data URL without a media type such as `image/png`"),
            ("data:png;base64,AAAA", "is a data URL without a media type such as `image/png`"),
            ("data:image/png,AAAA", "is a data URL without `;base64`"),
            ("data:image/png;base64;x=y,AAAA", "is a data URL without `;base64`"),
            ("data:text/html;base64,AAAA", "must be of type `image/…`, not `text/html`"),
            ("data:image/png;base64,", "holds no data"),
            ("data:image/png;base64,A===", "is no base64: its length or padding is wrong"),
            ("data:image/png;base64,AAA", "is no base64: its length or padding is wrong"),
            ("data:image/png;base64,====", "is no base64: its length or padding is wrong"),
            ("data:image/png;base64,AA=A", "is no base64: character 2 of the data is none of it"),
            ("data:image/png;base64,AA-_", "is no base64: character 2 of the data is none of it"),
            ("data:image/png;base64,AA é", "is no base64: character 2 of the data is none of it"),
        ] {
            assert_eq!(read(url), Err(format!("`x` {complaint}")), "{url}");
        }
    }
}
